/** Blocks → plain text in 72 columns: written for terminals and watches, not stripped from HTML. */
import type { Block, Inline, Words } from './blocks.ts';
import { between, plain, words } from './format.ts';
import { clean, oneLine, safeUrl } from './markup.ts';
import { signs } from './theme.ts';

const COLUMNS = 72;

export function renderText(blocks: readonly Block[]): string {
  const text = blocks.map((block) => linesOf(block, COLUMNS).join('\n')).join('\n\n');
  return `${plain(text)
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

function linesOf(block: Block, width: number): string[] {
  switch (block.kind) {
    case 'heading': {
      const lines = wrapped(block.text, width);
      const rule = { 1: '=', 2: '-', 3: '', 4: '' }[block.level];
      return rule === '' ? lines : [...lines, rule.repeat(Math.min(width, Math.max(...lines.map(widthOf), 1)))];
    }
    case 'text':
      return sentence(block.words, width);
    case 'facts':
      return block.facts.flatMap(({ label, words: said }) => hanging(`${label}: `, '  ', said, width));
    case 'numbers':
      return block.numbers.flatMap(({ label, value, note }) =>
        hanging(`${label}: `, '  ', `${value} (${note})`, width),
      );
    case 'table':
      return tableLines(block, width);
    case 'sql':
      return [
        `${block.label}:`,
        ...clean(block.text)
          .split('\n')
          .map((line) => `    ${line}`),
      ];
    case 'list':
      return block.items.flatMap((item, at) =>
        hanging(block.ordered === true ? `${at + 1}. ` : '- ', '  ', item, width),
      );
    case 'card': {
      const mark = block.sign === 'neutral' ? `${block.label}.` : `${signs[block.sign].shape} ${block.label}:`;
      return [...hanging(`${mark} `, '', block.title, width), ...indented(block.blocks, width)];
    }
    case 'details':
      return [
        ...wrapped(block.title, width),
        ...wrapped(block.meta.join(' · '), width),
        ...indented(block.blocks, width),
      ];
    case 'figure':
      return figureLines(block, width);
    case 'button':
      return address(block.to, `${block.text}: `);
    default:
      throw new Error(`unknown block ${block satisfies never}`);
  }
}

function indented(blocks: readonly Block[], width: number): string[] {
  return blocks.flatMap((block) => linesOf(block, width - 3).map((line) => (line === '' ? '' : `   ${line}`)));
}

/** A row is a paragraph: its first cell, then the others by their column's name. */
function tableLines({ caption, columns, rows }: Extract<Block, { kind: 'table' }>, width: number): string[] {
  const body = rows.flatMap(([first = '', ...others]) => {
    const said = others.flatMap((cell, at) => {
      const column = columns[at + 1];
      const text = typeof cell === 'number' || cell === null ? words(cell, column?.unit) : textOf(cell);
      return text === '–' ? [] : [`${column?.title ?? ''} ${text}`];
    });
    const name = typeof first === 'number' || first === null ? words(first, columns[0]?.unit) : textOf(first);
    return [...hanging('- ', '  ', name, width), ...hanging('  ', '  ', said.join(' · '), width)];
  });
  return [...wrapped(`${caption}:`, width), ...body];
}

function figureLines({ title, description, chart }: Extract<Block, { kind: 'figure' }>, width: number): string[] {
  const item = (text: string) => hanging('- ', '  ', text, width);
  const body = (() => {
    switch (chart.kind) {
      case 'line':
        return [];
      case 'bars':
        return chart.rows.flatMap(({ label, value }) => item(`${label}: ${words(value, chart.unit)}`));
      case 'spans':
        return chart.rows.flatMap(({ label, mark, ...span }) =>
          item(
            `${label}: predicted ${between(span, chart.unit)}, ${mark === null ? 'not seen yet' : words(mark, chart.unit)}`,
          ),
        );
      case 'bands':
        return chart.rows.flatMap(({ label, note }) => item(`${label}: ${note}`));
      default:
        throw new Error(`unknown chart ${chart satisfies never}`);
    }
  })();
  return [...wrapped(title, width), ...wrapped(description, width), ...body];
}

/** First line begins with `lead`, the others with `tail`; addresses get lines of their own. */
function hanging(lead: string, tail: string, said: Words, width: number): string[] {
  const text = wrapped(`${lead.trim()} ${textOf(said)}`, width - tail.length);
  const pad = /^ */.exec(lead)?.[0] ?? '';
  const lines = text.map((line, at) => (at === 0 ? `${pad}${line}` : `${tail}${line}`));
  return [...lines, ...addresses(said).map((to) => `${tail}${to}`)];
}

function sentence(said: Words, width: number): string[] {
  return [...wrapped(textOf(said), width), ...addresses(said)];
}

function addresses(said: Words): string[] {
  if (typeof said === 'string') return [];
  return said.flatMap((span) => (typeof span !== 'string' && 'link' in span ? address(span.to, '') : []));
}

function address(to: string | null, lead: string): string[] {
  const safe = safeUrl(to);
  return safe === null ? [] : [`${lead}${safe}`];
}

function textOf(said: Words): string {
  return oneLine((typeof said === 'string' ? [said] : said).map(spanText).join(''));
}

function spanText(span: Inline): string {
  if (typeof span === 'string') return span;
  if ('strong' in span) return span.strong;
  if ('spark' in span) return '';
  return 'code' in span ? span.code : span.link;
}

/** Lines of at most `width`; a longer word keeps a line to itself. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  // The glue between number and unit is no place to break.
  for (const word of clean(text)
    .trim()
    .split(/[^\S\u00A0]+/)) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function widthOf(text: string): number {
  return [...text].length;
}
