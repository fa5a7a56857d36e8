import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CollectInput, collect } from '../../lib/collect/collect.ts';
import { createPostgres } from '../../lib/collect/postgres/source.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';
import type { CounterReading, Snapshot } from '../../lib/model/snapshot.ts';
import { parseSnapshot } from '../../lib/model/snapshot-file.ts';
import { useEmbedded } from '../support/embedded.ts';
import { type FakePrometheus, type FakeSeries, startFakePrometheus } from '../support/fake-prometheus.ts';

const server = useEmbedded();
const running: FakePrometheus[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

beforeAll(async () => {
  await server.database('shop', 'CREATE EXTENSION pg_stat_statements', 'CREATE TABLE orders (id int PRIMARY KEY)');
});

const end = 1_800_000_000;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const window = { start: iso(end - 600), end: iso(end) };

function line(name: string, labels: Readonly<Record<string, string>>, from: number, to = from): FakeSeries {
  const points = Array.from(
    { length: 41 },
    (_, step) => [end - 600 + step * 15, from + ((to - from) * step) / 40] as const,
  );
  return { labels: { __name__: name, ...labels }, points };
}

function exporter(instance: string, databases: readonly string[]): readonly FakeSeries[] {
  return [
    line('pg_settings_max_connections', { instance }, 100),
    ...databases.flatMap((datname) => [
      line('pg_stat_database_numbackends', { instance, datname }, 10, 50),
      line('pg_stat_database_xact_commit', { instance, datname }, 1_000, 2_000),
      line('pg_stat_user_tables_seq_scan', { instance, datname, schemaname: 'public', relname: 'orders' }, 10, 30),
    ]),
  ];
}

async function prometheus(...series: readonly FakeSeries[]) {
  const fake = await startFakePrometheus({ series });
  running.push(fake);
  return createPrometheus({ url: fake.url, retryMs: 1 });
}

const nowhere = () => createPrometheus({ url: 'http://127.0.0.1:9', retryMs: 1, timeoutMs: 500 });
const catalog = () => createPostgres({ url: server.url('shop') });
const broken = () => createPostgres({ url: server.url('shop').replace(/:[^:@/]+@/, ':canary@') });

const run = (input: Partial<CollectInput>) =>
  collect({ window, previous: async () => null, takenAt: window.end, progress: () => {}, ...input });

async function only(input: Partial<CollectInput>): Promise<Snapshot> {
  const [first, ...more] = await run(input);
  expect(more).toEqual([]);
  if (first === undefined || !('snapshot' in first)) throw new Error(`no snapshot: ${JSON.stringify(first)}`);
  expect(first.snapshot.target).toBe(first.target);
  return first.snapshot;
}

const orders = (snapshot: Snapshot) => snapshot.tables.filter((row) => row.table === 'orders');

describe('PostgreSQL alone', () => {
  it('is named by host and port, and gives plain JSON', async () => {
    const snapshot = await only({ postgres: catalog() });
    expect(snapshot.target).toBe(`127.0.0.1-${server.port}`);
    expect(snapshot.quality.sources).toEqual(['postgres']);
    expect(orders(snapshot)[0]?.columns).toEqual([{ name: 'id', type: 'integer', notNull: true, alignment: 4 }]);
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot).not.toHaveProperty('identities');
  });

  it('asks for the last reading by the name it will have, and subtracts it', async () => {
    const asked: string[] = [];
    const first = await only({ postgres: catalog(), target: 'my shop', takenAt: window.start });
    const previous = async (target: string): Promise<CounterReading | null> => {
      asked.push(target);
      return first.counters ?? null;
    };
    const second = await only({ postgres: catalog(), target: 'my shop', previous });
    expect(asked).toEqual([first.target]);
    expect(second.spans.table).toEqual({ ...window, source: 'postgres', basis: 'previous-run' });
    expect(orders(second)[0]?.sequentialScans).toBe(0);
  });

  it('fails its target when it cannot be read', async () => {
    const [failed] = await run({ postgres: broken() });
    expect(failed).toEqual({
      target: `127.0.0.1-${server.port}`,
      failure: expect.stringContaining('refused the password of role postgres'),
    });
    expect(JSON.stringify(failed)).not.toContain('canary');
  });
});

