/** The points of a series, from their text: JSON.parse would make a list of lists of them, ten times their size. */

export interface Points {
  /** Unix seconds. */
  readonly times: readonly number[];
  /** null where it is not finite. */
  readonly values: readonly (number | null)[];
}

const TIME = String.raw`(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?`;
const PAIR = String.raw`\[${TIME},"[ -!#-[\]-~]*"\]`;
/** As Prometheus and its like write them; nothing in there could be a key. */
const written = new RegExp(String.raw`"values":\[(?:${PAIR}(?:,${PAIR})*)?\]`);
const FIRST = '"values":['.length;

/**
 * For the elements of one answer: the text without its points, and those; as it is where they are written otherwise.
 * Times that are those of the series before are kept once.
 */
export function pointReader(numberOf: (text: string) => number | null) {
  let last: { readonly times: readonly number[]; readonly texts: readonly string[] } = { times: [], texts: [] };
  // Of numbers only, so that a copy of a part has eight bytes for each.
  const read: number[] = [];
  return (text: string): { readonly rest: string; readonly points: Points | null } => {
    const found = written.exec(text);
    if (found === null) return { rest: text, points: null };
    const [points] = found;
    const rest = `${text.slice(0, found.index)}"values":[]${text.slice(found.index + points.length)}`;
    const others: { at: number; text: string }[] = [];
    const infinite: number[] = [];
    let count = 0;
    for (let open = FIRST; points[open] === '['; count += 1) {
      const known = last.texts[count];
      const isKnown =
        known !== undefined && points.startsWith(known, open + 1) && points[open + 1 + known.length] === ',';
      const comma = isKnown ? open + 1 + known.length : points.indexOf(',', open);
      if (!isKnown) others.push({ at: count, text: points.slice(open + 1, comma) });
      const close = points.indexOf('"', comma + 2);
      const value = numberOf(points.slice(comma + 2, close));
      if (value === null) infinite.push(count);
      read[count] = value ?? 0;
      // Behind the quote, the bracket and the comma.
      open = close + 3;
    }
    if (others.length > 0 || count !== last.texts.length) {
      const texts = last.texts.slice(0, count);
      for (const other of others) texts[other.at] = other.text;
      last = { times: texts.map(Number), texts };
    }
    const values: (number | null)[] = read.slice(0, count);
    for (const at of infinite) values[at] = null;
    return { rest, points: { times: last.times, values } };
  };
}
