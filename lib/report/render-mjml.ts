/** Blocks → mail HTML that stands in Outlook's Word engine, in dark mode, without images and at 320 px. */
import type { Block, Cell, Column, Inline, LineChart, Words } from './blocks.ts';
import { between, shortDay, words } from './format.ts';
import { extentOf } from './line.ts';
import { type Markup, markup, nothing, safeUrl, trusted } from './markup.ts';
import { dark, light, mono, sans, signs } from './theme.ts';

export interface Mail {
  readonly title: string;
  /** Shown beside the subject in the list of mails. */
  readonly preview: string;
  readonly blocks: readonly Block[];
}

export async function renderMjml(mail: Mail): Promise<string> {
  // Half a second to load: only a run that sends mail pays for it.
  const { default: mjml } = await import('mjml');
  const { html } = await mjml(documentOf(mail).source, {
    validationLevel: 'strict',
    fonts: {},
    keepComments: false,
    // No .mjmlconfig of whoever's working directory this is.
    useMjmlConfigOptions: false,
  });
  // Indentation is a fifth of the size; the library's own minifier changes more than that.
  return html.replace(/^[ \t]+/gm, '').replace(/\n{2,}/g, '\n');
}

/** A class on a section lands on its outer element only; its table keeps its own white unless named as well. */
const darkStyle = `
@media (prefers-color-scheme: dark) {
.page, .page > div { background: ${dark.page} !important; }
.plate, .plate > table { background: ${dark.plate} !important; }
.plate div, .plate td, .plate th, .plate p, .plate h1, .plate h2, .plate h3 { color: ${dark.text} !important; border-color: ${dark.rule} !important; }
.plate .m, .plate .m td { color: ${dark.muted} !important; }
.plate a { color: ${dark.link} !important; }
.plate a.b { background: ${dark.link} !important; color: ${dark.plate} !important; }
.plate .worse { color: ${dark.worse} !important; }
.plate .warning { color: ${dark.warning} !important; }
.plate .good { color: ${dark.good} !important; }
.plate td.edge-worse { border-color: ${dark.worse} !important; }
.plate td.edge-warning { border-color: ${dark.warning} !important; }
.plate td.edge-good { border-color: ${dark.good} !important; }
.plate .fill { background: ${dark.link} !important; }
.plate .track { background: ${dark.track} !important; }
.plate .code { background: ${dark.code} !important; }
}`;

function documentOf({ title, preview, blocks }: Mail): Markup {
  return markup`<mjml lang="en" dir="ltr"><mj-head><mj-title>${title}</mj-title><mj-preview>${preview}</mj-preview>
<mj-attributes><mj-all font-family="${sans}" /><mj-text padding="0" font-size="16px" line-height="24px" color="${light.text}" /></mj-attributes>
<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw>
<mj-style>${trusted(darkStyle)}</mj-style></mj-head>
<mj-body width="640px" background-color="${light.page}" css-class="page">
<mj-section css-class="plate" background-color="${light.plate}" padding="24px 16px"><mj-column><mj-text>${blocks.map(blockOf)}</mj-text></mj-column></mj-section>
</mj-body></mjml>`;
}

const wrap = trusted('word-break:break-word;overflow-wrap:anywhere;');
/** Numbers break between words only. */
const whole = trusted('word-break:normal;overflow-wrap:normal;');
const muted = markup`color:${light.muted};`;
const small = trusted('font-size:14px;line-height:20px;');

