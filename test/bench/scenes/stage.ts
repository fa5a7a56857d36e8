/** Builds a scene on a server of its own and lets its weeks pass; each look is the product's. */
import pg from 'pg';
import { type Cluster, startCluster } from '../../../lib/demo/cluster.ts';
import { seeded, shuffled } from '../../../lib/demo/random.ts';
import type { Op, Scene } from './scene.ts';

export interface Stage {
  readonly url: string;
  /** Superuser; its own statements are not counted. */
  readonly admin: pg.Client;
  /** The same calls in the same order each week; only the values differ. */
  week(week: number): Promise<void>;
  close(): Promise<void>;
}

/** No background work but what a scene asks for, so that a look finds what the load left. */
const quiet = {
  autovacuum_naptime: '1h',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  'pg_stat_statements.track_planning': 'off',
};

export async function setStage(scene: Scene): Promise<Stage> {
  const cluster = await startCluster({ settings: { ...quiet, ...scene.settings } });
  try {
    const root = await connect(cluster.url(), 'admin');
    await root.query(`CREATE DATABASE ${pg.escapeIdentifier(scene.name)}`);
    await root.end();
    return await staged(scene, cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function staged(scene: Scene, cluster: Cluster): Promise<Stage> {
  const url = cluster.url(scene.name);
  const admin = await connect(url, 'admin');
  await admin.query('CREATE EXTENSION pg_stat_statements');
  await admin.query("SET pg_stat_statements.track = 'none'; SET client_min_messages = warning");
  for (const sql of scene.build) await run(admin, sql);
  for (const sql of scene.analyze ?? ['VACUUM (FREEZE, ANALYZE)']) await admin.query(sql);
  // What the build counted must not arrive after the reset.
  await admin.query('SELECT pg_stat_force_next_flush()');
  await admin.query('CHECKPOINT');
  await admin.query('SELECT pg_stat_reset(), pg_stat_reset_shared(), pg_stat_statements_reset()');
  // A reset forgets how many rows a table has; VACUUM counts them again.
  await admin.query('VACUUM');
  for (const sql of scene.opening ?? []) await run(admin, sql);
  await admin.query('SELECT pg_stat_force_next_flush()');
  return {
    url,
    admin,
    week: async (week) => {
      // A session of its own, so that what was set for a role or database holds.
      const session = await connect(url, scene.name);
      for (const { op, nth } of plan(scene.ops, week)) await call(session, op, nth, week);
      await session.query('SELECT pg_stat_force_next_flush()');
      await session.end();
    },
    close: async () => {
      await admin.end();
      await cluster.stop();
    },
  };
}

/** A unique build that fails on duplicates leaves its index behind, as in life. */
async function run(client: pg.Client, sql: string): Promise<void> {
  await client.query(sql).catch((error: unknown) => {
    const wanted = sql.startsWith('CREATE UNIQUE INDEX CONCURRENTLY');
    if (!wanted || !(error instanceof pg.DatabaseError) || error.code !== '23505') throw error;
  });
}

function plan(ops: readonly Op[], week: number): readonly { readonly op: Op; readonly nth: number }[] {
  const calls = ops.flatMap((op) => Array.from({ length: op.calls }, (_, nth) => ({ op, nth })));
  return shuffled(calls, seeded(week * 1_000_003));
}

async function call(session: pg.Client, op: Op, nth: number, week: number): Promise<void> {
  const random = seeded(week * 1_000_003 + nth * 31 + op.name.length * 10_007);
  const values = [...(op.values?.({ random, nth, week }) ?? [])];
  await session.query(op.sql, values).catch((error: unknown) => {
    if (!(error instanceof pg.DatabaseError) || error.code !== op.fails) throw error;
  });
}

export async function connect(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: name });
  client.on('error', () => {}); // the query under way reports it
  await client.connect();
  return client;
}
