/**
 * Each DROP INDEX may be right alone and wrong with another: the last index behind a foreign key, or the very index
 * that made its neighbour look redundant. Of such a pair only the better one is advised; the other is judged next time.
 */
import type { ForeignKey, IndexRow } from '../model/rows.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Candidate } from './candidate.ts';

interface Neighbourhood {
  readonly rows: readonly IndexRow[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Indexes of the table that go already, and by whose advice. */
  readonly gone: Map<IndexRow, Candidate>;
}

/** Takes candidates better first. */
export function withoutHarmfulDrops(candidates: readonly Candidate[], snapshot: Snapshot): readonly Candidate[] {
  const kept: Candidate[] = [];
  const tables = neighbourhoods(snapshot);
  for (const candidate of candidates) {
    const { subject, work } = candidate.finding;
    const around =
      work === 'drop-index' ? tables.get(placeOf(subject.database, subject.schema, subject.table)) : undefined;
    const row = around?.rows.find((one) => one.index === subject.index);
    if (around === undefined || row === undefined) {
      kept.push(candidate);
      continue;
    }
    const partner = [...around.gone].find(
      ([other, by]) => by.advisor !== candidate.advisor && redundantTogether(row, other),
    )?.[1];
    const orphan = orphanedKey(row, around);
    if (partner === undefined && orphan === null) {
      around.gone.set(row, candidate);
      kept.push(candidate);
      continue;
    }
    const reason = partner ?? [...around.gone.values()][0];
    const at = kept.findIndex((one) => one.finding.key === reason?.finding.key);
    const earlier = kept[at];
    if (earlier !== undefined) kept[at] = leavesAlone(earlier, row, orphan);
  }
  return kept;
}

function neighbourhoods(snapshot: Snapshot): ReadonlyMap<string, Neighbourhood> {
  const rows = new Map<string, IndexRow[]>();
  for (const row of snapshot.indexes) {
    const place = placeOf(row.database, row.schema, row.table);
    const there = rows.get(place);
    if (there === undefined) rows.set(place, [row]);
    else there.push(row);
  }
  const keys = new Map(
    snapshot.tables.map((one) => [placeOf(one.database, one.schema, one.table), one.foreignKeys ?? []] as const),
  );
  return new Map(
    [...rows].map(([place, own]) => [place, { rows: own, foreignKeys: keys.get(place) ?? [], gone: new Map() }]),
  );
}

function placeOf(...names: readonly (string | undefined)[]): string {
  return JSON.stringify(names);
}

function names(row: IndexRow): readonly string[] | null {
  return row.keys === undefined ? null : row.keys.map((key) => key.name);
}

/** One's keys lead the other's: each may be the reason why the other can go. */
function redundantTogether(a: IndexRow, b: IndexRow): boolean {
  const [x, y] = [names(a), names(b)];
  if (x === null || y === null) return false;
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
function orphanedKey(row: IndexRow, { rows, foreignKeys, gone }: Neighbourhood): ForeignKey | null {
  const stays = rows.filter((other) => other !== row && !gone.has(other));
  const orphan = foreignKeys.find((key) => supports(row, key) && !stays.some((other) => supports(other, key)));
  return orphan ?? null;
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
