/** From a binding to the PromQL that is sent: the corrected window forms of reference metric dialects 5.2. Pure. */
import type { Binding } from './dialect.ts';

export interface Scope {
  readonly seconds: number;
  /** Further label matchers for every selector, such as `cluster="a"`; empty for all. */
  readonly selector: string;
}

/** Whose label names the server; the rest of a row's name comes from the dialect. */
export const serverLabels = ['instance', 'server'] as const;

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

/** How far back the newest value may lie. Beyond an hour it would show objects that are gone. */
export function lookback(seconds: number): string {
  return duration(Math.min(seconds, 3_600));
}

/** About 2,000 points whatever the window: one every 5 minutes of a week, at least one every 15 s (4.5). */
export function step(seconds: number): string {
  return duration(Math.max(15, Math.ceil(seconds / 2_016 / 15) * 15));
}

export function selector(name: string, matching: string | undefined, scope: Scope): string {
  const matchers = [matching ?? '', scope.selector].filter((part) => part !== '').join(',');
  return matchers === '' ? name : `${name}{${matchers}}`;
}

/**
 * `max` first, by everything that tells series of one fact apart: replicas of Prometheus and a second exporter on the
 * same server repeat a fact, and adding them up would double it (4.2).
 */
export function promql(binding: Binding, name: string, labels: readonly string[], scope: Scope): string {
  const window = duration(scope.seconds);
  const by = [...serverLabels, ...labels];
  const once = (expression: string) => `max by (${[...by, ...(binding.within ?? [])].join(', ')}) (${expression})`;
  const added = (expression: string) => `sum by (${by.join(', ')}) (${expression})`;
  const series = selector(name, binding.matching, scope);
  switch (binding.verb) {
    case 'now':
      return once(`last_over_time(${series}[${lookback(scope.seconds)}])`);
    case 'increase':
      return once(`increase(${series}[${window}])`);
    case 'average':
      return once(`avg_over_time(${series}[${window}])`);
    case 'peak':
      return once(`max_over_time(${series}[${window}])`);
    case 'averageSum':
      return `avg_over_time(${added(once(series))}[${window}:${step(scope.seconds)}])`;
    case 'peakSum':
      return `max_over_time(${added(once(series))}[${window}:${step(scope.seconds)}])`;
    case 'averageRatio': {
      const below = selector(name.replace(...(binding.ratio ?? ['', ''])), binding.matching, scope);
      const mean = (each: string) => added(once(`avg_over_time(${each}[${window}])`));
      return `${mean(series)} / (${mean(below)} > 0)`;
    }
    default:
      throw new Error(`unknown verb ${binding.verb satisfies never}`);
  }
}
