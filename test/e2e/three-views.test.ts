/** One database seen in three ways: what two of them can see, both find. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advise } from '../../lib/advise/advise.ts';
import { collect, type Sources } from '../../lib/collect/collect.ts';
import { createPostgres } from '../../lib/collect/postgres/source.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';
import { findingKey, type Subject } from '../../lib/model/finding.ts';
import type { Outcome } from '../../lib/model/outcome.ts';
import { type Server, startExporter, startPostgres, startPrometheus } from './servers.ts';
import { buildShop, startLoad } from './support.ts';
import { needs } from './tools.ts';

const LOAD_SECONDS = 60;
const { missing, skip } = needs('postgres', 'prometheus', 'exporter');

/** What an exporter as it is set up here shows as well as the catalog: neither may become blind to it. */
const seenByBoth = [
  ...['top-time-statements', 'slow-and-frequent-statements', 'missing-indexes', 'many-indexes', 'dead-rows'],
  ...['stale-statistics', 'autovacuum-off', 'idle-in-transaction', 'connection-peaks', 'cache-misses'],
  ...['requested-checkpoints', 'deadlocks', 'rolled-back-transactions', 'archive-failures', 'io-timing-off'],
] as const;

type View = 'both' | 'prometheus' | 'catalog';

interface Seen {
  readonly state: Outcome['state'];
  readonly why: string;
  readonly keys: readonly string[];
}

describe.skipIf(skip)(`one database in three views${skip ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  const servers: Server[] = [];
  const seen = new Map<View, ReadonlyMap<string, Seen>>();
  const started = async (server: Promise<Server>): Promise<Server> => {
    servers.unshift(await server);
    return servers[0] as Server;
  };

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    const postgres = await started(startPostgres(['autovacuum_naptime=600']));
    await buildShop(postgres.url);
    // So that the catalog, which counts since a reset, covers the time that Prometheus has samples of.
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query('SELECT pg_stat_reset(), pg_stat_statements_reset()');
    await client.query('ANALYZE');
    await client.end();
    const prometheus = await started(startPrometheus([await started(startExporter(postgres.url))]));
    const start = new Date(Date.now() - 2_000).toISOString();
    const endLoad = startLoad(postgres.url);
    await sleep(LOAD_SECONDS * 1000);
    expect(await endLoad()).toBeGreaterThan(1000);
    await sleep(3_000); // the last scrape
    const window = { start, end: new Date().toISOString() };
    const metrics = () => ({ prometheus: createPrometheus({ url: prometheus.url }) });
    const catalog = () => ({ postgres: createPostgres({ url: postgres.url }) });
    const look = async (sources: Sources) => {
      const [one] = await collect({
        ...sources,
        window,
        previous: async () => null,
        takenAt: window.end,
        progress: () => {},
      });
      if (one === undefined || !('snapshot' in one)) throw new Error(JSON.stringify(one));
      return new Map((await advise(one.snapshot)).map((outcome) => [outcome.card.id, seenBy(outcome)]));
    };
    seen.set('both', await look({ ...metrics(), ...catalog() }));
    seen.set('prometheus', await look(metrics()));
    seen.set('catalog', await look(catalog()));
  });

  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  const views = (): readonly [string, Seen, Seen, Seen][] =>
    [...(seen.get('both') ?? [])].map(([id, both]) => {
      const [prometheus, catalog] = [seen.get('prometheus')?.get(id), seen.get('catalog')?.get(id)];
      if (prometheus === undefined || catalog === undefined) throw new Error(`${id} has no outcome in a view`);
      return [id, both, prometheus, catalog];
    });

  it('finds what was planted', () => {
    const keys = (view: View, id: string) => seen.get(view)?.get(id)?.keys ?? [];
    for (const view of ['both', 'catalog'] as const) {
      expect(keys(view, 'missing-indexes')).toEqual(['missing-indexes:postgres/public/orders/orders_reference_idx']);
      expect(keys(view, 'foreign-keys-without-index')).toHaveLength(1);
      expect(keys(view, 'duplicate-indexes')).toHaveLength(1);
    }
    expect(keys('prometheus', 'missing-indexes')).toEqual(['missing-indexes:postgres/public/orders']);
    expect(keys('prometheus', 'top-time-statements').length).toBeGreaterThan(0);
  });

  it('finds the same wherever it can look, and elsewhere says why it cannot', () => {
    for (const [id, ...all] of views()) {
      for (const { state, why } of all) {
        expect(state, id).not.toBe('failed');
        if (state === 'blind') expect(why, id).not.toBe('');
      }
      const looked = all
        .filter(({ state }) => state !== 'blind')
        .map(({ state, keys }) => ({ state, keys: inCommon(id, keys) }));
      for (const one of looked) expect(one, id).toEqual(looked[0]);
    }
  });

  it('is not blind to what an exporter shows, and the catalog to nothing that it shows', () => {
    const open = views().filter(([, , prometheus]) => prometheus.state !== 'blind');
    expect(open.map(([id]) => id)).toEqual(expect.arrayContaining([...seenByBoth]));
    expect(open.filter(([, , , catalog]) => catalog.state === 'blind').map(([id]) => id)).toEqual([]);
  });
});

/** By queryid, since only the catalog has the text that a statement is otherwise known by. */
function keyOf(advisor: string, { statement: _text, ...subject }: Subject): string {
  return findingKey(advisor, subject);
}

/** Which columns to index is told by texts and by the catalog only; without them the table is what is found. */
function inCommon(id: string, keys: readonly string[]): readonly string[] {
  return id === 'missing-indexes' ? keys.map((key) => key.split('/').slice(0, 3).join('/')) : keys;
}

function seenBy(outcome: Outcome): Seen {
  const findings = outcome.state === 'found' ? outcome.findings : [];
  return {
    state: outcome.state,
    why: 'why' in outcome ? outcome.why : '',
    keys: findings.map(({ subject }) => keyOf(outcome.card.id, subject)).sort(),
  };
}
