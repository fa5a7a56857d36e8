/** Which index another one makes superfluous. */
import type { IndexRow } from '../../model/rows.ts';
import { indexesOf } from '../lookup.ts';
import { isForeignObject, isKeyPrefix, isWhole, sameTable } from './shape.ts';

export const SIZE_FLOOR_BYTES = 1024 ** 2;
/** A shorter index of less than this part of the longer one's size stays cached more easily. */
const MUCH_SMALLER = 1 / 3;

export interface Redundancy {
  readonly index: IndexRow;
  /** Answers whatever `index` answers, and is not itself in the list. */
  readonly keeper: IndexRow;
}

export function redundancies(judged: readonly IndexRow[]): readonly Redundancy[] {
  const keepers = (index: IndexRow): readonly IndexRow[] =>
    indexesOf(judged, index).filter((other) => covers(other, index));
  const dropped = new Set(judged.filter((index) => isDispensable(index) && keepers(index).length > 0));
  return [...dropped].flatMap((index) => {
    const [keeper] = keepers(index)
      .filter((other) => !dropped.has(other))
      .sort(byKeepingRank);
    return keeper === undefined ? [] : [{ index, keeper }];
  });
}

export function isComparable(index: IndexRow): boolean {
  return (
    index.definition !== undefined &&
    index.keys !== undefined &&
    index.valid !== false &&
    index.ready !== false &&
    index.partitioned !== true &&
    index.partitionOf === undefined &&
    !isForeignObject(index)
  );
}

/** What nothing but its speed is needed of. A flag that was not seen counts as set. */
export function isDispensable(index: IndexRow): boolean {
  return (
    index.constraint === undefined &&
    index.primary === false &&
    index.replicaIdentity === false &&
    index.clustered === false &&
    index.referencedByForeignKey === false &&
    (index.sizeBytes === undefined || index.sizeBytes >= SIZE_FLOOR_BYTES)
  );
}

function covers(keeper: IndexRow, index: IndexRow): boolean {
  if (keeper === index || !sameTable(keeper, index) || keeper.method !== index.method) return false;
  if (keeper.predicate !== index.predicate || (keeper.included ?? []).join() !== (index.included ?? []).join())
    return false;
  const equal = isKeyPrefix(index, keeper) && keeper.keys?.length === index.keys?.length;
  if (index.unique !== false) return equal && sameDefinition(keeper, index) && byKeepingRank(keeper, index) < 0;
  if (equal) {
    if (keeper.unique === true) return true; // what is unique also finds; its NULLS rule does not matter here
    return sameDefinition(keeper, index) && byKeepingRank(keeper, index) < 0;
  }
  return index.method === 'btree' && isWhole(keeper) && isKeyPrefix(index, keeper) && !isWorthKeeping(index, keeper);
}

/** Whatever the flags do not tell (operator class parameters, NULLS NOT DISTINCT, storage) is in the definition. */
function sameDefinition(a: IndexRow, b: IndexRow): boolean {
  const body = ({ definition = '' }: IndexRow): string => definition.slice(definition.indexOf(' ON '));
  return body(a) === body(b);
}

function isWorthKeeping(short: IndexRow, long: IndexRow): boolean {
  if (short.sizeBytes === undefined || long.sizeBytes === undefined) return false;
  const [few, many] = [short.scansSinceReset ?? short.scans, long.scansSinceReset ?? long.scans];
  return short.sizeBytes < MUCH_SMALLER * long.sizeBytes && few !== undefined && many !== undefined && few >= many;
}

/** First what a rule depends on, then what is used most, then the name. */
function byKeepingRank(a: IndexRow, b: IndexRow): number {
  const rank = (index: IndexRow): number =>
    (isDispensable({ ...index, sizeBytes: SIZE_FLOOR_BYTES }) ? 0 : 4) + (index.unique === true ? 2 : 0);
  const scans = (index: IndexRow): number => index.scansSinceReset ?? index.scans ?? 0;
  return rank(b) - rank(a) || scans(b) - scans(a) || (a.index < b.index ? -1 : 1);
}
