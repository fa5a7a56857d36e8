/** Charts as static SVG. Colours are classes of the page's style sheet, so that both colour schemes work without script. */
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { Unit } from '../model/units.ts';
import type { Chart, LineChart } from './blocks.ts';
import { between, shortDay, words } from './format.ts';
import { place } from './line.ts';
import { cut, type Markup, markup, nothing } from './markup.ts';

const WIDTH = 720;
const ROW = 44;
/** Space right of the plot for the longest value. */
const VALUES = 170;

interface Frame {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

export function svg(chart: Chart, frame: Frame): Markup {
  switch (chart.kind) {
    case 'line':
      return lines(chart, frame);
    case 'bars':
      return bars(chart.rows, chart.unit, frame);
    case 'spans':
      return spans(chart, frame);
    case 'bands':
      return bands(chart.rows, frame);
    default:
      throw new Error(`unknown chart ${chart satisfies never}`);
  }
}

function canvas(height: number, { id, title, description }: Frame, inner: Markup | readonly Markup[]): Markup {
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${inner}</svg>`;
}

/** In a cell beside its words, so it is hidden from who hears the page. From zero, as the large ones. */
export function spark(values: readonly (number | null)[]): Markup {
  const top = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  const x = scaleLinear([0, Math.max(values.length - 1, 1)], [3, 77]);
  const y = scaleLinear([0, top], [18, 3]);
  const draw = line<number | null>()
    .defined((value) => value !== null)
    .x((_, at) => x(at))
    .y((value) => y(value ?? 0))
    .digits(1);
  const last = values.at(-1);
  const dot =
    last == null
      ? nothing
      : markup`<circle class="dot" cx="${round(x(values.length - 1))}" cy="${round(y(last))}" r="2.5"/>`;
  return markup`<svg class="spark" viewBox="0 0 80 21" aria-hidden="true"><line class="tick" x1="3" x2="77" y1="18" y2="18"/><path class="line" d="${draw(values) ?? ''}"/>${dot}</svg>`;
}

const LINE_HEIGHT = 200;
/** Room for the ticks' words left of the plot, and for the lines' names right of it. */
const TICKS = 96;
const NAMES = 84;
/** Above the plot for the words of the marker, below it for the days. */
const ABOVE = 20;
const BELOW = 24;

function lines(chart: LineChart, frame: Frame): Markup {
  const box = { left: TICKS, top: ABOVE, width: WIDTH - TICKS - NAMES, height: LINE_HEIGHT - ABOVE - BELOW };
  const { band, marker, ticks, paths, dots, ends, first, last } = place(chart, box);
  const right = box.left + box.width;
  const foot = box.top + box.height;
  const grid = ticks.map(
    ({ y, value }) => markup`<line class="tick" x1="${box.left}" x2="${right}" y1="${round(y)}" y2="${round(y)}"/>
<text class="axis" x="${box.left - 8}" y="${round(y) + 4}" text-anchor="end">${value === 0 ? '0' : words(value, chart.unit)}</text>`,
  );
  const usual =
    band === null
      ? nothing
      : markup`<rect class="usual" x="${box.left}" y="${round(band.top)}" width="${box.width}" height="${round(band.height)}"/>`;
  const late = marker !== null && marker > box.left + box.width / 2;
  const from =
    marker === null || chart.from === null
      ? nothing
      : markup`<line class="from" x1="${round(marker)}" x2="${round(marker)}" y1="${box.top - 6}" y2="${foot}"/>
<text class="axis" x="${round(marker) + (late ? -6 : 6)}" y="${box.top - 6}" text-anchor="${late ? 'end' : 'start'}">since ${shortDay(chart.from)}</text>`;
  const drawn = paths.map((path, at) => markup`<path class="line${at === 0 ? '' : ' dashed'}" d="${path}"/>`);
  const alone = dots.map(({ x, y }) => markup`<circle class="dot" cx="${round(x)}" cy="${round(y)}" r="3"/>`);
  const names = ends.map(
    ({ y, label }) => markup`<text class="axis" x="${right + 8}" y="${round(y) + 4}">${cut(label, 14)}</text>`,
  );
  const days = markup`<text class="axis" x="${box.left}" y="${foot + 18}">${shortDay(first)}</text>
<text class="axis" x="${right}" y="${foot + 18}" text-anchor="end">${shortDay(last)}</text>`;
  return canvas(LINE_HEIGHT, frame, [usual, ...grid, from, ...drawn, ...alone, ...names, days]);
}

function bars(rows: readonly { readonly label: string; readonly value: number }[], unit: Unit, frame: Frame): Markup {
  const x = scaleLinear([0, Math.max(...rows.map(({ value }) => value), Number.MIN_VALUE)], [0, WIDTH - VALUES]);
  const drawn = rows.map(
    ({ label, value }, at) => markup`<g transform="translate(0 ${at * ROW})">
<text class="label" x="0" y="14">${cut(label, 70)}</text>
<rect class="track" x="0" y="22" width="${WIDTH - VALUES}" height="10" rx="2"/>
<rect class="bar" x="0" y="22" width="${round(x(value))}" height="10" rx="2"/>
<text class="value" x="${WIDTH - VALUES + 12}" y="31">${words(value, unit)}</text></g>`,
  );
  return canvas(rows.length * ROW, frame, drawn);
}

/** The promised span as a bar, what came of it as a mark. */
function spans({ rows, unit }: Extract<Chart, { kind: 'spans' }>, frame: Frame): Markup {
  const values = rows.flatMap(({ low, high, mark }) => [low, high, mark ?? 0]);
  const x = scaleLinear([Math.min(0, ...values), Math.max(...values, Number.MIN_VALUE)], [4, WIDTH - VALUES - 4]);
  const drawn = rows.map(({ label, low, high, mark }, at) => {
    const stroke = line()([
      [x(mark ?? 0), 16],
      [x(mark ?? 0), 38],
    ]);
    const seen = mark === null ? nothing : markup`<path class="mark" d="${stroke ?? ''}"/>`;
    const value = mark === null ? 'not seen yet' : `got ${words(mark, unit)}`;
    return markup`<g transform="translate(0 ${at * ROW})"><text class="label" x="0" y="14">${cut(label, 70)}</text>
<rect class="track" x="0" y="22" width="${WIDTH - VALUES}" height="10" rx="2"/>
<rect class="span" x="${round(x(low))}" y="22" width="${round(Math.max(x(high) - x(low), 2))}" height="10" rx="2"/>${seen}
<text class="value" x="${WIDTH - VALUES + 12}" y="31">${value}</text>
<title>${label}: predicted ${between({ low, high }, unit)}, ${value}</title></g>`;
  });
  return canvas(rows.length * ROW, frame, drawn);
}

function bands(rows: Extract<Chart, { kind: 'bands' }>['rows'], frame: Frame): Markup {
  const x = scaleLinear([0, Math.max(...rows.map(({ to }) => to), 1)], [0, WIDTH]);
  const ticks = x.ticks(6).filter((week) => week > 0);
  const axis = ticks.map(
    (week) => markup`<line class="tick" x1="${round(x(week))}" x2="${round(x(week))}" y1="0" y2="${rows.length * ROW}"/>
<text class="axis" x="${round(x(week)) - 4}" y="${rows.length * ROW + 14}" text-anchor="end">week ${week}</text>`,
  );
  const drawn = rows.map(
    ({ label, from, to, note }, at) => markup`<g transform="translate(0 ${at * ROW})">
<rect class="span" x="${round(x(from))}" y="22" width="${round(x(to) - x(from))}" height="12" rx="2"/>
<text class="label" x="${Math.min(round(x(from)), WIDTH / 2)}" y="14">${label}: ${note}</text></g>`,
  );
  return canvas(rows.length * ROW + 22, frame, [...axis, ...drawn]);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
