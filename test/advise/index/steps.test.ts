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

async function findings(): Promise<readonly KeyedFinding[]> {
  const ours = roster.filter(({ card }) => card.area === 'query' || card.area === 'index');
  const outcomes = await advise(troubled, ours);
  const found = outcomes.filter((outcome) => outcome.state === 'found');
  expect(outcomes.filter((outcome) => outcome.state !== 'found').map(({ card }) => card.id)).toEqual([
    'chatty-statements',
  ]);
  return found.flatMap((outcome) => outcome.findings);
}

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
});