describe('Prometheus alone', () => {
  it('gives a snapshot for each server', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']), ...exporter('db2:9187', ['blog']));
    const collected = await run({ prometheus: source });
    expect(collected.map(({ target }) => target)).toEqual(['db1-9187', 'db2-9187']);
    const [first] = collected;
    if (first === undefined || !('snapshot' in first)) throw new Error('no snapshot');
    expect(first.snapshot.spans.table).toEqual({ ...window, source: 'prometheus', basis: 'window' });
    expect(first.snapshot.spans.statement).toBeUndefined();
    expect(orders(first.snapshot)[0]?.sequentialScans).toBe(19.5);
    expect(JSON.parse(JSON.stringify(first.snapshot))).toEqual(first.snapshot);
  });

  it('takes the one that was asked for, or says which there are', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']), ...exporter('db2:9187', ['blog']));
    expect((await only({ prometheus: source, target: 'db2:9187' })).databases[0]?.database).toBe('blog');
    expect(await run({ prometheus: source, target: 'db3' })).toEqual([
      {
        target: 'db3',
        failure: 'Prometheus knows no target of this name; it has db1:9187, db2:9187. Give one of these with --target.',
      },
    ]);
  });

  it('gives the only one the name that was asked for', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']));
    expect((await only({ prometheus: source, target: 'shop' })).target).toBe('shop');
  });

  it('fails when it cannot be reached', async () => {
    expect(await run({ prometheus: nowhere() })).toEqual([
      { target: '127.0.0.1-9', failure: expect.stringContaining('127.0.0.1:9') },
    ]);
  });
});

describe('both', () => {
  it('are one snapshot when Prometheus knows one server', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']));
    const snapshot = await only({ prometheus: source, postgres: catalog() });
    expect(snapshot.target).toBe('db1-9187');
    expect(snapshot.quality.sources).toEqual(['prometheus', 'postgres']);
    expect(orders(snapshot)).toEqual([
      expect.objectContaining({ columns: expect.any(Array), persistence: 'permanent' }),
    ]);
    expect(orders(snapshot)[0]?.sequentialScans).toBe(19.5);
    expect(snapshot.spans.index).toMatchObject({ source: 'postgres', basis: 'statistics-reset' });
    expect(new Set(snapshot.sources.map((each) => each.language))).toEqual(new Set(['sql', 'promql']));
  });

  it('find each other among several by host and port, or by their databases', async () => {
    const named = await prometheus(
      ...exporter(`127.0.0.1:${server.port}`, ['shop']),
      ...exporter('db2:9187', ['shop', 'postgres']),
    );
    const byName = await run({ prometheus: named, postgres: catalog() });
    expect(byName.map((one) => ('snapshot' in one ? one.snapshot.quality.sources.length : 0))).toEqual([2, 1]);
    const unnamed = await prometheus(
      ...exporter('db1:9187', ['blog']),
      ...exporter('db2:9187', ['shop', 'postgres', 'template1']),
    );
    const bySet = await run({ prometheus: unnamed, postgres: catalog() });
    expect(bySet.map((one) => ('snapshot' in one ? one.snapshot.quality.sources.length : 0))).toEqual([1, 2]);
  });

  it('stay apart when nothing tells that they are the same, and say how to join', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']), ...exporter('db2:9187', ['shop']));
    const collected = await run({ prometheus: source, postgres: catalog() });
    expect(collected.map(({ target }) => target)).toEqual(['db1-9187', 'db2-9187', `127.0.0.1-${server.port}`]);
    const last = collected[2];
    expect(last !== undefined && 'snapshot' in last && last.snapshot.quality.notes).toContainEqual(
      expect.stringMatching(/^None of Prometheus's targets \(db1:9187, db2:9187\) .* name one with --target\.$/),
    );
    const chosen = await only({ prometheus: source, postgres: catalog(), target: 'db2:9187' });
    expect(chosen.quality.sources).toEqual(['prometheus', 'postgres']);
  });

  it('go on with one when the other cannot be reached', async () => {
    const withoutMetrics = await only({ prometheus: nowhere(), postgres: catalog() });
    expect(withoutMetrics.gaps[0]).toMatchObject({ source: 'prometheus', absence: 'unreachable' });
    expect(withoutMetrics.quality.sources).toEqual(['postgres']);
    const source = await prometheus(...exporter('db1:9187', ['shop']));
    const withoutCatalog = await only({ prometheus: source, postgres: broken() });
    expect(withoutCatalog.gaps.filter((gap) => gap.source === 'postgres').map((gap) => gap.kind)).toEqual([
      'table',
      'index',
      'statement',
    ]);
    expect(withoutCatalog.quality.sources).toEqual(['prometheus']);
    const [failed] = await run({ prometheus: nowhere(), postgres: broken(), target: 'shop' });
    expect(failed).toEqual({ target: 'shop', failure: expect.stringMatching(/password of role.*127\.0\.0\.1:9/s) });
  });
});

