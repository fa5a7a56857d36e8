/** A server whose names an attacker chose, against its harmless twin: the same findings, the same DDL but for the names. */
import fc from 'fast-check';
import { loadModule, parseSync } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../lib/model/report.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { huntRich, rich } from '../support/rich.ts';
import { hostileName, runs } from './hostile-text.ts';

/** Every name in the snapshot that the server's users chose. */
const TAME = [
  ...new Set([
    ...rich.databases.map(({ database }) => database),
    ...rich.tables.flatMap(({ table, columns = [] }) => [table, ...columns.map(({ name }) => name)]),
    ...rich.indexes.map(({ index }) => index),
  ]),
].filter((name) => name !== 'public');

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** The same server under other names: bare where a name stands alone, quoted inside of SQL. */
function renamed(names: ReadonlyMap<string, string>): Snapshot {
  const words = new RegExp(`\\b(?:${TAME.toSorted((a, b) => b.length - a.length).join('|')})\\b`, 'g');
  const inSql = (text: string) => text.replace(words, (name) => quoted(names.get(name) ?? name));
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === 'string')
      return (
        names.get(value) ??
        (key === 'partitionOf'
          ? `public.${names.get(value.slice(7)) ?? ''}`
          : /text|definition|predicate|expression/.test(key)
            ? inSql(value)
            : value)
      );
    if (Array.isArray(value)) return value.map((one) => visit(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, name === 'settings' ? inner : visit(inner, name)]),
    );
  };
  return visit(rich, '') as Snapshot; // only names differ
}

const sqlOf = (report: Report): readonly string[] =>
  report.targets.flatMap(({ opportunities }) =>
    opportunities.flatMap(({ steps, risk }) => [...steps.flatMap(({ sql }) => sql ?? []), ...risk.rollback]),
  );

const RELATION = /^(?:"((?:[^"]|"")*)"|([a-z_]\w*))\.(?:"((?:[^"]|"")*)"|([a-z_]\w*))$/s;

/** Parse trees without places, hostile names as their twins, names of new indexes as one. Fails on several statements. */
function shapes(report: Report, tame: ReadonlyMap<string, string>): readonly string[] {
  const trees = sqlOf(report).map((sql) => {
    const { stmts = [] } = parseSync(sql);
    expect(stmts, sql).toHaveLength(1);
    return stmts[0]?.stmt ?? {};
  });
  const made = new Set(
    trees.flatMap((tree) => ('IndexStmt' in tree ? [(tree.IndexStmt as { readonly idxname?: string }).idxname] : [])),
  );
  const named = (name: string) => tame.get(name) ?? (made.has(name) ? 'made' : name);
  const shown = (key: string, value: unknown): unknown => {
    if (key === 'location') return undefined;
    if (typeof value !== 'string') return value;
    if (tame.has(value) || made.has(value)) return named(value);
    // The leftovers of a rebuild are found by the beginning of their names.
    if (/^\^[\p{L}\p{N}_ .]*\.\*_cc\(new\|old\)\[0-9\]\*\$$/u.test(value)) return 'leftovers';
    const [, quotedSchema, schema, quotedName, name] = RELATION.exec(value) ?? [];
    if (quotedName === undefined && name === undefined) return named(value);
    return [quotedSchema ?? schema ?? '', quotedName ?? name ?? '']
      .map((part) => named(part.replaceAll('""', '"')))
      .join('.');
  };
  return trees.map((tree) => JSON.stringify(tree, shown));
}

describe('names that an attacker chose', () => {
  let twin: readonly string[] = [];
  const same = new Map(TAME.map((name) => [name, name]));
  /** Words of our own statements: under such a name nobody could tell theirs from ours. */
  const isOurs = (name: string) => twin.some((tree) => tree.includes(`"${name}"`));
  beforeAll(async () => {
    await loadModule();
    twin = shapes((await huntRich()).report, same);
  });

  it('change nothing in the DDL but the names', async () => {
    expect(twin.length).toBeGreaterThan(20);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          hostileName.filter((name) => !isOurs(name)),
          { minLength: TAME.length, maxLength: TAME.length },
        ),
        async (names) => {
          const to = new Map(TAME.map((name, at) => [name, names[at] ?? name]));
          const { report, outcomes } = await huntRich(renamed(to));
          expect(outcomes.filter(({ state }) => state === 'failed')).toEqual([]);
          const back = new Map([...to].map(([name, hostile]) => [hostile, name]));
          const now = shapes(report, back);
          expect(now.filter((one) => !twin.includes(one))).toEqual([]);
          expect(twin.filter((one) => !now.includes(one))).toEqual([]);
        },
      ),
      { ...runs(10), endOnFailure: true },
    );
  });
});
