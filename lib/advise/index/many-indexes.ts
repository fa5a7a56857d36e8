import type { TableRow } from '../../model/rows.ts';
import { spanSeconds } from '../../model/snapshot.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { indexesOf } from '../lookup.ts';
import { riskFinding } from '../plain.ts';
import { quoteRegclass } from '../sql/quote.ts';
import { about } from '../words.ts';
import { wholeTables } from './partitioned.ts';
import { isForeignObject } from './shape.ts';

const COUNT = 10;
const ENTRIES_PER_SECOND = 200;

export const manyIndexes = defineAdvisor({
  card: {
    id: 'many-indexes',
    area: 'index',
    title: 'Much-written tables with more than ten indexes',
    clear: 'No table with more than ten indexes is written much.',
    why: 'A new row is entered in every index, and an update that changes an indexed column in all of them. On a table that is only read many indexes cost disk; on one that is written they cost time, WAL and room in memory with each row.',
    source: 'PostgreSQL manual, 11.1 Introduction; Heap-Only Tuples (HOT)',
    thresholds: [
      { name: 'indexes on the table', value: '> 10', reason: 'few tables are asked in so many ways' },
      {
        name: 'index entries written',
        value: '≥ 200 per second',
        reason: 'rows inserted and updates without HOT, times the indexes: below it nobody feels them',
      },
    ],
  },
  needs: { table: ['rowsInserted', 'rowsUpdated', 'rowsHotUpdated'], index: [] },
  advise(_rows, context) {
    const seconds = spanSeconds(context.snapshot, 'table');
    if (seconds === null) {
      const blind =
        'It is not known how long the table counters have been counting. Run again: the next run subtracts this one.';
      return { findings: [], examined: 0, blind };
    }
    const tables = wholeTables(context.snapshot.tables).filter((table) => !isForeignObject(table));
    return { findings: tables.flatMap((table) => judge(table, seconds, context) ?? []), examined: tables.length };
  },
});

function judge(table: TableRow, seconds: number, { snapshot }: Context) {
  const { database, schema, table: name, rowsInserted, rowsUpdated, rowsHotUpdated } = table;
  if (rowsInserted === undefined || rowsUpdated === undefined || rowsHotUpdated === undefined) return null;
  const indexes = indexesOf(snapshot.indexes, table).filter((index) => index.valid !== false);
  const written = rowsInserted + Math.max(0, rowsUpdated - rowsHotUpdated);
  const entries = (written * indexes.length) / seconds;
  if (indexes.length <= COUNT || entries < ENTRIES_PER_SECOND) return null;
  const where = `${schema}.${name}`;
  const unread = indexes.filter((index) => (index.scansSinceReset ?? 1) === 0 && index.unique === false);
  return riskFinding({
    subject: { database, schema, table: name },
    title: `Keep fewer than ${indexes.length} indexes on ${where}, which is written all the time`,
    evidence: [
      { label: 'Indexes', value: indexes.length, unit: 'count', source: 'pg_index' },
      { label: 'Rows inserted', value: rowsInserted, unit: 'rows', source: 'pg_stat_user_tables.n_tup_ins' },
      { label: 'Rows updated', value: rowsUpdated, unit: 'rows', source: 'pg_stat_user_tables.n_tup_upd' },
      { label: 'Of these HOT', value: rowsHotUpdated, unit: 'rows', source: 'pg_stat_user_tables.n_tup_hot_upd' },
    ],
    approach: `Each row written is entered in up to ${indexes.length} indexes, about ${about(entries)} entries a second. Go through them with the statements at hand: keep those that guard a rule and those that are scanned much, merge those that begin alike, and drop the rest one at a time.${
      unread.length === 0
        ? ''
        : ` On this server nobody has read ${unread
            .map(({ index }) => index)
            .sort()
            .join(', ')} since its statistics began; look at the standbys before you believe it.`
    }`,
    basis:
      'What each index costs a write is not measured by PostgreSQL; a hundredth of a millisecond per entry in memory, and far more where its page has to be read first.',
    confidence: 'low',
    steps: [
      {
        sql: `SELECT indexrelname, idx_scan, pg_size_pretty(pg_relation_size(indexrelid)) AS size FROM pg_stat_user_indexes WHERE relid IN (SELECT relid FROM pg_partition_tree(${quoteRegclass(schema, name)}::regclass) UNION ALL SELECT ${quoteRegclass(schema, name)}::regclass::oid) ORDER BY idx_scan;`,
        text: 'See which of them are read, on the primary and on every standby.',
        inTransaction: true,
      },
      { text: 'Decide index by index; drop CONCURRENTLY, and keep each definition to build it again.' },
    ],
    acceptance: `${where} has fewer indexes, and no statement on it is slower over a week`,
  });
}
