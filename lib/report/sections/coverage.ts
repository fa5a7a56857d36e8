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
  return [
    { kind: 'heading', level: 2, text: 'Coverage', id: 'coverage' },
    { kind: 'text', words: said },
    ...order.flatMap((state) => stateBlocks(checks, state)),
    ...gaps(quality),
  ];
}

/** Folded: fifty checks are a list to look something up in, and their numbers stand above. */
function stateBlocks(checks: TargetReport['coverage'], state: (typeof order)[number]): Block[] {
  const own = checks.filter((check) => check.state === state);
  if (own.length === 0) return [];
  return [
    {
      kind: 'details',
      title: `${stateWords[state]}: ${many(own.length, 'check')}`,
      meta: [],
      open: state === 'failed',
      blocks: [
        {
          kind: 'table',
          caption: stateWords[state],
          columns: [{ title: 'Check' }, { title: 'Area' }, { title: 'Why', wide: true }],
          rows: own.map(({ advisor, area, why }): Cell[] => [[{ code: advisor }], area, fewNames(why)]),
        },
      ],
    },
  ];
}

/** A check names three of the metrics that it missed; the gap below has them all. */
export function fewNames(why: string): string {
  return why.replace(/((?:[\w:]+, ){2}[\w:]+), ((?:[\w:]+, )+[\w:]+) or [\w:]+/g, (_, first: string, rest: string) => {
    return `${first} or ${rest.split(', ').length + 1} more, listed under the gaps`;
  });
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
      kind: 'details',
      title: many(missing.length, 'gap'),
      meta: [],
      blocks: [
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
      ],
    },
    ...(missing.length <= MOST_GAPS
      ? []
      : [{ kind: 'text', words: `And ${missing.length - MOST_GAPS} more, in report.json.` } as const]),
  ];
}
