/** Blocks → HTML of the archive: no script, no style attribute, nothing fetched. */
import { createHash } from 'node:crypto';
import type { Block, Cell, Column, Inline, Words } from './blocks.ts';
import { spark, svg } from './charts.ts';
import { words } from './format.ts';
import { type Markup, markup, nothing, safeUrl, trusted } from './markup.ts';
import { style } from './style.ts';
import { signs } from './theme.ts';

export interface PageFrame {
  readonly title: string;
  readonly header: Markup;
  readonly contents: readonly { readonly text: string; readonly to: string }[];
  readonly body: Markup;
  /** The verdict in one sentence, as lists of links show it. */
  readonly description?: string;
  /** Atom beside the page. */
  readonly feed?: string;
}

const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

export function documentOf({ title, description, header, contents, body, feed }: PageFrame): string {
  const links = contents.map(({ text, to }) => markup`<li><a href="${to}">${text}</a></li>`);
  const nav = links.length === 0 ? nothing : markup`<nav aria-label="Contents"><ul>${links}</ul></nav>`;
  return markup`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>${
    description === undefined
      ? nothing
      : markup`
<meta name="description" content="${description}">`
  }${
    feed === undefined
      ? nothing
      : markup`
<link rel="alternate" type="application/atom+xml" title="Feed" href="${feed}">`
  }
<style>${trusted(style)}</style>
</head>
<body>
<header>${header}</header>
${nav}
<main>
${body}
</main>
</body>
</html>
`.source;
}

/** Sections open at headings of level 2, so that each is a plate of its own. */
export function blocksHtml(blocks: readonly Block[]): Markup {
  const context: Context = { figures: 0, tables: 0, level: 2 };
  const sections: Block[][] = [];
  for (const block of blocks) {
    const last = sections.at(-1);
    if (last === undefined || (block.kind === 'heading' && block.level === 2)) sections.push([block]);
    else last.push(block);
  }
  return markup`${sections.map((section) => markup`<section>${section.map((block) => blockHtml(block, context))}</section>\n`)}`;
}

/** Numbers what needs an id of its own on the page. */
interface Context {
  figures: number;
  tables: number;
  /** Of the last heading: a card's own is the next below it. */
  level: 1 | 2 | 3 | 4;
}

function blockHtml(block: Block, context: Context): Markup {
  switch (block.kind) {
    case 'heading':
      context.level = block.level;
      return heading(block);
    case 'text':
      return markup`<p${attribute('class', block.tone)}>${inlineHtml(block.words)}</p>`;
    case 'facts':
      return markup`<dl>${block.facts.map(({ label, words: said }) => markup`<div><dt>${label}</dt><dd>${inlineHtml(said)}</dd></div>`)}</dl>`;
    case 'numbers':
      return markup`<ul class="numbers">${block.numbers.map(
        ({ value, label, note }) => markup`<li><b>${value}</b><span>${label}</span><small>${note}</small></li>`,
      )}</ul>`;
    case 'table':
      return table(block, context);
    case 'sql':
      return markup`<pre tabindex="0" aria-label="${block.label}"><code>${block.text}</code></pre>`;
    case 'list': {
      const items = block.items.map((item) => markup`<li>${inlineHtml(item)}</li>`);
      return block.ordered === true ? markup`<ol>${items}</ol>` : markup`<ul>${items}</ul>`;
    }
    case 'card':
      return markup`<article class="card ${block.sign}"${attribute('id', block.id)}>${cardHeading(block, context)}${block.blocks.map((inner) => blockHtml(inner, context))}</article>`;
    case 'details':
      // The anchor stands inside: a link to it opens the element around it.
      return markup`<details${attribute('open', block.open === true ? '' : undefined)}><summary><b>${block.title}</b> <span class="meta">${block.meta.map((part) => markup`<span>${part}</span> `)}</span></summary><div class="inside"${attribute('id', block.id)}>${block.blocks.map((inner) => blockHtml(inner, context))}</div></details>`;
    case 'figure': {
      context.figures += 1;
      const drawn = svg(block.chart, {
        id: `figure-${context.figures}`,
        title: block.title,
        description: block.description,
      });
      return markup`<figure><figcaption>${block.title}</figcaption><div class="scroll${block.chart.kind === 'line' ? ' latest' : ''}" tabindex="0" role="group" aria-label="${block.title}">${drawn}</div><p class="muted">${block.description}</p></figure>`;
    }
    case 'button':
      return markup`<p><a class="button" href="${block.to}">${block.text}</a></p>`;
    default:
      throw new Error(`unknown block ${block satisfies never}`);
  }
}

