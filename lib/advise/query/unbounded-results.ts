import type { Finding } from '../../model/finding.ts';
import { defineAdvisor } from '../advisor.ts';
import { about } from '../words.ts';
import { statementEvidence, subjectOf } from './explain.ts';
import { readableLoads, SHARE_FLOOR } from './pattern.ts';
import { type Load, sketch } from './workload.ts';

const ROWS_PER_CALL_FLOOR = 1_000;
/** Rarer than hourly is an export, and exports read everything by design. */
const CALLS_PER_HOUR_FLOOR = 1;
const CALLS_FLOOR = 2;
/** What a screen or a request usually takes. */
const PAGE_ROWS = 100;

export const unboundedResults = defineAdvisor({
  card: {
    id: 'unbounded-results',
    area: 'query',
    title: 'Queries that return thousands of rows without a limit',
    clear: 'No query without a limit returns a thousand rows per call and takes noticeable time.',
    why: 'A result that grows with the table gets slower every week, and its rows are built, sent and held in memory by the client. Nobody reads a thousand rows at once.',
    source: 'PostgreSQL manual, 7.6 LIMIT and OFFSET',
    thresholds: [
      {
        name: 'rows per call',
        value: '≥ 1,000',
        reason: 'ten screens full; a person does not need it, a program can page',
      },
      { name: 'share of database time', value: '≥ 1 %', reason: 'below it the gain does not pay for the work' },
      { name: 'calls per hour', value: '≥ 1', reason: 'rarer ones are exports that mean to read everything' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'rows'] },
  advise({ statement }, context) {
    const read = readableLoads(statement, context, 'Whether a query has a limit');
    if (!('loads' in read)) return read;
    const wide = read.loads.filter(
      (load) =>
        (load.rows ?? 0) / load.calls >= ROWS_PER_CALL_FLOOR &&
        load.timeShare >= SHARE_FLOOR &&
        load.callsPerHour >= CALLS_PER_HOUR_FLOOR &&
        load.calls >= CALLS_FLOOR &&
        isUnbounded(load),
    );
    return { findings: wide.map(finding), examined: read.loads.length, caveats: read.work.caveats };
  },
});

/** Of SELECT alone `rows` are rows returned; a write counts what it touched, a cursor what one FETCH took. */
function isUnbounded({ parsed }: Load): boolean {
  return parsed !== null && parsed.kind === 'select' && !parsed.limited && !parsed.aggregatesOnly;
}

function finding(load: Load): Finding {
  const perCall = (load.rows ?? 0) / load.calls;
  const most = 1 - PAGE_ROWS / perCall;
  const sorts = (load.parsed?.orderBy.length ?? 0) > 0;
  return {
    subject: subjectOf(load),
    title: `Bound the result of ${sketch(load)}`,
    evidence: statementEvidence(load),
    approach: `Page through it by key (WHERE (key) > (last seen) ORDER BY key LIMIT ${PAGE_ROWS}), filter in the database what the caller throws away, or aggregate there. OFFSET is no cure: it reads what it skips.`,
    benefit: {
      kind: 'time',
      statements: [load.statement],
      reduces: { low: 0, likely: most / 2, high: most },
      confidence: 'low',
      basis: `Model from rows: ${about(perCall)} rows per call against a page of ${PAGE_ROWS}, time taken as proportional to rows. ${sorts ? 'It sorts: without an index in that order a limit saves sending, not sorting. ' : ''}Nothing is saved if the caller needs all rows; half of the model is taken as likely.`,
    },
    work: 'change-application',
    risk: {
      level: 'medium',
      technical: 'A caller that counts on having all rows would silently work on a part.',
      business: 'Sums, exports or screens could be incomplete.',
      performance: 'Paging without an index in the page order sorts for every page.',
      mitigation: 'Find every caller first and give those that need all rows a cursor or a statement of their own.',
      rollback: [],
    },
    steps: [
      { text: 'Find out what the callers do with the rows, and which of them need all.' },
      {
        text: `Add ORDER BY a unique key and LIMIT, and continue after the last key of the page; check that an index has this order.`,
      },
      { text: 'Release it; releasing the former version again undoes it.' },
    ],
    maintenanceWindow: 'none needed',
    acceptance: `The rows per call (rows ÷ calls) of query ${load.queryid} in pg_stat_statements, or of what replaces it, stay below 1,000 over a full week`,
    done: { kind: 'measure-moved' },
    gain: { kind: 'statement-time', statements: [load.statement] },
  };
}
