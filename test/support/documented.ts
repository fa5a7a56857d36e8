/** Reads test/recordings/prometheus/documented: series written by hand from an exporter's documentation. */
import { readFileSync } from 'node:fs';
import type { FakeSeries } from './fake-promql.ts';

/** When all of them end, in Unix seconds; times in the files count on it. */
export const documentedEnd = 1_800_000_000;
const minutes = 60;
/** The hour that they fill. */
export const documentedWindow = {
  start: new Date((documentedEnd - minutes * 60) * 1000).toISOString(),
  end: new Date(documentedEnd * 1000).toISOString(),
};

/** A sample a minute over one hour; a line starting with `*` has the labels of those below it. */
export function documented(id: string): readonly FakeSeries[] {
  const text = readFileSync(new URL(`../recordings/prometheus/documented/${id}.prom`, import.meta.url), 'utf8');
  let shared: Readonly<Record<string, string>> = {};
  const series: FakeSeries[] = [];
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, name = '', inside = '', from, step = '0'] =
      /^([\w*]+)(?:\{(.*)\})?(?: (-?[\d.]+)(?: \+([\d.]+))?)?$/.exec(line) ?? [];
    const own = Object.fromEntries(
      [...inside.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]),
    );
    if (name === '*') shared = own;
    else if (name === '' || from === undefined) throw new Error(`${id}: no series: ${line}`);
    else {
      const points = Array.from(
        { length: minutes + 1 },
        (_, at) => [documentedEnd - (minutes - at) * 60, Number(from) + at * Number(step)] as const,
      );
      series.push({ labels: { __name__: name, ...shared, ...own }, points });
    }
  }
  return series;
}
