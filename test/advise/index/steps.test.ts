/** What the query and index advisors print is run on a real server, helps there, and is undone with the rollback beside it. */
import { describe, expect, it } from 'vitest';
import { advise } from '../../../lib/advise/advise.ts';
import { roster } from '../../../lib/advise/index.ts';
import type { KeyedFinding } from '../../../lib/model/outcome.ts';
import type { Snapshot } from '../../../lib/model/snapshot.ts';
import { useEmbedded } from '../../support/embedded.ts';
import { aColumn, anIndex, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const server = useEmbedded();
const MIB = 1024 ** 2;
const table = { schema: 'Sales', table: "o'Brien orders" };
const name = `"Sales"."o'Brien orders"`;
const lookup = `SELECT * FROM ${name} WHERE "order" = $1`;
const unread = { ...table, scans: 0, scansSinceReset: 0, lastScanAt: undefined };

const troubled: Snapshot = aSnapshot({
  tables: [
    aTable({
      ...table,
      columns: [aColumn('id'), aColumn('order', { distinct: 50_000 }), aColumn('parent'), aColumn('note')],
      foreignKeys: [
        {
          name: 'fk',
          columns: ['parent'],
          referencedSchema: 'Sales',
          referencedTable: 'parents',
          referencedColumns: ['id'],
        },
      ],
      sequentialScans: 1_000,
      sequentialRowsRead: 1e9,
    }),
    aTable({ schema: 'Sales', table: 'parents', rowsDeleted: 1_000, columns: [aColumn('id')] }),
  ],
  indexes: [
    anIndex({
      ...table,
      index: 'Note Twice',
      columns: ['note'],
      definition: `CREATE INDEX "Note Twice" ON ${name} USING btree (note)`,
    }),
    anIndex({
      ...table,
      index: 'note_id',
      columns: ['note', 'id'],
      definition: `CREATE INDEX note_id ON ${name} USING btree (note, id)`,
    }),
    anIndex({
      ...unread,
      index: 'unread',
      columns: ['id'],
      sizeBytes: 50 * MIB,
      definition: `CREATE INDEX unread ON ${name} USING btree (id)`,
    }),
    anIndex({
      ...table,
      index: 'broken',
      columns: ['id', 'parent'],
      valid: false,
      definition: `CREATE INDEX broken ON ${name} USING btree (id, parent)`,
    }),
  ],
  statements: [
    aStatement({ text: lookup, calls: 20_000, totalTimeMs: 10_000_000, rows: 40_000_000, sharedBlocksHit: 1e9 }),
    aStatement({ queryid: '-2', statement: 'id:-2', text: undefined, totalTimeMs: 10_000_000 }),
  ],
});

/** Advice on the form of a statement is words; only these print SQL. */
const withSql = (area: string) =>
  roster.filter(
    ({ card }) => card.area === area && ![...WORDS_ONLY, ...EXPRESSIONS, ...BY_THEMSELVES].includes(card.id),
  );
const EXPRESSIONS = [
  'columns-inside-functions',
  'pattern-searches',
  'sorts-that-spill',
  'mostly-null-indexes',
  'unvalidated-constraints',
];
/** Run in test/advise/steps.test.ts. */
const BY_PLANS = ['wrong-row-estimates', 'filters-after-index', 'random-uuid-keys'];
/** Those, and what is run in consolidation.test.ts. */
const BY_THEMSELVES = ['bloated-indexes', 'overlapping-indexes', 'many-indexes', ...BY_PLANS];
const WORDS_ONLY = [
  'chatty-statements',
  'large-offsets',
  'random-order',
  'not-in-subqueries',
  'alternatives-across-columns',
  'distinct-over-joins',
  'correlated-columns',
  'star-over-wide-rows',
  'repeated-counts',
  'long-value-lists',
  'unfiltered-writes',
  'wal-heavy-statements',
  'planning-time',
  'jit-overhead',
  'foreign-key-types',
  'nested-loops-over-tables',
];

async function findings(
  snapshot: Snapshot = troubled,
  ours = [...withSql('query'), ...withSql('index')],
): Promise<readonly KeyedFinding[]> {
  const outcomes = await advise(snapshot, ours);
  const found = outcomes.filter((outcome) => outcome.state === 'found');
  expect(outcomes.filter((outcome) => outcome.state !== 'found').map(({ card }) => card.id)).toEqual([]);
  return found.flatMap((outcome) => outcome.findings);
}

const people = aTable({
  table: 'people',
  checks: [{ name: 'late', kind: 'check', columns: ['seen'], validated: false }],
  columns: [
    aColumn('id'),
    aColumn('Email', { type: 'character varying(80)', averageBytes: 24 }),
    aColumn('name', { type: 'text', averageBytes: 32 }),
    aColumn('seen', { type: 'timestamp without time zone' }),
    aColumn('gone', { type: 'date', notNull: false, nullShare: 0.95 }),
  ],
});
const byEmail = 'SELECT id FROM people WHERE lower("Email") = $1';
const byName = 'SELECT id FROM people WHERE name ILIKE $1';
const through = { calls: 1_000, totalTimeMs: 2_000_000, rows: 1_000, sharedBlocksHit: 25_600_000, sharedBlocksRead: 0 };
const searching: Snapshot = aSnapshot({
  tables: [people],
  indexes: [
    anIndex({
      table: 'people',
      index: 'people_gone_idx',
      columns: ['gone'],
      sizeBytes: 90 * MIB,
      definition: 'CREATE INDEX people_gone_idx ON public.people USING btree (gone)',
    }),
  ],
  statements: [
    aStatement({ ...through, queryid: '1', text: byEmail }),
    aStatement({ ...through, queryid: '2', text: byName }),
    aStatement({ ...through, queryid: '4', text: 'SELECT id FROM people WHERE seen::date = $1' }),
    aStatement({ ...through, queryid: '3', text: 'SELECT * FROM people ORDER BY name', tempBlocksWritten: 2_000_000 }),
  ],
});

describe('query and index steps on a server', () => {
  it('run as printed, make the planner use the new index, and the rollback leaves the indexes there were', async () => {
    const url = await server.database(
      'shop',
      'CREATE EXTENSION pg_stat_statements',
      'CREATE SCHEMA "Sales"',
      'CREATE TABLE "Sales".parents (id bigint PRIMARY KEY)',
      `CREATE TABLE ${name} (id bigint, "order" bigint, parent bigint REFERENCES "Sales".parents, note bigint)`,
      `INSERT INTO ${name} SELECT n, n % 5000, NULL, n FROM generate_series(1, 50000) n`,
      `CREATE INDEX "Note Twice" ON ${name} (note)`,
      `CREATE INDEX note_id ON ${name} (note, id)`,
      `CREATE INDEX unread ON ${name} (id)`,
      `CREATE INDEX broken ON ${name} (id, parent)`,
      'UPDATE pg_index SET indisvalid = false WHERE indexrelid = \'"Sales".broken\'::regclass',
      `ANALYZE ${name}`,
    );
    const indexes = () =>
      server.run(
        url,
        `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition, indisvalid
         FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
         WHERE relnamespace = '"Sales"'::regnamespace ORDER BY 1`,
      );
    const plan = async (): Promise<string> => JSON.stringify(await server.run(url, `EXPLAIN (GENERIC_PLAN) ${lookup}`));
    const before = await indexes();
    expect(await plan()).toContain('Seq Scan');
    const all = await findings();
    const run = all.flatMap(({ steps }) => steps.flatMap((step) => (step.sql === undefined ? [] : [step.sql])));
    for (const sql of run) await server.run(url, sql);
    expect(await plan()).toContain('_order_idx');
    const names = (await indexes()).map((index) => index.name);
    expect(names).not.toContain('"Sales".unread');
    expect(names).not.toContain('"Sales"."Note Twice"');
    for (const { risk } of all) for (const sql of risk.rollback) await server.run(url, sql);
    const repaired = before.map((index) => ({ ...index, indisvalid: true }));
    expect(await indexes()).toEqual(repaired);
    expect(run.length).toBeGreaterThan(15);
  });

  it('give expressions, patterns and few values indexes of their own', async () => {
    const url = await server.database(
      'people',
      'CREATE TABLE people (id bigint, "Email" varchar(80), name text, seen timestamp, gone date)',
      "INSERT INTO people SELECT n, 'U' || n || '@example.com', md5(n::text), now() FROM generate_series(1, 50000) n",
      'CREATE INDEX people_gone_idx ON people (gone)',
      "ALTER TABLE people ADD CONSTRAINT late CHECK (seen > '2000-01-01') NOT VALID",
      'ANALYZE people',
    );
    const plans = async (): Promise<string> => {
      const email = await server.run(url, `EXPLAIN ${byEmail.replace('$1', "'u77@example.com'")}`);
      const pattern = await server.run(url, `EXPLAIN ${byName.replace('$1', "'%abcdef%'")}`);
      return JSON.stringify([email, pattern]);
    };
    expect(await plans()).not.toContain('Index Scan');
    const all = await findings(
      searching,
      roster.filter(({ card }) => EXPRESSIONS.includes(card.id)),
    );
    const run = all.flatMap(({ steps }) => steps.flatMap((step) => (step.sql === undefined ? [] : [step.sql])));
    for (const sql of run) await server.run(url, sql);
    expect(await plans()).toMatch(/people_lower_Email_idx.*people_name_trgm_idx/);
    const printed = await server.run(
      url,
      `SELECT pg_get_indexdef(indexrelid, 1, true) AS key FROM pg_index
      WHERE indrelid = 'people'::regclass AND indpred IS NULL ORDER BY 1`,
    );
    const promised = all.flatMap(({ done }) => (done.kind === 'index-created' ? done.columns : []));
    expect(printed.map(({ key }) => key)).toEqual([...promised].sort());
    for (const { risk } of all) for (const sql of risk.rollback) await server.run(url, sql);
    const left = "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = 'people'::regclass";
    expect(await server.run(url, left)).toEqual([{ name: 'people_gone_idx' }]);
  });
});
