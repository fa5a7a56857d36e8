/** The answers for each hour, put together like the rows they belong to: by target, statement and user. Pure. */
import type { Hourly, HourlyStatement, HourlyValues } from '../../model/hourly.ts';
import type { SourceQuery } from '../../model/snapshot.ts';
import type { Asked } from './ask.ts';
import { rolesOf } from './dialect.ts';
import { type Field, HOUR, type HourlyQuestion, type Hours } from './hourly-questions.ts';
import { identityIn } from './naming.ts';
import type { Series } from './response.ts';
import type { Joined } from './rows.ts';
import type { Servers } from './servers.ts';

/** Below this share of the samples of a usual hour, its edges may have none, and then its increase is too small. */
const ENOUGH_SAMPLES = 0.8;

export interface JoinedHours {
  readonly hourly: Hourly;
  readonly sources: readonly SourceQuery[];
}

/**
 * Of each target with statements; as with the rows, users are added up and of replicas the larger counts. The answers are
 * used up: where one series is all there is of a statement, its list of values becomes the statement's.
 */
export function joinHours(
  asked: readonly Asked<HourlyQuestion>[],
  hours: Hours,
  targets: ReadonlyMap<string, Joined>,
  servers: Servers,
): ReadonlyMap<string, JoinedHours> {
  const known = new Map([...targets].map(([name]) => [name, new Map<string, { [F in Field]?: HourlyValues }>()]));
  const scratch = new Float64Array(hours.count);
  const sources = new Map([...targets].map(([name]) => [name, [] as SourceQuery[]]));
  for (const { question, answer } of asked) {
    if (question.field === null) continue;
    const byTarget = grouped(answer.series, (labels) => servers.of(labels));
    for (const [name, series] of byTarget) {
      const rows = targets.get(name)?.rows.statement;
      const ofTarget = known.get(name);
      if (rows === undefined || ofTarget === undefined) continue;
      const thin = thinHours(name, question, asked, servers, hours);
      sources.get(name)?.push(sourceOf(question, series.length));
      const byStatement = grouped(series, (labels) => {
        const { database, queryid } = identityIn(labels, rolesOf.statement, question.ask.dialects[0]);
        return JSON.stringify([database, queryid]);
      });
      for (const [key, same] of byStatement) {
        const fieldsOf = ofTarget.get(key) ?? {};
        // The first name that has data for a row counts.
        if (!rows.has(key) || fieldsOf[question.field] !== undefined) continue;
        const roleLabels = (labels: Series['labels']) =>
          identityIn(labels, rolesOf.statement, question.ask.dialects[0]).user ?? '';
        const users = [...grouped(same, roleLabels).values()];
        // One for all: outside the heap, thousands of small ones wait long for the garbage collector.
        const own = users.length === 1 ? () => scratch : () => new Float64Array(hours.count);
        const total = addedUp(
          users.map((each) => highest(each, hours, own())),
          hours,
        );
        for (const hour of thin) total[hour] = Number.NaN;
        ofTarget.set(key, { ...fieldsOf, [question.field]: written(total, question, listOf(same, hours)) });
      }
    }
  }
  return new Map(
    [...known].flatMap(([name, values]): [string, JoinedHours][] => {
      const statements = [...values].flatMap(([key, each]) => statementOf(key, each, targets.get(name), hours));
      statements.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
      const start = new Date(hours.start * 1000).toISOString();
      const hourly = { start, hours: hours.count, statements };
      return statements.length === 0 ? [] : [[name, { hourly, sources: sources.get(name) ?? [] }]];
    }),
  );
}

const sortKey = ({ database, statement }: HourlyStatement): string => JSON.stringify([database, statement]);

