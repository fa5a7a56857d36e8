import type { TableRow } from '../../model/rows.ts';
import { defineAdvisor } from '../advisor.ts';
import { wholeTables } from '../index/partitioned.ts';
import { sameTable } from '../index/shape.ts';
import { countsRows, outermostSelect } from '../sql/form.ts';
import { about } from '../words.ts';
import { patternAdvice, type ReadLoad, worthThresholds } from './pattern.ts';

const ROWS_FLOOR = 100_000;
const CALLS_PER_HOUR_FLOOR = 1;
/** One block holds some hundred index entries; a count that reads fewer was narrow. */
const ROWS_PER_BLOCK = 300;
const READ_PART = 0.1;

export const repeatedCounts = defineAdvisor({
  card: {
    id: 'repeated-counts',
    area: 'query',
    title: 'Large tables counted again and again',
    clear: 'No large table is counted row by row every hour at noticeable cost.',
    why: 'PostgreSQL keeps no exact number of rows, as each transaction may see another: count(*) reads the table or an index of it from end to end. Screens that show “1–20 of 4,812,334” pay for it on every request.',
    source: 'PostgreSQL manual, 9.21 Aggregate functions; 70.1 Row estimation examples',
    thresholds: [
      ...worthThresholds,
      { name: 'rows in the table', value: '≥ 100,000', reason: 'smaller ones are counted in milliseconds' },
      { name: 'calls per hour', value: '≥ 1', reason: 'rarer ones are reports' },
      {
        name: 'blocks per call',
        value: '≥ a tenth of what the table needs',
        reason: 'a count of few rows found by an index is cheap, whatever the table',
      },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'], table: ['liveRows'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query counts rows',
      spot(load) {
        const select = outermostSelect(load.parsed.tree);
        if (select === null || !countsRows(select) || load.callsPerHour < CALLS_PER_HOUR_FLOOR) return null;
        const counted = countedTable(load, context.snapshot.tables);
        if (counted === null || !readsALot(load, counted)) return null;
        return {
          title: 'Stop counting all rows in',
          evidence: [
            {
              label: 'Rows in the table',
              value: counted.liveRows,
              unit: 'rows',
              source: 'pg_stat_user_tables.n_live_tup',
            },
          ],
          approach:
            'Ask what the number is for. For “is there more”, fetch one row beyond the page; for a rough number, pg_class.reltuples or the planner’s estimate; for an exact one, keep it in a table that triggers or a job maintain. Where it must be exact and filtered, an index on the filter with few columns makes the count an index-only scan.',
          benefit: {
            reduces: { low: 0, likely: 0.5, high: 0.99 },
            confidence: 'low',
            basis: `Assumed, not measured: all of it goes where the number is not needed, nothing where it must stay exact; half is taken as likely. It counts a table of about ${about(counted.liveRows)} rows.`,
          },
          work: 'change-application',
          steps: [
            { text: 'Find the screen or job that asks, and whether anybody reads the exact number.' },
            { text: 'Replace it by “more than n”, an estimate or a kept number; leave exact counts to reports.' },
          ],
          risk: { technical: 'A kept number must be changed in the same transaction as the rows, or it drifts.' },
        };
      },
    });
  },
});

type Sized = TableRow & { readonly liveRows: number };

function countedTable({ parsed, database }: ReadLoad, tables: readonly TableRow[]): Sized | null {
  const [only, ...more] = parsed.tables;
  if (only === undefined || more.length > 0) return null;
  const named = tables.filter(
    (row) =>
      row.database === database && row.table === only.name && (only.schema === undefined || row.schema === only.schema),
  );
  const [own] = named;
  if (own === undefined || named.length > 1) return null;
  // A partitioned table holds no rows of its own.
  const { liveRows } = own.partitioned === true ? (wholeTables(tables).find((row) => sameTable(row, own)) ?? {}) : own;
  return liveRows !== undefined && liveRows >= ROWS_FLOOR ? { ...own, liveRows } : null;
}

function readsALot({ blocks, calls, meanMs }: ReadLoad, { liveRows }: { readonly liveRows: number }): boolean {
  if (blocks === undefined) return meanMs >= 20;
  return blocks / calls >= (READ_PART * liveRows) / ROWS_PER_BLOCK;
}
