/** Two kept weeks side by side, as a page and as text; nothing of it is mailed. */
import type { ArchiveObject } from '../model/archive.ts';
import type { Comparison } from '../model/comparison.ts';
import type { Report } from '../model/report.ts';
import type { Block, Cell } from './blocks.ts';
import { change, date, many, period, words } from './format.ts';
import { markup } from './markup.ts';
import { sentence, statementText } from './opportunity.ts';
import { blocksHtml, documentOf } from './render-html.ts';
import { renderText } from './render-text.ts';

type Texts = ReadonlyMap<string, string>;

/** Statement → text, from whatever reports of the target still stand in the archive: history keeps no texts. */
export function textsIn(reports: readonly Report[], target: string): Texts {
  const own = reports.flatMap(({ targets }) => targets.filter((one) => one.target === target));
  return new Map(
    own.flatMap(({ topStatements }) =>
      topStatements.flatMap(({ statement, text }) => (text === null ? [] : [[statement, text]])),
    ),
  );
}

/** `name`: the folder, such as `2026-W40-to-2026-W47`. */
export function comparisonFiles(comparison: Comparison, texts: Texts, name: string): readonly ArchiveObject[] {
  const folder = `reports/${comparison.target}/${name}`;
  const html = documentOf({
    title: `${comparison.target} · ${name} · pg-hunt`,
    header: markup`<p class="kicker"><a href="../index.html">All reports</a> ${comparison.target}</p>
<h1>${headlineOf(comparison)}</h1><p>${period(comparison.from)} against ${period(comparison.to)}.</p>`,
    contents: [],
    body: blocksHtml(bodyOf(comparison, texts)),
  });
  const bytes = (body: string) => new TextEncoder().encode(body);
  return [
    {
      key: `${folder}/comparison.json`,
      body: bytes(`${JSON.stringify(comparison, null, 1)}\n`),
      contentType: 'application/json',
    },
    { key: `${folder}/index.html`, body: bytes(html), contentType: 'text/html; charset=utf-8' },
  ];
}

export function comparisonText(comparison: Comparison, texts: Texts): string {
  return renderText([
    { kind: 'heading', level: 1, text: `${comparison.target}: ${headlineOf(comparison)}` },
    { kind: 'text', words: `${period(comparison.from)} against ${period(comparison.to)}.` },
    ...bodyOf(comparison, texts),
  ]);
}

function headlineOf({ numbers, statements, notes }: Comparison): string {
  const time = numbers.find(({ unit }) => unit === 'ms/week');
  if (time === undefined || time.now === null || time.previous === null || time.previous === 0) {
    return notes.length > 0
      ? 'The statements of the two weeks cannot be compared'
      : 'Database time is not known in both weeks';
  }
  const moved = time.now / time.previous - 1;
  const [worst] = statements;
  const largest =
    worst === undefined ? '' : `; most moved by one statement: ${words(Math.abs(worst.changeMsPerWeek), 'ms/week')}`;
  return `Database time ${words(time.previous, 'ms/week')}, then ${words(time.now, 'ms/week')}: ${change(moved, 'ms/week')}${largest}`;
}

function bodyOf(comparison: Comparison, texts: Texts): Block[] {
  const { numbers, drift, statementsMore, findings, regressions, settings, indexes, tables, notes } = comparison;
  return [
    ...notes.map((note) => ({ kind: 'text', words: note }) as const),
    { kind: 'heading', level: 2, text: 'Numbers' },
    {
      kind: 'table',
      caption: 'The two weeks',
      columns: [
        { title: 'Of', wide: true },
        ...['Earlier', 'Later', 'Change'].map((title) => ({ title, numeric: true })),
      ],
      rows: numbers.map(({ label, unit, previous, now }): Cell[] => [
        label,
        words(previous, unit),
        words(now, unit),
        now === null || previous === null || previous === 0 ? '–' : change(now / previous - 1, unit),
      ]),
    },
    { kind: 'heading', level: 2, text: 'Statements' },
    {
      kind: 'text',
      words:
        drift === null
          ? 'Too few statements are in both weeks to say what the workload as a whole did.'
          : `The median of ${many(drift.statements, 'statement')} in both weeks: ${change(drift.change, 'ms/call')} per call.`,
    },
    ...(comparison.statements.length === 0 ? [] : [statementTable(comparison, texts)]),
    ...(statementsMore === 0 ? [] : [{ kind: 'text', words: `And ${statementsMore} that moved less.` } as const]),
    { kind: 'heading', level: 2, text: 'Advice and regressions' },
    {
      kind: 'facts',
      facts: [
        { label: 'Found in the later week only', words: listed(findings.opened.map(({ title }) => title)) },
        { label: 'Found in the earlier week only', words: listed(findings.closed.map(({ title }) => title)) },
        { label: 'Found in both', words: String(findings.both) },
        { label: 'Worse in the earlier week', words: listed(regressions.from) },
        { label: 'Worse in the later week', words: listed(regressions.to) },
      ],
    },
    { kind: 'heading', level: 2, text: 'What was changed' },
    {
      kind: 'facts',
      facts: [
        {
          label: 'Settings',
          words: listed(settings.map(({ name, before, now }) => `${name} from ${before} to ${now}`)),
        },
        { label: 'Indexes created', words: listed(indexes.created) },
        { label: 'Indexes dropped', words: listed(indexes.dropped) },
        {
          label: 'Tables',
          words: listed(
            tables.map(({ name, before, now }) => `${name} from ${words(before, 'bytes')} to ${words(now, 'bytes')}`),
          ),
        },
      ],
    },
  ];
}

function statementTable({ statements, from, to }: Comparison, texts: Texts): Block {
  return {
    kind: 'table',
    caption: `Statements by how much time they moved, ${date(from.end)} and ${date(to.end)}`,
    columns: [
      { title: 'Statement', wide: true },
      { title: 'Earlier', unit: 'ms/week' },
      { title: 'Later', unit: 'ms/week' },
      { title: 'Mean a call', numeric: true },
      { title: 'Why', wide: true },
    ],
    rows: statements.map((one): Cell[] => [
      [
        { code: statementText({ text: texts.get(one.statement) ?? null, queryid: one.queryid }, 80) },
        ` in ${one.database}`,
      ],
      one.before?.msPerWeek ?? null,
      one.now?.msPerWeek ?? null,
      one.before === null || one.now === null || one.before.meanMs === 0
        ? '–'
        : change(one.now.meanMs / one.before.meanMs - 1, 'ms/call'),
      one.cause.length === 0 ? '–' : sentence(one.cause.map(({ text }) => text).join('; ')),
    ]),
  };
}

const MOST = 10;

function listed(items: readonly string[]): string {
  const more = items.length - MOST;
  return items.length === 0 ? 'none' : [...items.slice(0, MOST), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