function blockOf(block: Block): Markup {
  switch (block.kind) {
    case 'heading':
      return heading(block);
    case 'text':
      return block.tone === 'muted'
        ? markup`<p class="m" style="margin:8px 0;${small}${muted}${wrap}">${inline(block.words)}</p>`
        : markup`<p style="margin:8px 0;${wrap}">${inline(block.words)}</p>`;
    case 'facts':
      return markup`${block.facts.map(
        ({ label, words: said }) =>
          markup`<p style="margin:2px 0;${small}${wrap}"><span class="m" style="${muted}">${label}:</span> ${inline(said)}</p>`,
      )}`;
    case 'numbers':
      return numbers(block.numbers);
    case 'table':
      return dataTable(block);
    case 'sql':
      return markup`<p class="m" style="margin:12px 0 4px;${small}${muted}">${block.label}</p>
<div class="code" style="padding:8px 12px;background:${light.code};font-family:${mono};font-size:13px;line-height:20px;${wrap}">${lines(block.text)}</div>`;
    case 'list':
      return markup`<ul style="margin:8px 0;padding-left:20px;">${block.items.map(
        (item) => markup`<li style="margin:4px 0;${small}${wrap}">${inline(item)}</li>`,
      )}</ul>`;
    case 'card':
      return card(block);
    case 'details':
      return markup`<h3 style="margin:16px 0 4px;font-size:16px;line-height:24px;${wrap}">${block.title}</h3>
<p class="m" style="margin:0;${small}${muted}">${block.meta.join(' · ')}</p>${block.blocks.map(blockOf)}`;
    case 'figure':
      return figure(block);
    case 'button': {
      const to = safeUrl(block.to);
      if (to === null) return nothing;
      return markup`<p style="margin:16px 0;"><a class="b" href="${to}" style="display:inline-block;padding:10px 20px;background:${light.link};color:#FFFFFF;border-radius:6px;text-decoration:none;font-weight:bold;">${block.text}</a></p>`;
    }
    default:
      throw new Error(`unknown block ${block satisfies never}`);
  }
}

function heading({ level, text }: Extract<Block, { kind: 'heading' }>): Markup {
  if (level === 1) return markup`<h1 style="margin:4px 0 12px;font-size:24px;line-height:32px;${wrap}">${text}</h1>`;
  if (level === 2) return markup`<h2 style="margin:28px 0 8px;font-size:18px;line-height:24px;${wrap}">${text}</h2>`;
  return markup`<h3 style="margin:16px 0 4px;font-size:16px;line-height:24px;${wrap}">${text}</h3>`;
}

const layout = trusted(
  'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="width:100%;border-collapse:collapse;',
);

function numbers(all: Extract<Block, { kind: 'numbers' }>['numbers']): Markup {
  const cell = ({ value, label, note }: (typeof all)[number]) =>
    markup`<td width="50%" valign="top" style="width:50%;padding:12px 12px 12px 0;border-top:1px solid ${light.rule};${small}"><b style="font-size:24px;line-height:28px;">${value}</b><br>${label}<br><span class="m" style="font-size:12px;line-height:16px;${muted}">${note}</span></td>`;
  const rows = all.flatMap((_, at) => (at % 2 === 0 ? [all.slice(at, at + 2)] : []));
  return markup`<table ${layout}margin:16px 0 0;">${rows.map((row) => markup`<tr>${row.map(cell)}</tr>`)}</table>`;
}

function card({ sign, label, title, blocks }: Extract<Block, { kind: 'card' }>): Markup {
  const colour = light[signs[sign].colour];
  const edge = { worse: '4px solid', warning: '4px dashed', good: '4px solid', neutral: '1px solid' }[sign];
  const mark = sign === 'neutral' ? label : `${signs[sign].shape} ${label}`;
  return markup`<table ${layout}margin:12px 0 16px;"><tr><td class="edge-${sign}" style="padding:0 0 0 12px;border-left:${edge} ${colour};"><p style="margin:0 0 4px;${wrap}"><b class="${sign === 'neutral' ? 'm' : sign}" style="color:${colour};">${mark}</b> <b>${inline(title)}</b></p>${blocks.map(blockOf)}</td></tr></table>`;
}

