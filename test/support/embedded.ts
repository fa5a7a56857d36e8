/** One embedded PostgreSQL for a test file (it starts in half a second); each call of `database` gives a new one. */
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type Cluster, type ClusterOptions, startCluster } from '../../lib/demo/cluster.ts';

export interface Embedded {
  url(database?: string): string;
  readonly port: number;
  /** Creates a database with this name, runs the statements in it, and answers its URL. */
  database(name: string, ...statements: readonly string[]): Promise<string>;
  /** Runs statements one after the other in one session; answers the rows of the last one. */
  run(url: string, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  /** One that stays open, for locks and transactions; a server that crashes under it throws nothing. */
  session(url: string): Promise<pg.Client>;
  /** After a crash: waits until it takes connections again. */
  ready(url: string): Promise<void>;
}

export function useEmbedded(options: ClusterOptions = {}): Embedded {
  let cluster: Cluster | null = null;
  beforeAll(async () => {
    cluster = await startCluster(options);
  });
  afterAll(() => cluster?.stop());
  const running = () => {
    if (cluster === null) throw new Error('the cluster runs only inside of tests and hooks');
    return cluster;
  };
  return {
    url: (database) => running().url(database),
    get port() {
      return running().port;
    },
    run,
    session: async (url) => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    ready: async (url) => {
      for (;;) {
        const answered = await run(url, 'SELECT 1').then(
          () => true,
          () => false,
        );
        if (answered) return;
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    database: async (name, ...statements) => {
      await run(running().url(), `CREATE DATABASE ${pg.escapeIdentifier(name)}`);
      await run(running().url(name), ...statements);
      return running().url(name);
    },
  };
}

async function run(url: string, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows ?? [];
    return rows;
  } finally {
    await client.end();
  }
}
