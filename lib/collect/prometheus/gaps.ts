/** What one server's answers leave unknown, why, and how to know it next time. */
import { measures } from '../../model/measures.ts';
import type { Gap } from '../../model/snapshot.ts';
import type { Ask, Failed } from './ask.ts';
import { type Binding, type BoundKind, boundKinds, type Dialect, type Limit } from './dialect.ts';
import type { Joined } from './rows.ts';
import { wantedOf } from './wanted.ts';

export interface Unknowns {
  readonly joined: Joined;
  readonly dialects: readonly Dialect[];
  /** The one that answered most; its remedies fit. */
  readonly main: Dialect;
  readonly failed: readonly Failed<Ask>[];
  /** Measures that were filled by other means than a binding. */
  readonly filled: ReadonlySet<string>;
  readonly blindDatabases: readonly string[];
  /** As server_version_num, where it is known. */
  readonly versionNum: number | undefined;
}

const byConnection = 'Give this target a PostgreSQL connection.';

export function gapsOf(unknowns: Unknowns): readonly Gap[] {
  const missing = boundKinds.flatMap((kind) => missingMeasures(unknowns, kind));
  return [...missing, ...limits(unknowns), ...blind(unknowns)];
}

function missingMeasures(
  { joined, dialects, main, failed, filled, versionNum }: Unknowns,
  kind: BoundKind,
): readonly Gap[] {
  const found = new Set([...joined.answered.keys()].filter((ask) => ask.kind === kind).map((ask) => ask.measure));
  const groups = new Map<
    string,
    { gap: Omit<Gap, 'measures' | 'reason'>; measures: string[]; names: Set<string>; why: string; switched: string }
  >();
  const add = (
    measure: string,
    gap: Omit<Gap, 'measures' | 'reason' | 'kind' | 'source'>,
    names: readonly string[],
    why: string,
    switched = '',
  ) => {
    const key = `${gap.absence} ${gap.remedy} ${why}`;
    const group = groups.get(key) ?? {
      gap: { kind, source: 'prometheus' as const, ...gap },
      measures: [],
      names: new Set<string>(),
      why,
      switched,
    };
    group.measures.push(measure);
    for (const name of names) group.names.add(name);
    groups.set(key, group);
  };
  for (const measure of Object.keys(measures[kind])) {
    if (found.has(measure) || filled.has(`${kind}.${measure}`)) continue;
    const failure = failed.find(({ question }) => question.kind === kind && question.measure === measure);
    const own = bindingOf(main, kind, measure);
    const others = dialects.filter((dialect) => dialect !== main && bindingOf(dialect, kind, measure) !== undefined);
    if (failure !== undefined) {
      const remedy = 'Run again; if it stays, narrow the window or look into the log of Prometheus.';
      add(measure, { absence: 'unreachable', remedy }, [], failure.error.message);
    } else if (own !== undefined) {
      const { names, unsupported, switched } = wantedOf(own, versionNum);
      const more = others.flatMap((dialect) => {
        const theirs = bindingOf(dialect, kind, measure);
        return theirs === undefined ? [] : wantedOf(theirs, versionNum).names;
      });
      const elsewhere = `This version of the exporter (${main.title}) does not publish it.`;
      if (unsupported !== undefined) {
        add(measure, { absence: 'unsupported', remedy: unsupported.remedy }, [], unsupported.reason);
      } else if (own.names.length === 0 || names.length + more.length === 0) {
        add(measure, { absence: 'unsupported', remedy: own.remedy }, [], elsewhere);
      } else add(measure, { absence: 'not-exported', remedy: own.remedy }, [...names, ...more], '', switched);
    } else {
      const why =
        others.length === 0
          ? 'No exporter known here publishes it.'
          : `This exporter (${main.title}) does not publish it.`;
      add(measure, { absence: 'unsupported', remedy: byConnection }, [], why);
    }
  }
  return [...groups.values()].map(({ gap, measures: names, names: looked, why, switched }) => ({
    ...gap,
    measures: names,
    reason: why === '' ? `The window holds no series named ${anyOf([...looked])}${switched}.` : why,
  }));
}

function limits({ joined, main, dialects }: Unknowns): readonly Gap[] {
  const gaps: Gap[] = [...cut(joined, main)];
  if (joined.hiddenStatements > 0) {
    gaps.push({
      kind: 'statement',
      measures: Object.keys(measures.statement),
      source: 'prometheus',
      absence: 'no-right',
      reason: 'Statements of other users came without their id, because the exporter may not see them.',
      remedy: `Grant pg_monitor to the role of ${exporterOf(main)}.`,
    });
  }
  if (joined.unplacedIndexes > 0) {
    gaps.push({
      kind: 'index',
      measures: Object.keys(measures.index).filter((each) =>
        dialects.some((dialect) => bindingOf(dialect, 'index', each) !== undefined),
      ),
      source: 'prometheus',
      absence: 'not-exported',
      reason: `${joined.unplacedIndexes} series of indexes carry no database name, and their exporter shows tables of none or of several databases.`,
      remedy: 'Run one postgres_exporter per database, or give this target a PostgreSQL connection.',
    });
  }
  return gaps;
}

/** Of what comes from rows that its exporter cuts, and of nothing else. */
function cut(joined: Joined, main: Dialect): readonly Gap[] {
  const lists = new Map<Limit, { kind: BoundKind; seen: number; measures: Set<string> }>();
  for (const [ask, series] of joined.answered) {
    const limit = ask.dialects.includes(main) ? bindingOf(main, ask.kind, ask.measure)?.limit : undefined;
    if (limit === undefined) continue;
    const list = lists.get(limit) ?? { kind: ask.kind, seen: 0, measures: new Set<string>() };
    list.measures.add(ask.measure);
    list.seen = Math.max(list.seen, series);
    lists.set(limit, list);
  }
  return [...lists].flatMap(([limit, { kind, seen, measures: found }]): readonly Gap[] => {
    if (seen < limit.rows) return [];
    return [
      {
        kind,
        measures: Object.keys(measures[kind]).filter((each) => found.has(each)),
        source: 'prometheus',
        absence: 'truncated',
        reason: `${exporterOf(main)} publishes ${limit.rows} ${kind === 'index' ? 'indexes' : `${kind}s`} by ${limit.order} and ${seen} were seen, so others are cut off: what these add up to is a lower bound.`,
        remedy: `Raise ${limit.flag}, or give this target a PostgreSQL connection.`,
      },
    ];
  });
}

function blind({ blindDatabases, main }: Unknowns): readonly Gap[] {
  return blindDatabases.map((database) => ({
    kind: 'table',
    measures: Object.keys(measures.table),
    source: 'prometheus',
    database,
    absence: 'not-exported',
    reason: `No table of database ${database} has series: an exporter sees only the database it is connected to.`,
    remedy: `${main.seeDatabase ?? 'Point a postgres_exporter at database'} ${database}.`,
  }));
}

const exporterOf = ({ exporter = 'postgres_exporter' }: Dialect): string => exporter;

function bindingOf(dialect: Dialect, kind: BoundKind, measure: string): Binding | undefined {
  const bindings: Readonly<Record<string, Binding | undefined>> = dialect.bindings[kind];
  return bindings[measure];
}

function anyOf(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
}
