/** Who is who in the metrics, so that nothing is counted twice and nothing of one server is shown of another. */
import { afterEach, describe, expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import { documented, documentedEnd } from '../../support/documented.ts';
import { type FakePrometheus, type FakeSeries, startFakePrometheus } from '../../support/fake-prometheus.ts';

const end = 1_800_000_000;
const window = { start: iso(end - 600), end: iso(end) };
const running: FakePrometheus[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

type Labels = Readonly<Record<string, string>>;

/** A sample every 15 s over the window, from the first value to the last in a straight line; `part` of the window. */
function line(name: string, labels: Labels, from: number, to = from, part = [0, 1]): FakeSeries {
  const [first = 0, last = 1] = part;
  const all = Array.from({ length: 41 }, (_, step) => step).filter((step) => step >= first * 40 && step <= last * 40);
  return {
    labels: { __name__: name, instance: 'db1:9187', job: 'postgres', ...labels },
    points: all.map((step) => [end - 600 + step * 15, from + ((to - from) * step) / 40]),
  };
}

/** An exporter as postgres_exporter 0.19 is; `calls` in the window, and as many commits. */
function exporter(labels: Labels, calls = 4_000, part = [0, 1]): readonly FakeSeries[] {
  const shop = { ...labels, datname: 'shop' };
  const orders = { ...shop, schemaname: 'public', relname: 'orders' };
  return [
    line('pg_settings_max_connections', labels, 100, 100, part),
    line('pg_stat_database_numbackends', shop, 10, 10, part),
    line('pg_stat_database_xact_commit', shop, 0, calls, part),
    line('pg_stat_database_blks_hit', shop, 0, 100 * calls, part),
    line('pg_database_size_bytes', shop, 5e9, 5e9, part),
    line('pg_stat_user_tables_n_live_tup', orders, 1_000, 1_000, part),
    line('pg_stat_user_tables_seq_scan', orders, 0, 400, part),
    line('pg_stat_statements_calls_total', { ...shop, user: 'web', queryid: '42' }, 0, calls, part),
    line('pg_stat_statements_seconds_total', { ...shop, user: 'web', queryid: '42' }, 0, 4, part),
  ];
}

const relabelled = (series: readonly FakeSeries[], labels: Labels): readonly FakeSeries[] =>
  series.map((each) => ({ ...each, labels: { ...each.labels, ...labels } }));

async function read(series: readonly FakeSeries[], options: Partial<Parameters<typeof readPrometheus>[0]> = {}) {
  const fake = await startFakePrometheus({ series });
  running.push(fake);
  return readPrometheus({ source: createPrometheus({ url: fake.url, retryMs: 1 }), window, ...options });
}

/** What would double if something was counted twice. */
async function counted(series: readonly FakeSeries[], options: Parameters<typeof read>[1] = {}) {
  const targets = await read(series, options);
  return targets.map(({ name, statements, databases, server }) => ({
    name,
    calls: statements.map((row) => row.calls),
    commits: databases.map((row) => row.commits),
    peak: server.connectionsPeak,
  }));
}

const once = { name: 'db1:9187', calls: [3_900], commits: [3_900], peak: 10 };

describe('one server', () => {
  test('is itself', async () => {
    expect(await counted(exporter({}))).toEqual([once]);
  });

  test.each(['prometheus_replica', 'replica', '__replica__', 'prometheus'])(
    'is counted once when two replicas of Prometheus hold its series, told apart by %s',
    async (label) => {
      const pair = [...exporter({ [label]: 'a' }), ...exporter({ [label]: 'b' })];
      expect(await counted(pair)).toEqual([once]);
    },
  );

  test('is seen by the replica that has more samples, even where the other shows larger numbers', async () => {
    const orders = { datname: 'shop', schemaname: 'public', relname: 'orders' };
    const rows = (replica: string, alive: number, part: number[]) => [
      line('pg_settings_max_connections', { prometheus_replica: replica }, 100, 100, part),
      line('pg_stat_user_tables_n_live_tup', { ...orders, prometheus_replica: replica }, alive, alive, part),
    ];
    const full = (replica: string) => rows(replica, 1_000, [0, 1]);
    const sparse = (replica: string) => rows(replica, 9_000, [0.9, 1]);
    for (const pair of [
      [...full('a'), ...sparse('b')],
      [...sparse('a'), ...full('b')],
    ]) {
      const [target] = await read(pair);
      expect(target?.tables).toMatchObject([{ liveRows: 1_000 }]);
      expect(target?.coveredShare).toBe(1);
    }
  });

  test('is found in what one replica missed', async () => {
    const late = { datname: 'shop', schemaname: 'public', relname: 'late' };
    const [target] = await read([
      ...exporter({ replica: 'a' }),
      ...exporter({ replica: 'b' }, 4_000, [0.5, 1]),
      line('pg_stat_user_tables_seq_scan', { ...late, replica: 'b' }, 0, 40),
      line('pg_stat_user_tables_n_live_tup', { ...late, replica: 'b' }, 5),
    ]);
    expect(target?.tables.map(({ table }) => table)).toEqual(['late', 'orders']);
  });

  test('is counted once when two jobs scrape its exporter', async () => {
    expect(await counted([...exporter({ job: 'one' }), ...exporter({ job: 'two' })])).toEqual([once]);
  });

  test('keeps its address when a Prometheus is read through another', async () => {
    const through = (prometheus: string) =>
      relabelled(exporter({}), { instance: prometheus, exported_instance: 'db1:9187' });
    expect(await counted([...through('prom-a:9090'), ...through('prom-b:9090')])).toEqual([once]);
  });

  test('has one name when the exporter is asked for each of its databases', async () => {
    const crm = (instance: string) => [
      line('pg_settings_max_connections', { instance }, 100),
      line('pg_stat_database_xact_commit', { instance, datname: 'shop' }, 0, 4_000),
      line(
        'pg_stat_user_tables_seq_scan',
        { instance, datname: 'crm', schemaname: 'public', relname: 'orders' },
        0,
        40,
      ),
    ];
    for (const [shop, other] of [
      ['db1:5432/shop', 'db1:5432/crm'],
      ['postgresql://u:secret@db1:5432/shop?sslmode=disable', 'postgres://db1/crm'],
      ['host=db1 port=5432 dbname=shop', 'host=db1 dbname=crm'],
    ] as const) {
      const targets = await read([...exporter({ instance: shop }), ...crm(other)]);
      expect(targets.map(({ name }) => name)).toEqual(['db1:5432']);
      expect(targets[0]?.tables.map(({ database }) => database)).toEqual(['crm', 'shop']);
      expect(targets[0]?.databases).toMatchObject([{ database: 'shop', commits: 3_900 }]);
    }
  });

  test('with an exporter for each database is one, as they show the same load', async () => {
    const [target, ...others] = await read([
      ...exporter({ instance: 'db1:9187' }),
      ...exporter({ instance: 'db1:9188' }, 4_040).filter(
        ({ labels }) => !/user_tables|statements/.test(labels.__name__ ?? ''),
      ),
      line(
        'pg_stat_user_tables_seq_scan',
        { instance: 'db1:9188', datname: 'crm', schemaname: 'public', relname: 'orders' },
        0,
        40,
      ),
    ]);
    expect(others).toEqual([]);
    expect(target?.name).toBe('db1:9187');
    expect(target?.tables.map(({ database, table }) => [database, table])).toEqual([
      ['crm', 'orders'],
      ['shop', 'orders'],
    ]);
    expect(target?.statements).toMatchObject([{ calls: 3_900 }]);
    expect(target?.notes.join()).toMatch(/db1:9187 and db1:9188 show the same load.*one server/);
  });

  test('with two kinds of exporters on its host is one, in the words of one of them', async () => {
    const other = documented('pg-exporter').map(({ labels, points }) => ({
      labels: { ...labels, instance: '10.0.0.15:9630', ins: '', cls: '' },
      points,
    }));
    const targets = await readPrometheus({
      source: createPrometheus({ url: await urlOf([...documented('brief'), ...other]) }),
      window: { start: iso(documentedEnd - 3_600), end: iso(documentedEnd) },
    });
    expect(targets.map(({ name }) => name)).toEqual(['10.0.0.15:9187']);
    expect(targets[0]?.tables.map(({ schema, table }) => [schema, table])).toEqual([['public', 'orders']]);
    expect(targets[0]?.statements.map(({ queryid }) => queryid)).toEqual(['4711']);
    expect(targets[0]?.databases).toMatchObject([{ commits: 600 * 59 }]);
  });
});

async function urlOf(series: readonly FakeSeries[]): Promise<string> {
  const fake = await startFakePrometheus({ series });
  running.push(fake);
  return fake.url;
}

describe('two servers', () => {
  const names = async (series: readonly FakeSeries[]) => (await read(series)).map(({ name }) => name);

  test('on one host stay two when their load differs, or nobody knows it', async () => {
    const two = ['db1:9187', 'db1:9188'];
    expect(await names([...exporter({}), ...exporter({ instance: 'db1:9188' }, 8_000)])).toEqual(two);
    expect(await names([...exporter({}, 40), ...exporter({ instance: 'db1:9188' }, 40)])).toEqual(two);
  });

  test('with the same load on one host stay two when one is a standby, or started at another time', async () => {
    const role = (instance: string, value: number) => line('pg_replication_is_replica', { instance }, value);
    const start = (instance: string, value: number) => line('pg_postmaster_start_time_seconds', { instance }, value);
    const pair = [...exporter({}), ...exporter({ instance: 'db1:9188' })];
    expect(await names(pair)).toHaveLength(1);
    expect(await names([...pair, role('db1:9187', 0), role('db1:9188', 1)])).toHaveLength(2);
    expect(await names([...pair, start('db1:9187', end - 9e5), start('db1:9188', end - 8e5)])).toHaveLength(2);
  });

  test('on two hosts are two however alike, unless they started in the same millisecond', async () => {
    const start = (instance: string, value: number) => line('pg_postmaster_start_time_seconds', { instance }, value);
    const pair = [...exporter({}), ...exporter({ instance: 'db2:9187' })];
    expect(await names(pair)).toHaveLength(2);
    const exact = end - 900_000.123;
    expect(await names([...pair, start('db1:9187', exact), start('db2:9187', exact)])).toEqual(['db1:9187']);
    const whole = end - 900_000;
    expect(await names([...pair, start('db1:9187', whole), start('db2:9187', whole)])).toHaveLength(2);
  });

  test('behind one address in two Kubernetes clusters are two, and each has its own numbers', async () => {
    const targets = await read([
      ...exporter({ cluster: 'eu', replica: 'a' }, 4_000),
      ...exporter({ cluster: 'eu', replica: 'b' }, 4_000),
      ...exporter({ cluster: 'us' }, 8_000),
    ]);
    expect(targets.map(({ name, statements }) => [name, statements[0]?.calls])).toEqual([
      ['eu/db1:9187', 3_900],
      ['us/db1:9187', 7_800],
    ]);
    const named = (cluster: string) =>
      relabelled(exporter({ cluster }), { server: 'pg.default.svc:5432', instance: `${cluster}:9187` });
    expect(await names([...named('eu'), ...named('us')])).toEqual(['eu/pg.default.svc:5432', 'us/pg.default.svc:5432']);
  });

  test('are not made of one whose label was changed in the week', async () => {
    expect(
      await names([...exporter({ env: 'stage' }, 4_000, [0, 0.45]), ...exporter({ env: 'staging' }, 4_000, [0.55, 1])]),
    ).toEqual(['db1:9187']);
  });

  test('share what has no site between them only where it can be told whose it is', async () => {
    const bare = (instance: string) => line('pg_settings_server_version_num', { instance }, 160_004);
    const targets = await read([
      ...exporter({ cluster: 'eu' }),
      ...exporter({ cluster: 'us' }),
      ...exporter({ cluster: 'eu', instance: 'db2:9187' }),
      bare('db1:9187'),
      bare('db2:9187'),
    ]);
    expect(targets.map(({ name, server }) => [name, server.versionNum])).toEqual([
      ['eu/db1:9187', undefined],
      ['eu/db2:9187', 160_004],
      ['us/db1:9187', undefined],
    ]);
    expect(targets[0]?.notes.join()).toMatch(/Exporter db1:9187 serves several servers/);
  });

  test('with one system identifier are a primary and its standby, not one', async () => {
    const series = documented('pgwatch');
    const standby = series.map(({ labels, points }) => ({
      labels: { ...labels, dbname: 'shop-standby' } as Labels,
      points: points.map(
        ([at, value]) => [at, labels.__name__ === 'pgwatch_db_stats_in_recovery_int' ? 1 : value] as const,
      ),
    }));
    const targets = await readPrometheus({
      source: createPrometheus({ url: await urlOf([...series, ...standby]) }),
      window: { start: iso(documentedEnd - 3_600), end: iso(documentedEnd) },
    });
    expect(targets.map(({ name, server }) => [name, server.role])).toEqual([
      ['shop', 'primary'],
      ['shop-standby', 'standby'],
    ]);
    const second = standby
      .filter(({ labels }) => /db_stats_(in_recovery|numbackends|xact)|max_connections/.test(labels.__name__ ?? ''))
      .map((each) => ({ ...each, labels: { ...each.labels, dbname: 'crm-standby', datname: 'crm' } as Labels }));
    const three = await readPrometheus({
      source: createPrometheus({ url: await urlOf([...series, ...standby, ...second]) }),
      window: { start: iso(documentedEnd - 3_600), end: iso(documentedEnd) },
    });
    expect(three.map(({ name }) => name)).toEqual(['crm-standby', 'shop', 'shop-standby']);
  });
});

test('the same names in two schemas, two databases and two servers are eight tables, indexes and statements', async () => {
  const places = ['db1:9187', 'db2:9187'].flatMap((instance) =>
    ['shop', 'crm'].flatMap((datname) => ['public', 'audit'].map((schemaname) => ({ instance, datname, schemaname }))),
  );
  const series = places.flatMap((place, index) => {
    const table = { ...place, relname: 'orders' };
    const { instance, datname } = place;
    return [
      line('pg_settings_max_connections', { instance }, 100),
      line('pg_stat_user_tables_seq_scan', table, 0, 40 * (index + 1)),
      line('pg_stat_user_indexes_idx_scan', { ...table, indexrelname: 'orders_pkey' }, 0, 400 * (index + 1)),
      line(
        'pg_stat_statements_calls_total',
        { instance, datname, user: 'web', queryid: place.schemaname },
        0,
        4_000 * (index + 1),
      ),
    ];
  });
  const targets = await read(series);
  const all = targets.flatMap(({ name, tables, indexes, statements }) =>
    tables.map((row, at) => [
      [name, row.database, row.schema, row.table, row.sequentialScans],
      [indexes[at]?.database, indexes[at]?.schema, indexes[at]?.index, indexes[at]?.scans],
      [statements[at]?.database, statements[at]?.queryid, statements[at]?.calls],
    ]),
  );
  const wanted = places.map(({ instance, datname, schemaname }, index) => [
    [instance, datname, schemaname, 'orders', 39 * (index + 1)],
    [datname, schemaname, 'orders_pkey', 390 * (index + 1)],
    [datname, schemaname, 3_900 * (index + 1)],
  ]);
  expect(all).toHaveLength(8);
  expect(all.sort()).toEqual(wanted.sort());
});
