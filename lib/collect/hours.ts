/** Hours of statements that Prometheus knows by their queryid, under the identity that the catalog gives them. */
import type { Hourly, HourlyStatement, HourlyValues } from '../model/hourly.ts';
import type { PostgresReading } from './postgres/read.ts';

/** The statements of one identity are added up, like their rows; our own questions are left out. */
export function renamedHours(hourly: Hourly, { identities }: Pick<PostgresReading, 'identities'>): Hourly {
  const merged = new Map<string, HourlyStatement>();
  for (const each of hourly.statements) {
    const identity = identities.get(JSON.stringify([each.database, each.queryid]));
    // null: our own questions.
    if (identity === null) continue;
    const named = identity === undefined ? each : { ...each, statement: identity.statement };
    const key = JSON.stringify([named.database, named.statement]);
    const same = merged.get(key);
    merged.set(key, same === undefined ? named : added(same, named));
  }
  return { ...hourly, statements: [...merged.values()] };
}

function added(one: HourlyStatement, other: HourlyStatement): HourlyStatement {
  const larger = total(one) >= total(other) ? one : other;
  const { user: _user, rows: _rows, blocksRead: _blocks, ...rest } = larger;
  return {
    ...rest,
    ...(one.user === other.user && one.user !== undefined ? { user: one.user } : {}),
    calls: sums(one.calls, other.calls),
    timeMs: sums(one.timeMs, other.timeMs),
    ...(one.rows === undefined || other.rows === undefined ? {} : { rows: sums(one.rows, other.rows) }),
    ...(one.blocksRead === undefined || other.blocksRead === undefined
      ? {}
      : { blocksRead: sums(one.blocksRead, other.blocksRead) }),
  };
}

const total = ({ timeMs }: HourlyStatement): number => timeMs.reduce<number>((sum, value) => sum + (value ?? 0), 0);

/** A queryid that did not exist in an hour is null there, and adds nothing to the other. */
function sums(one: HourlyValues, other: HourlyValues): HourlyValues {
  return one.map((value, hour) => {
    const second = other[hour] ?? null;
    return value === null ? second : value + (second ?? 0);
  });
}
