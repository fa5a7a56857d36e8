/**
 * Medians of what is known; NaN stands for "not collected" in the number arrays of this folder. Some of these run a
 * million times a run on a dozen values each, where an insertion sort in place beats the general one by far.
 */

/** NaN of nothing. */
export function median(values: ArrayLike<number>): number {
  return middle(known(values));
}

/** Sorted copy without NaN. */
export function known(values: ArrayLike<number>): Float64Array {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? Number.NaN;
    if (!Number.isNaN(value)) {
      kept[count] = value;
      count += 1;
    }
  }
  return sortFirst(kept, count).subarray(0, count);
}

/** Sorts the first `count` values in place. */
export function sortFirst(values: Float64Array, count: number): Float64Array {
  if (count > 24) {
    values.subarray(0, count).sort();
    return values;
  }
  for (let at = 1; at < count; at += 1) {
    const value = values[at] ?? Number.NaN;
    let to = at;
    for (; to > 0 && (values[to - 1] ?? Number.NaN) > value; to -= 1) values[to] = values[to - 1] ?? Number.NaN;
    values[to] = value;
  }
  return values;
}

/** Of the first `count` sorted values. */
export function middle(sorted: ArrayLike<number>, count = sorted.length): number {
  if (count === 0) return Number.NaN;
  const half = count >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return count % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Median of the first `count` sorted values when one of that value, which is among them, is left out. */
export function middleWithout(sorted: ArrayLike<number>, count: number, value: number): number {
  // On which side of the middle it lies is all that matters; of equals any may go.
  const half = (count - 1) >> 1;
  const centre = sorted[half] ?? Number.NaN;
  const next = sorted[half + 1] ?? Number.NaN;
  if (count % 2 === 0) return value > centre ? centre : next;
  const last = sorted[half - 1] ?? Number.NaN;
  return value > centre ? (last + centre) / 2 : value < centre ? (centre + next) / 2 : (last + next) / 2;
}

/** Mean of the middle 60 % of the first `count` sorted values: of six it leaves out the highest and the lowest. */
export function trimmedMean(sorted: ArrayLike<number>, count = sorted.length): number {
  const cut = Math.floor(count * 0.2);
  let sum = 0;
  for (let at = cut; at < count - cut; at += 1) sum += sorted[at] ?? Number.NaN;
  return sum / (count - 2 * cut);
}