/** A wide first column gets a line of its own over the others: on a phone there is no room beside them. */
function dataTable({ caption, columns, rows }: Extract<Block, { kind: 'table' }>): Markup {
  const stacked = columns[0]?.wide === true;
  const line = markup`border-bottom:1px solid ${light.rule};`;
  const shown = stacked ? columns.slice(1) : columns;
  const head = shown.map(
    (column) =>
      markup`<th scope="col" align="${side(column)}" style="padding:4px 8px 4px 0;text-align:${side(column)};${line}${whole}">${column.title}</th>`,
  );
  const cells = (row: readonly Cell[], from: number) =>
    row
      .slice(from)
      .map(
        (cell, at) =>
          markup`<td align="${side(shown[at])}" valign="top" style="padding:6px 8px 6px 0;text-align:${side(shown[at])};${line}${at + from === 0 ? wrap : whole}">${cellOf(cell, shown[at])}</td>`,
      );
  const body = rows.map((row) =>
    stacked
      ? markup`<tr><th scope="row" colspan="${shown.length}" align="left" style="padding:8px 0 0;text-align:left;font-weight:normal;${wrap}">${cellOf(row[0] ?? '', columns[0])}</th></tr><tr>${cells(row, 1)}</tr>`
      : markup`<tr>${cells(row, 0)}</tr>`,
  );
  return markup`<table width="100%" cellpadding="0" cellspacing="0" border="0" style="width:100%;border-collapse:collapse;margin:8px 0;${small}"><caption class="m" style="padding:0 0 4px;text-align:left;${muted}">${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

function side(column: Column | undefined): 'left' | 'right' {
  return column?.numeric === true || (column?.unit !== undefined && column.bar !== true) ? 'right' : 'left';
}

function cellOf(cell: Cell, column: Column | undefined): Markup {
  if (cell !== null && typeof cell !== 'number') return inline(cell);
  const said = words(cell, column?.unit);
  return column?.bar === true && cell !== null ? markup`${said}${bar(cell)}` : markup`${said}`;
}

/** Percent widths: a bar of pixels pushes a phone's page wider than the phone. */
function bar(share: number): Markup {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 100);
  const cell = (kind: 'fill' | 'track', width: number) =>
    width === 0
      ? nothing
      : markup`<td class="${kind}" width="${width}%" bgcolor="${kind === 'fill' ? light.link : light.track}" style="font-size:1px;line-height:6px;">&nbsp;</td>`;
  return markup`<table ${layout}">${markup`<tr>${cell('fill', full)}${cell('track', 100 - full)}</tr>`}</table>`;
}

/** The one picture of a mail, which whoever sends the mail attaches under this id. */
export const PICTURE = { cid: 'trend@pg-hunt', width: 552, height: 140 } as const;

/** Without images the alternative text says all of it; the ends of both axes are words, so the picture needs no font. */
function picture({ title, description }: Extract<Block, { kind: 'figure' }>, chart: LineChart): Markup {
  const { first, last, top } = extentOf(chart);
  const scale = `from 0 to ${words(top, chart.unit)}`;
  return markup`<p class="m" style="margin:12px 0 4px;${small}${muted}">${title}, ${scale}</p>
<img src="cid:${PICTURE.cid}" width="${PICTURE.width}" height="${PICTURE.height}" alt="${description}" style="display:block;width:100%;max-width:${PICTURE.width}px;height:auto;border:0;${small}">
<table ${layout}"><tr><td class="m" align="left" style="font-size:12px;line-height:18px;${muted}">${shortDay(first)}</td><td class="m" align="right" style="text-align:right;font-size:12px;line-height:18px;${muted}">${shortDay(last)}</td></tr></table>`;
}

function figure(block: Extract<Block, { kind: 'figure' }>): Markup {
  const { title, description, chart } = block;
  if (chart.kind === 'line') return picture(block, chart);
  const said = (() => {
    switch (chart.kind) {
      case 'bars':
        return chart.rows.map(({ label, value }) => `${label}: ${words(value, chart.unit)}`);
      case 'spans':
        return chart.rows.map(({ label, mark, ...span }) => {
          const got = mark === null ? 'not seen yet' : `got ${words(mark, chart.unit)}`;
          return `${label}: predicted ${between(span, chart.unit)}, ${got}`;
        });
      case 'bands':
        return chart.rows.map(({ label, note }) => `${label}: ${note}`);
      default:
        throw new Error(`unknown chart ${chart satisfies never}`);
    }
  })();
  return markup`${blockOf({ kind: 'heading', level: 3, text: title })}${blockOf({ kind: 'text', words: description, tone: 'muted' })}${blockOf({ kind: 'list', items: said })}`;
}

function lines(text: string): Markup {
  return markup`${text.split('\n').map((line, at) => (at === 0 ? markup`${line}` : markup`<br>${line}`))}`;
}

function inline(text: Words): Markup {
  return markup`${(typeof text === 'string' ? [text] : text).map(spanOf)}`;
}

function spanOf(span: Inline): Markup {
  if (typeof span === 'string') return markup`${span}`;
  if ('strong' in span) return markup`<b>${span.strong}</b>`;
  if ('code' in span) return markup`<span style="font-family:${mono};font-size:13px;">${span.code}</span>`;
  if ('spark' in span) return nothing;
  // Only whole addresses: there is nothing in a mail that an anchor or a path could be relative to.
  const to = safeUrl(span.to);
  return to === null ? markup`${span.link}` : markup`<a href="${to}" style="color:${light.link};">${span.link}</a>`;
}
