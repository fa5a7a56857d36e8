/** What was looked at, and what could not be: «cannot tell» never looks like «fine». */
import type { TargetReport } from '../../model/report.ts';
import type { Block, Cell } from '../blocks.ts';
import { many } from '../format.ts';

const stateWords = { found: '▲ Found', clear: '✔ Clear', blind: '● Blind', failed: '● Failed' } as const;
const order = ['failed', 'blind', 'found', 'clear'] as const;

/** One a measure and database: of thousands the first tell what is missing. */
const MOST_GAPS = 100;

export function coverage({ coverage: checks, quality }: TargetReport): Block[] {
  const count = (state: (typeof order)[number]) => checks.filter((check) => check.state === state).length;
  const said = `${many(checks.length, 'check')}: ${count('found')} found something, ${count('clear')} clear, ${count('blind')} could not look, ${count('failed')} failed.`;
  const rows = order.flatMap((state) =>
    checks
      .filter((check) => check.state === state)
      .map(({ advisor, area, why }): Cell[] => [stateWords[state], [{ code: advisor }], area, why]),
  );
  return [
    { kind: 'heading', level: 2, text: 'Coverage', id: 'coverage' },
    { kind: 'text', words: said },
    {
      kind: 'table',
      caption: 'Checks',
      columns: [{ title: 'State' }, { title: 'Check' }, { title: 'Area' }, { title: 'Why', wide: true }],
      rows,
    },
    ...gaps(quality),
  ];
}

function gaps({ gaps: missing, blindDatabases }: TargetReport['quality']): Block[] {
  const blind =
    blindDatabases.length === 0
      ? []
      : [{ kind: 'text', words: `Databases whose tables nobody looked at: ${blindDatabases.join(', ')}.` } as const];
  if (missing.length === 0) return blind;
  return [
    { kind: 'heading', level: 3, text: 'What could not be seen, and how to see it' },
    ...blind,
    {
      kind: 'table',
      caption: 'Gaps',
      columns: [
        { title: 'Of' },
        { title: 'Measures' },
        { title: 'Why', wide: true },
        { title: 'How to see it', wide: true },
      ],
      rows: missing
        .slice(0, MOST_GAPS)
        .map(({ kind, measures, reason, remedy, database }): Cell[] => [
          database === undefined ? kind : `${kind} in ${database}`,
          measures.length === 0 ? 'all' : [{ code: measures.join(', ') }],
          reason,
          remedy,
        ]),
    },
    ...(missing.length <= MOST_GAPS
      ? []
      : [{ kind: 'text', words: `And ${missing.length - MOST_GAPS} more, in report.json.` } as const]),
  ];
}
