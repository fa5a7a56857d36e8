/** Where the time goes: the statements that cost most. */
import type { TargetReport, TopStatement } from '../../model/report.ts';
import { anchor, type Block, type Cell } from '../blocks.ts';
import { change, words } from '../format.ts';
import { sentence, statementText } from '../opportunity.ts';
import { coverageWords } from '../quality-line.ts';
import { type Room, shortened } from '../room.ts';

export function load({ topStatements, quality }: TargetReport, room: Room): Block[] {
  const heading: Block = { kind: 'heading', level: 2, text: 'Where the time goes', id: 'load' };
  if (topStatements.length === 0) {
    return [
      heading,
      { kind: 'text', words: 'Not measured: no statement statistics were seen. See coverage for how to get them.' },
    ];
  }
  const covered =
    quality.statementCoverage === null
      ? 'How much of the server’s active time these statistics cover is not known.'
      : `${sentence(coverageWords(quality.statementCoverage))}.`;
  return [
    heading,
    { kind: 'text', words: covered, tone: 'muted' },
    {
      kind: 'table',
      caption: 'Statements by share of database time',
      columns: [
        { title: 'Statement', wide: true },
        { title: 'Share', unit: 'share', bar: true },
        { title: 'Total', unit: 'ms' },
        { title: 'Mean a call', unit: 'ms' },
        { title: 'Change', numeric: true },
        { title: 'Calls', unit: 'count' },
        { title: 'Rows a call', unit: 'count' },
      ],
      rows: topStatements.map(row),
    },
    ...topStatements.map((one) => fullText(one, room)),
  ];
}

function row(one: TopStatement): Cell[] {
  return [
    [{ link: statementText(one, 80), to: `#${anchor('q', `${one.database}/${one.statement}`)}` }],
    one.share,
    one.totalTimeMs,
    one.meanMs,
    meanChange(one),
    one.calls,
    one.rowsPerCall,
  ];
}

export function meanChange({ meanMs, meanMsThen }: TopStatement): string {
  return meanMs === null || meanMsThen === null || meanMsThen === 0 ? '–' : change(meanMs / meanMsThen - 1, 'ms/call');
}

function fullText(one: TopStatement, room: Room): Block {
  const { text, queryid, database, statement } = one;
  const facts = [
    { label: 'Database', words: database },
    { label: 'Query id', words: [{ code: queryid }] },
    { label: 'Identity across weeks', words: [{ code: statement }] },
  ];
  const shown = text === null ? [] : [{ kind: 'sql', label: 'Statement', text: shortened(text, room) } as const];
  return {
    kind: 'details',
    title: statementText(one, 100),
    meta: [`${words(one.share, 'share')} of database time`],
    id: anchor('q', `${database}/${statement}`),
    blocks: [...shown, { kind: 'facts', facts }],
  };
}