function cardHeading(block: Extract<Block, { kind: 'card' }>, { level }: Context): Markup {
  const inner = markup`<span class="sign">${signOf(block)}</span> ${inlineHtml(block.title)}`;
  return level === 2 ? markup`<h3 class="title">${inner}</h3>` : markup`<h4 class="title">${inner}</h4>`;
}

function signOf({ sign, label }: Extract<Block, { kind: 'card' }>): string {
  return sign === 'neutral' ? label : `${signs[sign].shape} ${label}`;
}

function heading({ level, text, id }: Extract<Block, { kind: 'heading' }>): Markup {
  const at = attribute('id', id);
  switch (level) {
    case 1:
      return markup`<h1${at}>${text}</h1>`;
    case 2:
      return markup`<h2${at}>${text}</h2>`;
    case 3:
      return markup`<h3${at}>${text}</h3>`;
    case 4:
      return markup`<h4${at}>${text}</h4>`;
    default:
      throw new Error(`unknown level ${level satisfies never}`);
  }
}

function table({ caption, columns, rows }: Extract<Block, { kind: 'table' }>, context: Context): Markup {
  context.tables += 1;
  const id = `table-${context.tables}`;
  // With sentences in it, a phone shows a row as a card; columns of numbers alone may scroll.
  const stacked = columns.some(({ wide }) => wide === true);
  const head = columns.map((column) => markup`<th scope="col"${attribute('class', side(column))}>${column.title}</th>`);
  const body = rows.map(
    (row) =>
      markup`<tr>${row.map((cell, at) => markup`<td${attribute('class', side(columns[at]))}${attribute('data-of', stacked ? columns[at]?.title : undefined)}>${cellHtml(cell, columns[at])}</td>`)}</tr>`,
  );
  return markup`<div class="scroll" tabindex="0" role="group" aria-labelledby="${id}"><table${attribute('class', stacked ? 'cards' : undefined)}><caption id="${id}">${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function side(column: Column | undefined): string | undefined {
  if (column?.wide === true) return 'wide';
  return column?.numeric === true || column?.unit !== undefined ? 'number' : undefined;
}

function cellHtml(cell: Cell, column: Column | undefined): Markup {
  if (cell !== null && typeof cell !== 'number') return inlineHtml(cell);
  const said = words(cell, column?.unit);
  if (column?.bar !== true || cell === null) return markup`${said}`;
  const width = Math.round(Math.min(Math.max(cell, 0), 1) * 600) / 10;
  return markup`<svg class="cell" viewBox="0 0 60 8" aria-hidden="true"><rect class="track" width="60" height="8" rx="2"/><rect class="bar" width="${width}" height="8" rx="2"/></svg> ${said}`;
}

export function inlineHtml(text: Words): Markup {
  return markup`${(typeof text === 'string' ? [text] : text).map(spanHtml)}`;
}

function spanHtml(span: Inline): Markup {
  if (typeof span === 'string') return markup`${span}`;
  if ('strong' in span) return markup`<strong>${span.strong}</strong>`;
  if ('code' in span) return markup`<code>${span.code}</code>`;
  if ('spark' in span) return spark(span.spark);
  const to = span.to?.startsWith('#') === true ? span.to : relative(span.to);
  return to === null ? markup`${span.link}` : markup`<a href="${to}">${span.link}</a>`;
}

/** A path inside the archive, else an address with a scheme that may be reached. */
function relative(to: string | null): string | null {
  return to !== null && /^(?:\.\.\/|[\w.%-]+\/)*[\w.%-]+(?:#[\w-]+)?$/.test(to) ? to : safeUrl(to);
}

function attribute(name: string, value: string | undefined): Markup {
  return value === undefined ? nothing : markup` ${name}="${value}"`;
}
