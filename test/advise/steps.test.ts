/** What the maintenance and system advisors print is run on a real server, then undone with the rollback beside it. */
import { describe, expect, it } from 'vitest';
import { advise } from '../../lib/advise/advise.ts';
import { roster } from '../../lib/advise/index.ts';
import type { KeyedFinding } from '../../lib/model/outcome.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { useEmbedded } from '../support/embedded.ts';
import { aDatabase, aServer, aSnapshot, aStatement, aTable } from '../support/rows.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const server = useEmbedded();

/** One snapshot in which every one of these advisors finds something that it has SQL for. */
const troubled: Snapshot = aSnapshot({
  server: aServer({
    idleInTransactionSeconds: 900,
    maxConnections: 100,
    connectionsPeak: 95,
    checkpointsRequested: 3000,
    checkpointsTimed: 10,
    walBytes: 3000 * GIB,
    settings: {
      ...aServer().settings,
      idle_in_transaction_session_timeout: { value: 0, unit: 'ms', source: 'default' },
      max_wal_size: { value: GIB, unit: 'bytes', source: 'configuration file' },
      shared_buffers: { value: 128 * MIB, unit: 'bytes', source: 'configuration file', pendingRestart: true },
    },
  }),
  databases: [aDatabase({ xidAge: 600_000_000, blocksHit: 900_000, blocksRead: 100_000 })],
  tables: [
    aTable({ liveRows: 500_000, deadRows: 400_000, schema: 'Sales', table: "o'Brien" }),
    aTable({ table: 'stale', modifiedSinceAnalyze: 900_000, lastAutoanalyzeAt: undefined }),
    aTable({ table: 'large', liveRows: 50_000_000, rowsUpdated: 9_000_000, storage: {} }),
    aTable({
      table: 'tuned',
      liveRows: 500_000,
      deadRows: 400_000,
      storage: { autovacuum_vacuum_scale_factor: '0.3', fillfactor: '90' },
    }),
  ],
  statements: [aStatement({ totalTimeMs: 30_000, blockReadTimeMs: 10_000, sharedBlocksRead: 90_000 })],
});

async function findings(): Promise<readonly KeyedFinding[]> {
  const ours = roster.filter(({ card }) => card.area === 'maintenance' || card.area === 'system');
  const outcomes = await advise(troubled, ours);
  expect(outcomes.filter((one) => one.state !== 'found').map((one) => one.card.id)).toEqual([]);
  return outcomes.flatMap((one) => (one.state === 'found' ? one.findings : []));
}

describe('steps on a server', () => {
  it('run as printed, one by one, and the rollback leaves what was there before', async () => {
    const url = await server.database(
      'steps',
      'CREATE SCHEMA "Sales"',
      `CREATE TABLE "Sales"."o'Brien" (id int)`,
      'CREATE TABLE stale (id int)',
      'CREATE TABLE large (id int)',
      'CREATE TABLE tuned (id int) WITH (autovacuum_vacuum_scale_factor = 0.3, fillfactor = 90)',
      "ALTER SYSTEM SET max_wal_size = '1GB'",
      "ALTER SYSTEM SET shared_buffers = '128MB'",
    );
    const state = async () => [
      await server.run(
        url,
        `SELECT relname, (SELECT array_agg(o ORDER BY o) FROM unnest(reloptions) o) AS options
         FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1`,
      ),
      await server.run(
        url,
        `SELECT name, pg_size_bytes(regexp_replace(setting, 'kB$', ' kB')) AS bytes FROM pg_file_settings
         WHERE name IN ('max_wal_size', 'shared_buffers') AND sourcefile LIKE '%auto.conf' ORDER BY 1`,
      ),
      await server.run(
        url,
        "SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' AND name LIKE 'idle%'",
      ),
    ];
    const before = await state();
    const all = await findings();
    const run = all.flatMap(({ steps }) => steps.flatMap((step) => (step.sql === undefined ? [] : [step.sql])));
    for (const sql of run) await server.run(url, sql);
    expect(await state()).not.toEqual(before);
    for (const { risk } of all) for (const sql of risk.rollback) await server.run(url, sql);
    expect(await state()).toEqual(before);
    expect(run.length).toBeGreaterThan(20);
  });
});
