import type { IndexRow } from '../../model/rows.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteRegclass } from '../sql/quote.ts';
import { bytes } from '../words.ts';
import { NO_DEFINITIONS } from './duplicate-indexes.ts';
import { isComparable, isDispensable, redundancies } from './redundant.ts';
import { isWhole, leadingColumns } from './shape.ts';

const COUNT = 3;
const BYTES = 50 * 1024 ** 2;

export const overlappingIndexes = defineAdvisor({
  card: {
    id: 'overlapping-indexes',
    area: 'index',
    title: 'Several indexes that begin with the same column',
    clear: 'No column leads three or more large indexes.',
    why: 'Indexes that begin with the same column answer much of the same: the first column finds the rows, the rest only narrows them. Each is written at every insert, and two well chosen ones often do the work of four.',
    source: 'PostgreSQL manual, 11.3 Multicolumn indexes; 11.5 Combining multiple indexes',
    thresholds: [
      { name: 'indexes with the same first column', value: '≥ 3', reason: 'two often differ for good reason' },
      { name: 'their size together', value: '≥ 50 MiB', reason: 'below it they are cached and cheap' },
    ],
  },
  needs: { index: ['sizeBytes'] },
  advise({ index: indexes }) {
    if (indexes.every((index) => index.keys === undefined)) return { findings: [], examined: 0, blind: NO_DEFINITIONS };
    const judged = indexes.filter((index) => isComparable(index) && isWhole(index));
    // Those go already, by advice of their own.
    const gone = new Set(redundancies(judged).map(({ index }) => index));
    const groups = new Map<string, IndexRow[]>();
    for (const index of judged) {
      const [first] = leadingColumns(index);
      if (first === undefined || gone.has(index)) continue;
      const group = JSON.stringify([index.database, index.schema, index.table, first]);
      const there = groups.get(group);
      if (there === undefined) groups.set(group, [index]);
      else there.push(index);
    }
    const findings = [...groups.values()]
      .filter((group) => group.length >= COUNT && group.some(isDispensable) && sizeOf(group) >= BYTES)
      .map((group) => finding([...group].sort(byUse)));
    return { findings, examined: judged.length };
  },
});

function sizeOf(group: readonly IndexRow[]): number {
  return group.reduce((total, { sizeBytes = 0 }) => total + sizeBytes, 0);
}

/** Most used first. */
function byUse(a: IndexRow, b: IndexRow): number {
  return (b.scansSinceReset ?? b.scans ?? 0) - (a.scansSinceReset ?? a.scans ?? 0) || (a.index < b.index ? -1 : 1);
}

function finding(group: readonly IndexRow[]) {
  const [most] = group;
  if (most === undefined) throw new Error('a group has members');
  const { database, schema, table } = most;
  const [first = ''] = leadingColumns(most);
  const where = `${schema}.${table}`;
  return riskFinding({
    subject: { database, schema, table, setting: `indexes on ${first}` },
    title: `Consolidate the ${group.length} indexes of ${where} that begin with ${first}`,
    evidence: group.flatMap((index) => [
      { label: index.index, value: index.definition ?? index.index, source: 'pg_get_indexdef' },
      {
        label: `Size of ${index.index}`,
        value: index.sizeBytes ?? 0,
        unit: 'bytes' as const,
        source: 'pg_relation_size',
      },
      ...(index.scansSinceReset === undefined
        ? []
        : [
            {
              label: `Scans of ${index.index}`,
              value: index.scansSinceReset,
              unit: 'count' as const,
              source: 'pg_stat_user_indexes.idx_scan',
            },
          ]),
    ]),
    approach: `Look at them together. Find the statements behind each, then the fewest indexes that serve them: columns compared for equality first, in any order, then the one that orders or bounds. Those that guard a rule stay (${rules(group)}). Build what is new first, then drop one at a time, the least scanned first, and watch for a week. None of them repeats another exactly, so nothing here may be dropped unseen.`,
    basis: `Together they take ${bytes(sizeOf(group))}, and each row that is inserted, or updated without HOT, is entered in all of them that cover it. What fewer would save depends on the statements and is not measured here.`,
    confidence: 'low',
    steps: [
      {
        sql: `SELECT indexrelname, idx_scan, idx_tup_read, idx_tup_fetch, pg_size_pretty(pg_relation_size(indexrelid)) AS size FROM pg_stat_user_indexes WHERE relid = ${quoteRegclass(schema, table)}::regclass ORDER BY idx_scan;`,
        text: 'See which of them are used, on the primary and on every standby.',
        inTransaction: true,
      },
      {
        text: `Explain the statements that filter by ${first} with and without each candidate on staging, then decide.`,
      },
    ],
    acceptance: `Fewer indexes of ${where} begin with ${first}, and no statement on the table is slower over a week`,
  });
}

function rules(group: readonly IndexRow[]): string {
  const kept = group.filter((index) => !isDispensable(index) || index.unique !== false).map(({ index }) => index);
  return kept.length === 0 ? 'none of these does' : kept.join(', ');
}
