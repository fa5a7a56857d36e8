/** Builds the sample web shop of shop.sql, then forgets how: the statistics begin on opening day. */
import { readFile } from 'node:fs/promises';
import type { Client } from 'pg';

/** Server settings of a shop nobody tunes; each one is a planted problem or what the demo needs to be quick. */
export const shopSettings: Readonly<Record<string, string>> = {
  // Planted: a connection limit the pools nearly fill, and memory and WAL limits the shop has outgrown.
  max_connections: '15',
  shared_buffers: '32MB',
  max_wal_size: '32MB',
  min_wal_size: '32MB',
  checkpoint_completion_target: '0.1',
  // Planted: autovacuum on, but hardly ever coming.
  autovacuum_naptime: '1h',
  // As on a real server: after each checkpoint a page's first change writes the whole page to WAL.
  full_page_writes: 'on',
  // A load that writes no WAL is twice as fast.
  wal_level: 'minimal',
  max_wal_senders: '0',
  maintenance_work_mem: '64MB',
  // Two slow cores are busy with the shop's own sessions.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
};

export interface ShopOptions {
  /** Rows relative to the full shop (600,000 page views). */
  readonly scale?: number;
  readonly say?: (what: string) => void;
}

/** The whole shop in an empty database. The client must be a superuser: it resets the server's statistics. */
export async function buildShop(client: Client, { scale = 1, say = () => {} }: ShopOptions = {}): Promise<void> {
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  // Building is not the shop's workload: it must not fill the list of statements.
  await client.query(`SET pg_stat_statements.track = 'none'`);
  await client.query(`SET client_min_messages = warning`);
  await client.query(`SELECT set_config('shop.scale', $1, false)`, [String(scale)]);
  for (const section of await sections()) {
    say(section.title);
    await client.query(section.sql);
  }
  say('Statistics');
  await openStatistics(client);
}

interface Section {
  readonly title: string;
  /** Several statements; sent as one simple query they are one transaction. */
  readonly sql: string;
}

async function sections(): Promise<readonly Section[]> {
  const text = await readFile(new URL('shop.sql', import.meta.url), 'utf8');
  return text
    .split(/^--- /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      return { title, sql: lines.join('\n') };
    });
}

/**
 * Everything counted so far was the builder's. A reset also forgets how many rows a table has; VACUUM counts them again,
 * and unlike ANALYZE it leaves the planner's statistics as old as the shop. Frozen
 * before, no page is left for it to write.
 */
async function openStatistics(client: Client): Promise<void> {
  await client.query('VACUUM (FREEZE, ANALYZE)');
  await client.query('CHECKPOINT');
  await client.query(`SELECT pg_stat_reset(), pg_stat_reset_shared(), pg_stat_statements_reset()`);
  await client.query('VACUUM');
}
