/**
 * Each DROP INDEX may be right alone and wrong with another: the last index behind a foreign key, or the very index
 * that made its neighbour look redundant. Of such a pair only the better one is advised; the other is judged next time.
 */
import type { ForeignKey, IndexRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Candidate } from './candidate.ts';

/** Takes candidates better first. */
export function withoutHarmfulDrops(candidates: readonly Candidate[], snapshot: Snapshot): readonly Candidate[] {
  const kept: Candidate[] = [];
  const gone = new Map<IndexRow, Candidate>();
  for (const candidate of candidates) {
    const row = droppedIndex(candidate, snapshot);
    if (row === undefined) {
      kept.push(candidate);
      continue;
    }
    const partner = [...gone].find(([other, by]) => by.advisor !== candidate.advisor && redundantTogether(row, other));
    const orphan = orphanedKey(row, gone, snapshot);
    if (partner === undefined && orphan === null) {
      gone.set(row, candidate);
      kept.push(candidate);
      continue;
    }
    const by = partner?.[1] ?? neighbourOf(row, gone);
    const at = kept.findIndex((one) => one.finding.key === by?.finding.key);
    const earlier = kept[at];
    if (earlier !== undefined) kept[at] = leavesAlone(earlier, row, orphan);
  }
  return kept;
}

function droppedIndex({ finding }: Candidate, snapshot: Snapshot): IndexRow | undefined {
  const { subject, work } = finding;
  if (work !== 'drop-index' || subject.index === undefined) return undefined;
  return snapshot.indexes.find(
    (row) => row.index === subject.index && row.schema === subject.schema && row.database === subject.database,
  );
}

function onSameTable(a: IndexRow, b: IndexRow): boolean {
  return a.database === b.database && a.schema === b.schema && a.table === b.table;
}

function names(row: IndexRow): readonly string[] | null {
  return row.keys === undefined ? null : row.keys.map((key) => key.name);
}

/** One's keys lead the other's: each may be the reason why the other can go. */
function redundantTogether(a: IndexRow, b: IndexRow): boolean {
  const [x, y] = [names(a), names(b)];
  if (x === null || y === null || !onSameTable(a, b)) return false;
  const [short, long] = x.length <= y.length ? [x, y] : [y, x];
  return short.every((name, at) => long[at] === name);
}

/** Supports the key's checks: its columns, in any order, lead a whole and usable index. */
function supports(row: IndexRow, key: ForeignKey): boolean {
  const leading = names(row)?.slice(0, key.columns.length);
  if (leading === undefined || row.valid === false || row.predicate !== undefined) return false;
  return leading.length === key.columns.length && key.columns.every((column) => leading.includes(column));
}

/** The foreign key that loses its last index when this one goes after those already gone; null when none does. */
function orphanedKey(row: IndexRow, gone: ReadonlyMap<IndexRow, Candidate>, snapshot: Snapshot): ForeignKey | null {
  const table = snapshot.tables.find(
    (one) => one.database === row.database && one.schema === row.schema && one.table === row.table,
  );
  const stays = snapshot.indexes.filter((other) => other !== row && onSameTable(other, row) && !gone.has(other));
  const orphan = table?.foreignKeys?.find((key) => supports(row, key) && !stays.some((other) => supports(other, key)));
  return orphan ?? null;
}

function neighbourOf(row: IndexRow, gone: ReadonlyMap<IndexRow, Candidate>): Candidate | undefined {
  return [...gone].find(([other]) => onSameTable(other, row))?.[1];
}

function leavesAlone(candidate: Candidate, row: IndexRow, orphan: ForeignKey | null): Candidate {
  const reason =
    orphan === null
      ? 'each is the reason why the other looks needless'
      : `foreign key ${orphan.name} would be left without an index`;
  const note = `Keep ${row.schema}.${row.index} for now: ${reason}; it is judged again in the next run.`;
  const { finding } = candidate;
  return { ...candidate, finding: { ...finding, approach: `${finding.approach} ${note}` } };
}
