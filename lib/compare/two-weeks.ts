/** Any two kept weeks beside each other: the same numbers and the same attribution as from run to run. */
import type { Comparison, StatementThen } from '../model/comparison.ts';
import type { History } from '../model/history.ts';
import { isStanding } from '../model/regression.ts';
import { attribute, causesOf } from './attribution.ts';
import { baselineNumbers } from './baseline.ts';
import { comparable, controlOf, pairsOf } from './control.ts';
import { counterpart, type Load, loadsOf } from './loads.ts';
import { incomparable } from './regressions.ts';
import { type Week, weekThen } from './week.ts';

const STATEMENTS = 30;
const TABLES = 10;
/** Sizes that moved less are the same. */
const GROWN = 0.05;

export function compareWeeks(from: History, to: History): Comparison {
  const [then, now] = [weekThen(from), weekThen(to)];
  const why = incomparable(now, from);
  const statements = why === null ? movedStatements(then, now) : [];
  const control =
    why === null
      ? controlOf(
          pairsOf(loadsOf(then), loadsOf(now))
            .filter(comparable)
            .map(({ log }) => log),
        )
      : null;
  return {
    version: 1,
    target: to.target,
    from: from.window,
    to: to.window,
    numbers: baselineNumbers(now, then, null),
    drift: control === null ? null : { change: Math.exp(control.log) - 1, statements: control.statements },
    statements: statements.slice(0, STATEMENTS),
    statementsMore: Math.max(0, statements.length - STATEMENTS),
    findings: findingsOf(from, to),
    regressions: { from: titles(from), to: titles(to) },
    settings: settingsOf(then, now),
    indexes: indexesOf(then, now),
    tables: tablesOf(then, now),
    notes: why === null ? [] : [why],
  };
}

function movedStatements(then: Week, now: Week): Comparison['statements'] {
  const [old, today] = [loadsOf(then), loadsOf(now)];
  const both = [...today.byKey.values()].map((load) => ({ load, was: counterpart(load, old) }));
  const seen = new Set(both.flatMap(({ was }) => was?.key ?? []));
  const gone = [...old.byKey.values()].filter(({ key }) => !seen.has(key)).map((was) => ({ load: undefined, was }));
  return [...both, ...gone]
    .map(({ load, was }) => moved(was, load))
    .sort((a, b) => Math.abs(b.changeMsPerWeek) - Math.abs(a.changeMsPerWeek) || (a.statement < b.statement ? -1 : 1));
}

function moved(was: Load | undefined, load: Load | undefined): Comparison['statements'][number] {
  const { database = '', statement = '', queryids = [] } = load ?? was ?? {};
  const [before, now] = [was, load].map((one) => (one === undefined ? null : thenOf(one)));
  const changeMsPerWeek = (now?.msPerWeek ?? 0) - (before?.msPerWeek ?? 0);
  return {
    ...{ database, statement, queryid: queryids[0] ?? '' },
    ...{ before: before ?? null, now: now ?? null, changeMsPerWeek },
    cause: causeOf(was, load, changeMsPerWeek),
  };
}

function thenOf({ totalTimeMs, calls, weeks, meanMs }: Load): StatementThen {
  return { msPerWeek: totalTimeMs / weeks, callsPerWeek: calls / weeks, meanMs };
}

/** What got cheaper is explained by the same split, read backwards. */
function causeOf(
  was: Load | undefined,
  load: Load | undefined,
  change: number,
): Comparison['statements'][number]['cause'] {
  if (was === undefined) return [{ kind: 'new-statement', share: 1, text: 'not seen in the earlier week' }];
  if (load === undefined) return [{ kind: 'unknown', share: 1, text: 'not seen in the later week' }];
  if (change > 0) return causesOf(attribute(was, load, null));
  if (change === 0) return [];
  return causesOf(attribute(load, was, null)).map((cause) => ({ ...cause, text: `in the earlier week ${cause.text}` }));
}

function findingsOf(from: History, to: History): Comparison['findings'] {
  const open = ({ findings, window }: History) =>
    findings.filter(({ state, lastSeen }) => state === 'open' && lastSeen === window.end);
  const [then, now] = [open(from), open(to)];
  const without = (all: typeof now, others: typeof now) =>
    all.filter(({ key }) => !others.some((other) => other.key === key)).map(({ key, title }) => ({ key, title }));
  const opened = without(now, then);
  return { opened, closed: without(then, now), both: now.length - opened.length };
}

function titles({ regressions }: History): readonly string[] {
  return regressions.filter(isStanding).map(({ title }) => title);
}

/** Of those that both weeks could read. */
function settingsOf({ settings: then }: Week, { settings: now }: Week): Comparison['settings'] {
  return Object.entries(now)
    .flatMap(([name, value]) => {
      const before = then[name];
      return before === undefined || before === value ? [] : [{ name, before: String(before), now: String(value) }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Only in tables that both weeks saw, and where both saw indexes at all. */
function indexesOf(then: Week, now: Week): Comparison['indexes'] {
  const table = (row: { database: string; schema: string; table: string }) =>
    JSON.stringify([row.database, row.schema, row.table]);
  const missing = (some: Week, others: Week): readonly string[] => {
    const tables = new Set(others.tables.map(table));
    const names = new Set(others.indexes.map((row) => JSON.stringify([row.database, row.schema, row.index])));
    if (others.indexes.length === 0) return [];
    return some.indexes
      .filter((row) => tables.has(table(row)) && !names.has(JSON.stringify([row.database, row.schema, row.index])))
      .map(({ database, schema, index }) => `${database}: ${schema}.${index}`)
      .sort();
  };
  return { created: missing(now, then), dropped: missing(then, now) };
}

function tablesOf(then: Week, now: Week): Comparison['tables'] {
  const sizes = ({ tables }: Week) =>
    new Map(
      tables.flatMap(({ database, schema, table, measures: { heapBytes } }) =>
        heapBytes === undefined ? [] : [[`${database}: ${schema}.${table}`, heapBytes] as const],
      ),
    );
  const old = sizes(then);
  return [...sizes(now)]
    .flatMap(([name, size]) => {
      const before = old.get(name);
      return before === undefined || Math.abs(size - before) < GROWN * before ? [] : [{ name, before, now: size }];
    })
    .sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before) || (a.name < b.name ? -1 : 1))
    .slice(0, TABLES);
}