describe('one name for one server', () => {
  const known = () => new Map([[`127.0.0.1:${server.port}`, 'orders']]);
  const rules = { rename: { 'db1:9187': 'orders' } };

  it('is told with the snapshot, to be remembered', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']));
    const [joined] = await run({ prometheus: source, postgres: catalog(), rules });
    expect(joined).toMatchObject({ target: 'orders', postgres: `127.0.0.1:${server.port}` });
    expect(joined !== undefined && 'snapshot' in joined && joined.snapshot.formerNames).toEqual(['db1-9187']);
  });

  it('stays while Prometheus is down', async () => {
    const snapshot = await only({ prometheus: nowhere(), postgres: catalog(), known: known() });
    expect(snapshot.target).toBe('orders');
    expect((await only({ prometheus: nowhere(), postgres: catalog() })).target).toBe(`127.0.0.1-${server.port}`);
  });

  it('stays while PostgreSQL is down, among several targets', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']), ...exporter('db2:9187', ['blog']));
    const collected = await run({ prometheus: source, postgres: broken(), known: known(), rules });
    expect(collected.map((one) => [one.target, 'snapshot' in one])).toEqual([
      ['db2-9187', true],
      ['orders', true],
    ]);
  });

  it('can be given to PostgreSQL alone, and its history is that of host and port', async () => {
    const rename = { [`127.0.0.1:${server.port}`]: 'orders' };
    const asked: (readonly string[])[] = [];
    const previous = async (target: string, formerNames: readonly string[]) => {
      asked.push([target, ...formerNames]);
      return null;
    };
    expect((await only({ postgres: catalog(), rules: { rename }, previous })).target).toBe('orders');
    expect(asked).toEqual([['orders', `127.0.0.1-${server.port}`]]);
  });
});

describe('rules of the configuration', () => {
  it('leave out servers, and say when nothing is left', async () => {
    const source = await prometheus(...exporter('db1:9187', ['shop']), ...exporter('db2:9187', ['blog']));
    expect((await only({ prometheus: source, rules: { exclude: ['db2:*'] } })).target).toBe('db1-9187');
    expect(await run({ prometheus: source, rules: { include: ['db3*'] } })).toEqual([
      {
        target: expect.any(String),
        failure: 'targetRules leave nothing to hunt: Prometheus knows db1:9187, db2:9187.',
      },
    ]);
  });

  it('make one cluster of several servers, in plain JSON that can be replayed', async () => {
    const role = (instance: string, standby: number) => line('pg_replication_is_replica', { instance }, standby);
    const source = await prometheus(
      ...exporter('db1:9187', ['shop']),
      ...exporter('db2:9187', ['shop']),
      ...[role('db1:9187', 0), role('db2:9187', 1)],
    );
    const snapshot = await only({ prometheus: source, rules: { groups: { shop: ['db1:*', 'db2:*'] } } });
    expect([snapshot.target, snapshot.formerNames]).toEqual(['shop', ['db1-9187']]);
    expect(snapshot.nodes?.map(({ name }) => name)).toEqual(['db1:9187', 'db2:9187']);
    const text = JSON.stringify(snapshot);
    expect(parseSnapshot(text)).toEqual(JSON.parse(text));
    expect(Object.keys(snapshot)).not.toContain('aliases');
  });
});
