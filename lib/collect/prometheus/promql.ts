/** From a binding to the PromQL that is sent: the corrected window forms of reference metric dialects 5.2. Pure. */
import type { Binding } from './dialect.ts';

export interface Scope {
  readonly seconds: number;
  /** Further label matchers for every selector, such as `cluster="a"`; empty for all. */
  readonly selector: string;
  /** Labels beside `instance` and `server` that tell servers or replicas of Prometheus apart here. */
  readonly keep?: readonly string[];
  /** Labels that name a cluster of servers here. */
  readonly clusters?: readonly string[];
}

/** Whose label names the server; the rest of a row's name comes from the dialect. */
export const serverLabels = ({ keep = [] }: Scope): readonly string[] => ['instance', 'server', ...keep];

/** A Prometheus duration, in the largest unit that fits exactly. */
export function duration(seconds: number): string {
  const units: readonly [number, string][] = [
    [604_800, 'w'],
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'm'],
  ];
  // A week reads as 7d everywhere in Prometheus.
  const [size, unit] = units.slice(1).find(([each]) => seconds % each === 0) ?? [1, 's'];
  return `${seconds / size}${unit}`;
}

/** How far back the newest value may lie. Beyond an hour, or three samples, it would show objects that are gone. */
export function lookback(seconds: number, cadence = 0): string {
  return duration(Math.min(seconds, Math.max(3_600, 3 * cadence)));
}

/** About 2,000 points whatever the window: one every 5 minutes of a week, at least one every 15 s (4.5). */
export function step(seconds: number): string {
  return duration(Math.max(15, Math.ceil(seconds / 2_016 / 15) * 15));
}

export function selector(name: string, matching: string | undefined, scope: Scope): string {
  const matchers = [matching ?? '', scope.selector].filter((part) => part !== '').join(',');
  return matchers === '' ? name : `${name}{${matchers}}`;
}

/** In brackets, since it is joined with others. */
export function expressed(expression: string, scope: Scope): string {
  return `(${expression.replaceAll('$window', duration(scope.seconds))})`;
}

/**
 * `max` first, by everything that tells series of one fact apart: replicas of Prometheus and a second exporter on the
 * same server repeat a fact, and adding them up would double it (4.2).
 */
export function promql(
  binding: Binding,
  name: string,
  labels: readonly string[],
  scope: Scope,
  churning: readonly string[] = [],
): string {
  const window = duration(scope.seconds);
  if (binding.expression !== undefined) return expressed(binding.expression, scope);
  const by = [...serverLabels(scope), ...labels];
  const once = (expression: string, more = binding.within ?? []) =>
    `max by (${[...by, ...more].join(', ')}) (${expression})`;
  const added = (expression: string) => `sum by (${by.join(', ')}) (${expression})`;
  const series = selector(name, binding.matching, scope);
  // Prometheus looks back 5 minutes by itself.
  const recent = binding.cadence === undefined ? series : `last_over_time(${series}[${duration(3 * binding.cadence)}])`;
  switch (binding.verb) {
    case 'now':
      return once(`last_over_time(${series}[${lookback(scope.seconds, binding.cadence)}])`);
    case 'increase':
      // One object's series follow each other in time, so here adding is right.
      return churning.length === 0
        ? once(`increase(${series}[${window}])`)
        : added(once(`increase(${series}[${window}])`, churning));
    case 'average':
      return once(`avg_over_time(${series}[${window}])`);
    case 'peak':
      return once(`max_over_time(${series}[${window}])`);
    case 'averageSum':
      return `avg_over_time(${added(once(recent))}[${window}:${step(scope.seconds)}])`;
    case 'peakSum':
      return `max_over_time(${added(once(recent))}[${window}:${step(scope.seconds)}])`;
    case 'averageRatio': {
      const below = selector(name.replace(...(binding.ratio ?? ['', ''])), binding.matching, scope);
      const mean = (each: string) => added(once(`avg_over_time(${each}[${window}])`));
      return `${mean(series)} / (${mean(below)} > 0)`;
    }
    case 'rate':
      return added(once(`rate(${series}[${window}])`));
    case 'ratio': {
      const below = selector(name.replace(...(binding.ratio ?? ['', ''])), binding.matching, scope);
      const grown = (each: string) => added(once(`increase(${each}[${window}])`));
      return `${grown(series)} / (${grown(below)} > 0)`;
    }
    case 'count':
      return `count by (${by.join(', ')}) (${once(`last_over_time(${series}[${lookback(scope.seconds)}])`)})`;
    case 'share': {
      const grown = (each: string) => added(once(`increase(${each}[${window}])`));
      return `${grown(series)} / (${grown(selector(name, undefined, scope))} > 0)`;
    }
    default:
      throw new Error(`unknown verb ${binding.verb satisfies never}`);
  }
}
