/** Evaluates the few shapes of PromQL that lib/collect/prometheus sends, over series held in memory. Nothing else. */
export interface FakeSeries {
  /** With `__name__`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Unix seconds and value, ascending. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

type Labels = Readonly<Record<string, string>>;
interface Value {
  readonly labels: Labels;
  readonly value: number;
}

const LOOKBACK = 300;

export class UnknownPromql extends Error {}

/** An instant vector at a time; increases are differences without Prometheus' extrapolation. */
export function evaluate(text: string, series: readonly FakeSeries[], at: number): readonly Value[] {
  const joined = joinedParts(text);
  if (joined !== null) {
    return joined.flatMap(({ part, label, value }) =>
      evaluate(part, series, at).map((each) => ({ ...each, labels: { ...each.labels, [label]: value } })),
    );
  }
  const ratio = split(text, ' / ');
  if (ratio !== null) {
    const below = evaluate(/^\((.*) > 0\)$/.exec(ratio[1])?.[1] ?? '', series, at).filter(({ value }) => value > 0);
    return evaluate(ratio[0], series, at).flatMap((above) => {
      const match = below.find(({ labels }) => key(labels) === key(above.labels));
      return match === undefined ? [] : [{ labels: above.labels, value: above.value / match.value }];
    });
  }
  if (isBracketed(text)) return evaluate(text.slice(1, -1), series, at);
  const grouped = /^(max|sum|count) by \(([^)]*)\) \((.*)\)$/.exec(text);
  if (grouped !== null) {
    const [, how = '', by = '', inner = ''] = grouped;
    return group(how, by.split(', '), evaluate(inner, series, at));
  }
  const sub = /^(avg|max)_over_time\((.*)\[(\w+):(\w+)\]\)$/.exec(text);
  if (sub !== null) {
    const [, how = '', inner = '', window = '', step = ''] = sub;
    const seen = new Map<string, { labels: Labels; values: number[] }>();
    for (let time = at - seconds(window); time <= at; time += seconds(step)) {
      for (const { labels, value } of evaluate(inner, series, time)) {
        const one = seen.get(key(labels)) ?? { labels, values: [] };
        one.values.push(value);
        seen.set(key(labels), one);
      }
    }
    return [...seen.values()].map(({ labels, values }) => ({ labels, value: over(`${how}_over_time`, values) }));
  }
  const range = /^(\w+)\((.*)\[(\w+)\]\)$/.exec(text);
  if (range !== null) {
    const [, how = '', selector = '', window = ''] = range;
    return select(selector, series).flatMap(({ labels, points }) => {
      const values = points.filter(([time]) => time > at - seconds(window) && time <= at).map(([, value]) => value);
      if (values.length === 0 || (/^(increase|rate)$/.test(how) && values.length === 1)) return [];
      if (how === 'rate') return [{ labels, value: over('increase', values) / seconds(window) }];
      return [{ labels, value: over(how, values) }];
    });
  }
  return select(text, series).flatMap(({ labels, points }) => {
    const newest = points.filter(([time]) => time > at - LOOKBACK && time <= at).at(-1);
    return newest === undefined ? [] : [{ labels, value: newest[1] }];
  });
}

/** Of `label_replace(…, "label", "value", "label", "") or label_replace(…)`; null for anything else. */
export function joinedParts(
  text: string,
): readonly { readonly part: string; readonly label: string; readonly value: string }[] | null {
  if (!text.startsWith('label_replace(')) return null;
  return splitAll(text, ' or ').map((operand) => {
    const [, part, label = '', value = ''] = /^label_replace\((.*), "(\w+)", "(\w+)", "\2", ""\)$/.exec(operand) ?? [];
    if (part === undefined) throw new UnknownPromql(operand);
    return { part, label, value };
  });
}

/** For `selector[10m]` and `selector[10m] offset 5m`; null when the text is no raw range. */
export function rawRange(text: string, series: readonly FakeSeries[], at: number): readonly FakeSeries[] | null {
  const [, selector, window = '', offset = '0s'] = /^(\w+(?:\{.*\})?)\[(\w+)\](?: offset (\w+))?$/.exec(text) ?? [];
  if (selector === undefined) return null;
  const end = at - seconds(offset);
  return select(selector, series).map(({ labels, points }) => ({
    labels,
    points: points.filter(([time]) => time > end - seconds(window) && time <= end),
  }));
}

