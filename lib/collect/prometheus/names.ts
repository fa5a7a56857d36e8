/** Which metrics this Prometheus had in the window: one call, or one query where label values are forbidden. */
import type { PrometheusSource } from './client.ts';
import { type Dialect, familyOf } from './dialect.ts';
import { hostDialects } from './dialects/index.ts';
import { PrometheusError } from './error.ts';
import { isTooMuch } from './failure.ts';
import { duration, lookback, type Scope } from './promql.ts';
import type { Names } from './response.ts';

export interface MetricNames extends Omit<Names, 'names'> {
  readonly names: ReadonlySet<string>;
}

/** Names of all dialects, not only those of now: the exporter may be down at the window's end. */
export async function metricNames(
  source: PrometheusSource,
  end: number,
  scope: Scope,
  dialects: readonly Dialect[],
): Promise<MetricNames> {
  const families = [...new Set(dialects.map(familyOf))];
  const all = [...families, ...hostDialects.map(({ family }) => family)].join('|');
  const match = `{${[`__name__=~"${all}"`, scope.selector].filter((part) => part !== '').join(',')}}`;
  const { names: list, ...said } = await listed(source, match, end, scope);
  const names = new Set(list);
  const ofServers = new RegExp(`^(?:${families.join('|')})$`);
  if ([...names].some((name) => ofServers.test(name))) return { names, ...said };
  const prefixes = families.map((family) => family.replace(/\.\+$/, '')).join(', ');
  throw new PrometheusError(
    'empty',
    `Prometheus at ${source.url} has no metric of a PostgreSQL (none begins with ${prefixes}) in the last ${duration(scope.seconds)}: ` +
      'let it scrape a postgres_exporter, and check window and selector',
  );
}

async function listed(source: PrometheusSource, match: string, end: number, scope: Scope): Promise<Names> {
  try {
    return await source.names(match, end - scope.seconds, end);
  } catch (error) {
    // Proxies that pass only /query answer 4xx here; whether the address is wrong, the query tells.
    const wasRefused =
      error instanceof PrometheusError && error.status !== null && (error.status < 500 || isTooMuch(error));
    if (!wasRefused) throw error;
    const answer = await source.query(
      `count by (__name__) (last_over_time(${match}[${lookback(scope.seconds)}]))`,
      end,
    );
    const { warnings, partial } = answer;
    return { names: answer.samples.map(({ labels }) => labels.__name__ ?? ''), warnings, partial };
  }
}
