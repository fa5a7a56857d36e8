/** What is asked of a server beside the measures, in each dialect that has it. Pure. */
import type { Dialect, SettingsSource } from './dialect.ts';
import { type Naming, namingLabels } from './naming.ts';
import { lookback, type Scope, selector, serverLabels } from './promql.ts';

export interface Fact {
  readonly about: 'settings' | 'version' | 'role' | 'texts' | 'cluster' | 'standbys' | 'signs' | 'partition-roots';
  readonly promql: string;
  /** The same question in another scope. */
  readonly promqlIn: (scope: Scope) => string;
  readonly naming: Naming;
  /** Where the dialect has it other than postgres_exporter. */
  readonly settings?: SettingsSource;
  readonly label?: string;
  /** Whose labels name the tables. */
  readonly dialect?: Dialect;
}

type Asking = Pick<Fact, 'about' | 'naming' | 'settings' | 'label' | 'dialect'> & {
  readonly metric: string;
  readonly matching?: string;
  readonly labels: readonly string[];
};

export function factQuestions(dialects: readonly Dialect[], names: ReadonlySet<string>, scope: Scope): readonly Fact[] {
  const facts = new Map<string, Fact>();
  for (const { metric, matching, labels, ...asking } of [...ofExporter(names), ...dialects.flatMap(ofDialect)]) {
    const isThere = metric === '' ? [...names].some((name) => matches(matching, name)) : names.has(metric);
    if (!isThere) continue;
    const by = [...labels, ...serverLabels(scope), ...namingLabels(asking.naming)].join(', ');
    const promqlIn = (each: Scope) =>
      `max by (${by}) (last_over_time(${selector(metric, matching, each)}[${lookback(each.seconds, asking.settings?.cadence)}]))`;
    const promql = promqlIn(scope);
    // Dialects of one exporter ask the same.
    if (!facts.has(promql)) facts.set(promql, { ...asking, promql, promqlIn });
  }
  return [...facts.values(), ...signs(dialects, names, scope)];
}

/** Which server has which of the names that tell dialects apart: what one server has says nothing of another. */
function signs(dialects: readonly Dialect[], names: ReadonlySet<string>, scope: Scope): readonly Fact[] {
  const byNaming = new Map<string, { readonly naming: Naming; readonly names: Set<string> }>();
  for (const dialect of dialects) {
    const key = namingLabels(dialect).join();
    const group = byNaming.get(key) ?? { naming: dialect, names: new Set<string>() };
    byNaming.set(key, group);
    for (const name of [...(dialect.signs?.some ?? []), ...(dialect.signs?.not ?? [])]) {
      if (names.has(name)) group.names.add(name);
    }
  }
  return [...byNaming.values()].flatMap(({ naming, names: found }): readonly Fact[] => {
    const by = [...serverLabels(scope), ...namingLabels(naming)].join(', ');
    const one = (name: string, each: Scope) =>
      `label_replace(max by (${by}) (last_over_time(${selector(name, undefined, each)}[${lookback(each.seconds)}])), "sign", "${name}", "sign", "")`;
    const promqlIn = (each: Scope) => `(${[...found].map((name) => one(name, each)).join(' or ')})`;
    return found.size === 0 ? [] : [{ about: 'signs', naming, label: 'sign', promql: promqlIn(scope), promqlIn }];
  });
}

function matches(matching: string | undefined, name: string): boolean {
  const [, pattern] = /^__name__=~"(.*)"$/.exec(matching ?? '') ?? [];
  return pattern !== undefined && new RegExp(`^(?:${pattern})$`).test(name);
}

const standbyLabels = ['application_name', 'client_addr', 'slot_name', 'state'];

function ofExporter(names: ReadonlySet<string>): readonly Asking[] {
  const naming = {};
  return [
    // Only that much of a pattern: pg_exporter's names begin likewise.
    { about: 'settings', naming, metric: '', matching: '__name__=~"pg_settings_.+"', labels: ['__name__'] },
    { about: 'version', naming, metric: 'pg_static', labels: ['version', 'short_version'] },
    { about: 'role', naming, metric: 'pg_replication_is_replica', labels: [] },
    { about: 'standbys', naming, metric: 'pg_stat_replication_pg_wal_lsn_diff', labels: standbyLabels },
    { about: 'texts', naming, metric: 'pg_stat_statements_query_id', labels: ['queryid', 'query'] },
  ].filter(({ metric }) => metric === '' || names.has(metric)) as readonly Asking[]; // literals of the union's members
}

function ofDialect(dialect: Dialect): readonly Asking[] {
  const { settings = [], standby, version, cluster, texts, labels, partitionRoots = [] } = dialect;
  const naming = dialect;
  const asking: Asking[] = settings.map((source) =>
    'metric' in source
      ? { about: 'settings', naming, settings: source, metric: source.metric, labels: [source.label] }
      : {
          about: 'settings',
          naming,
          settings: source,
          metric: '',
          matching: `__name__=~"${source.pattern}"`,
          labels: ['__name__'],
        },
  );
  if (version !== undefined) asking.push({ about: 'version', naming, ...version, labels: [version.label] });
  if (cluster !== undefined) asking.push({ about: 'cluster', naming, ...cluster, labels: [cluster.label] });
  if (standby !== undefined) asking.push({ about: 'role', naming, metric: standby, labels: [] });
  if (texts !== undefined) asking.push({ about: 'texts', naming, ...texts, labels: [...labels.queryid, texts.label] });
  const table = [...labels.database, ...labels.schema, ...labels.table];
  for (const metric of partitionRoots)
    asking.push({ about: 'partition-roots', naming, dialect, metric, labels: table });
  return asking;
}