/** A statement without a single hour has none to show. */
function statementOf(
  key: string,
  { calls, timeMs, ...rest }: { readonly [F in Field]?: HourlyValues },
  joined: Joined | undefined,
  hours: Hours,
): readonly HourlyStatement[] {
  const row = joined?.rows.statement.get(key);
  const isSeen = [calls, timeMs].some((values) => values?.some((value) => value !== null));
  if (row === undefined || !isSeen) return [];
  const { database = '', queryid = '' } = row.identity;
  const [user] = row.users;
  const unseen = Array.from({ length: hours.count }, () => null);
  return [
    {
      ...{ database, statement: `id:${queryid}`, queryid },
      ...(user === undefined || row.users.size > 1 ? {} : { user }),
      ...{ calls: calls ?? unseen, timeMs: timeMs ?? unseen },
      ...rest,
    },
  ];
}

/** Hours in which the exporter was scraped too seldom, or not at all. */
function thinHours(
  target: string,
  { ask }: HourlyQuestion,
  asked: readonly Asked<HourlyQuestion>[],
  servers: Servers,
  hours: Hours,
): readonly number[] {
  const series = asked
    .filter(({ question }) => question.field === null && question.ask.dialects[0] === ask.dialects[0])
    .flatMap(({ answer }) => answer.series.filter(({ labels }) => servers.of(labels) === target));
  const samples = highest(series, hours);
  const sorted = [...samples].filter((count) => count > 0).sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
  // Where nobody counted, no hour can be relied on.
  return Array.from(samples.keys()).filter((hour) => !((samples[hour] ?? 0) >= ENOUGH_SAMPLES * usual));
}

function grouped(
  series: readonly Series[],
  nameOf: (labels: Series['labels']) => string | null,
): ReadonlyMap<string, readonly Series[]> {
  const groups = new Map<string, Series[]>();
  for (const each of series) {
    const name = nameOf(each.labels);
    if (name === null) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [each]);
    else group.push(each);
  }
  return groups;
}

/** Into `values`; NaN where there is nothing. */
function highest(series: readonly Series[], hours: Hours, values = new Float64Array(hours.count)): Float64Array {
  values.fill(Number.NaN);
  for (const each of series) {
    for (let index = 0; index < each.times.length; index += 1) {
      const time = each.times[index] ?? Number.NaN;
      const hour = Math.round((time - hours.start) / HOUR) - 1;
      const value = each.values[index] ?? Number.NaN;
      if (!((values[hour] ?? 0) >= value)) values[hour] = value;
    }
  }
  return values;
}

function addedUp(all: readonly Float64Array[], hours: Hours): Float64Array {
  const [only, ...others] = all;
  if (only !== undefined && others.length === 0) return only;
  return new Float64Array(hours.count).map((_, hour) => {
    const values = all.map((each) => each[hour] ?? Number.NaN).filter((value) => !Number.isNaN(value));
    return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value);
  });
}

/** Twenty thousand lists would otherwise be in memory twice. */
function listOf([only, ...others]: readonly Series[], { count }: Hours): (number | null)[] {
  // Nobody else has the lists of these answers, so they may be written to.
  if (only?.values.length === count && others.length === 0) return only.values as (number | null)[];
  return new Array<number | null>(count);
}

/** Counts are whole again, which extrapolation had made fractions; of a time, five digits are more than it can bear. */
function written(values: Float64Array, { field, ask }: HourlyQuestion, into: (number | null)[]): HourlyValues {
  const factor = ask.binding.factor ?? 1;
  for (const [hour, value] of values.entries()) {
    if (Number.isNaN(value)) into[hour] = null;
    else into[hour] = field === 'timeMs' ? Number((value * factor).toPrecision(5)) : Math.round(value * factor);
  }
  return into;
}

function sourceOf({ ask, promql }: HourlyQuestion, rows: number): SourceQuery {
  const text = `${promql} # query_range, step=1h`;
  const dialect = ask.dialects[0].id;
  return { source: 'prometheus', language: 'promql', measures: [ask.measure], kind: 'statement', dialect, text, rows };
}