export function select(selector: string, series: readonly FakeSeries[]): readonly FakeSeries[] {
  const [, name = '', inside = ''] = /^([\w:]*)(?:\{(.*)\})?$/.exec(selector) ?? [];
  if (name === '' && inside === '') throw new UnknownPromql(selector);
  const matchers = [...inside.matchAll(/(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = '', how = '', quoted = '']) => {
      const value = quoted.replace(/\\(.)/g, '$1');
      const pattern = new RegExp(`^(?:${value})$`);
      return (labels: Labels) => {
        const own = labels[label] ?? '';
        if (how === '=~') return pattern.test(own);
        if (how === '!~') return !pattern.test(own);
        return how === '=' ? own === value : own !== value;
      };
    },
  );
  return series.filter(
    ({ labels }) => (name === '' || labels.__name__ === name) && matchers.every((matches) => matches(labels)),
  );
}

function over(how: string, values: readonly number[]): number {
  const last = values.at(-1) ?? Number.NaN;
  switch (how) {
    case 'last_over_time':
      return last;
    case 'avg_over_time':
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    case 'max_over_time':
      return Math.max(...values);
    case 'count_over_time':
      return values.length;
    case 'increase':
      return steps(values).reduce((sum, [before, now]) => sum + (now < before ? now : now - before), 0);
    case 'changes':
      return steps(values).filter(([before, now]) => now !== before).length;
    case 'resets':
      return steps(values).filter(([before, now]) => now < before).length;
    default:
      throw new UnknownPromql(how);
  }
}

function group(how: string, by: readonly string[], values: readonly Value[]): readonly Value[] {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const { labels, value } of values) {
    const kept = Object.fromEntries(
      by.flatMap((label) => ((labels[label] ?? '') === '' ? [] : [[label, labels[label] ?? '']])),
    );
    const one = groups.get(JSON.stringify(kept)) ?? { labels: kept, values: [] };
    one.values.push(value);
    groups.set(JSON.stringify(kept), one);
  }
  return [...groups.values()].map(({ labels, values: all }) => {
    // Prometheus' max skips NaN unless there is nothing else; its sum does not.
    const numbers = all.filter((value) => !Number.isNaN(value));
    if (how === 'max') return { labels, value: numbers.length === 0 ? Number.NaN : Math.max(...numbers) };
    return { labels, value: how === 'count' ? all.length : all.reduce((sum, value) => sum + value, 0) };
  });
}

function steps(values: readonly number[]): readonly (readonly [number, number])[] {
  return values.slice(1).map((value, index) => [values[index] ?? value, value]);
}

function key(labels: Labels): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => name !== '__name__')
      .sort(),
  );
}

/** At the operator outside of all brackets. */
function split(text: string, operator: string): readonly [string, string] | null {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if ('([{'.includes(text[index] ?? '')) depth += 1;
    if (')]}'.includes(text[index] ?? '')) depth -= 1;
    if (depth === 0 && text.startsWith(operator, index))
      return [text.slice(0, index), text.slice(index + operator.length)];
  }
  return null;
}

/** One pair of brackets around all of it. */
function isBracketed(text: string): boolean {
  if (!text.startsWith('(') || !text.endsWith(')')) return false;
  let depth = 0;
  return [...text].every((char, index) => {
    depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    return depth > 0 || index === text.length - 1;
  });
}

function splitAll(text: string, operator: string): readonly string[] {
  const parts: string[] = [];
  for (let rest = text; ; ) {
    const two = split(rest, operator);
    if (two === null) return [...parts, rest];
    parts.push(two[0]);
    rest = two[1];
  }
}

function seconds(duration: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smhdw])$/.exec(duration) ?? [];
  const size = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }[unit];
  if (size === undefined) throw new UnknownPromql(duration);
  return Number(count) * size;
}
