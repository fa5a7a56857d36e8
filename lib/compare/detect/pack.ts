/**
 * Numbers as one letter each: what 26 weeks of 5,000 statements leave room for, and what gzip packs best. Fine near zero
 * and coarse far out, where only "far out" matters.
 */

const MISSING = ' ';
const NONE = '!';
const LETTERS = Array.from({ length: 92 }, (_, at) => String.fromCharCode(35 + at))
  .filter((letter) => letter !== '\\')
  .join('');
const MIDDLE = (LETTERS.length - 1) / 2;

/** `step`: width at zero; `bend`: by what part the width grows with each letter. */
export interface Scale {
  readonly step: number;
  readonly bend: number;
}

/** Log points about the week's median: steps of 1 % near it, out to 8,000-fold. */
export const LATENCY: Scale = { step: 0.01, bend: 0.1 };
export const CALLS: Scale = { step: 0.02, bend: 0.09 };

/** NaN is missing; -Infinity is none at all, as the logarithm of no calls is. */
export function pack(values: ArrayLike<number>, { step, bend }: Scale): string {
  let text = '';
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? Number.NaN;
    const steps = Math.min(MIDDLE, Math.round(Math.log1p((Math.abs(value) * bend) / step) / bend));
    if (Number.isNaN(value)) text += MISSING;
    else if (value === Number.NEGATIVE_INFINITY) text += NONE;
    else text += LETTERS[MIDDLE + Math.sign(value) * steps] ?? MISSING;
  }
  return text;
}

/** Into `out`, as many as fit in it: each about `level`, from the letter `shift` further on, round and round. */
export function unpackInto(
  out: Float64Array,
  text: string,
  { scale, level, shift }: { readonly scale: Scale; readonly level: number; readonly shift: number },
): void {
  const values = valuesOf(scale);
  const first = ((shift % out.length) + out.length) % out.length;
  for (let at = 0, from = first; at < out.length; at += 1, from = from + 1 === out.length ? 0 : from + 1) {
    out[at] = (values[text.charCodeAt(from)] ?? Number.NaN) + level;
  }
}

const tables = new Map<Scale, Float64Array>();

/** By character code; what is no letter is NaN, as what is missing. */
function valuesOf(scale: Scale): Float64Array {
  const made = tables.get(scale);
  if (made !== undefined) return made;
  const table = new Float64Array(128).fill(Number.NaN);
  table[NONE.charCodeAt(0)] = Number.NEGATIVE_INFINITY;
  for (const [at, letter] of [...LETTERS].entries()) {
    const steps = at - MIDDLE;
    table[letter.charCodeAt(0)] =
      (Math.sign(steps) * Math.expm1(Math.abs(steps) * scale.bend) * scale.step) / scale.bend;
  }
  tables.set(scale, table);
  return table;
}
