/** Dialects beside each other, and what only one of them has: settings in own units, churning labels, machines. */
import { describe, expect, test } from 'vitest';
import { createPrometheus } from '../../../lib/collect/prometheus/client.ts';
import { type PrometheusTarget, readPrometheus } from '../../../lib/collect/prometheus/read.ts';
import { documented, documentedWindow as window } from '../../support/documented.ts';
import { type FakePrometheus, type FakeSeries, startFakePrometheus } from '../../support/fake-prometheus.ts';

async function read(series: readonly FakeSeries[]): Promise<readonly PrometheusTarget[]> {
  const fake: FakePrometheus = await startFakePrometheus({ series });
  try {
    return await readPrometheus({ source: createPrometheus({ url: fake.url }), window });
  } finally {
    await fake.stop();
  }
}

test('native settings come out in bytes and milliseconds', async () => {
  const [cloud] = await read(documented('cloudnative-pg'));
  expect(cloud?.server).toMatchObject({ role: 'primary', versionNum: 160_004 });
  expect(cloud?.server.settings).toMatchObject({
    shared_buffers: { value: 134_217_728, unit: 'bytes' },
    work_mem: { value: 4_194_304, unit: 'bytes' },
    max_wal_size: { value: 1_073_741_824, unit: 'bytes' },
    checkpoint_timeout: { value: 300_000, unit: 'ms' },
    autovacuum: { value: true },
    autovacuum_work_mem: { value: -1, unit: 'bytes' },
  });
  const [pigsty] = await read(documented('pg-exporter'));
  expect(pigsty?.server.settings).toMatchObject({
    shared_buffers: { value: 134_217_728, unit: 'bytes' },
    checkpoint_timeout: { value: 300_000, unit: 'ms' },
  });
  expect(pigsty?.server).toMatchObject({ role: 'primary', versionNum: 160_004 });
});

test('pgwatch knows the texts, and they come out normalised', async () => {
  const [target] = await read(documented('pgwatch'));
  expect(target?.statements[0]?.text).toMatch(/orders/i);
});

test('a table that grows into the next size bucket is one table, and nothing of it is counted twice', async () => {
  const series = documented('pgwatch');
  const split = series.flatMap((each) => {
    if (each.labels.table_size_cardinality_mb === undefined) return [each];
    const half = (from: number, to: number, bucket: string) => ({
      labels: { ...each.labels, table_size_cardinality_mb: bucket },
      points: each.points.slice(from, to),
    });
    return [half(0, 31, '3000'), half(30, 61, '4000')];
  });
  const [target] = await read(split);
  expect(target?.tables).toHaveLength(1);
  expect(target?.tables[0]).toMatchObject({ sequentialScans: expect.closeTo(5 * 59, 3), liveRows: 1e6 });
});

describe('a partitioned table that pgwatch shows beside its partitions', () => {
  const named = (each: FakeSeries, table: string, factor: number): FakeSeries => ({
    labels: { ...each.labels, table_name: table, table_full_name: `public.${table}` },
    points: each.points.map(([at, value]) => [at, value * factor] as const),
  });
  const isRoot = (like: FakeSeries, metric: string, value: number): FakeSeries => ({
    labels: { ...like.labels, __name__: metric },
    points: like.points.map(([at]) => [at, value] as const),
  });
  /** Two partitions, and their root with the sums of both. */
  const tree = documented('pgwatch').flatMap((each) => {
    if (each.labels.table_name === undefined || each.labels.index_name !== undefined) return [each];
    const all = [named(each, 'orders_2025', 1), named(each, 'orders_2026', 1), named(each, 'orders', 2)];
    const roots = (name: string, metric: string) =>
      each.labels.__name__ === name ? all.map((one, at) => isRoot(one, metric, at === 2 ? 1 : 0)) : [];
    return [
      ...all,
      ...roots('pgwatch_table_stats_seq_scan', 'pgwatch_table_stats_is_part_root'),
      ...roots('pgwatch_table_io_stats_heap_blks_read', 'pgwatch_table_io_stats_is_part_root'),
    ];
  });

  test('is not counted: its partitions are', async () => {
    const [target] = await read(tree);
    expect(target?.tables.map(({ table }) => table)).toEqual(['orders_2025', 'orders_2026']);
    const sum = (name: 'sequentialScans' | 'heapBytes' | 'heapBlocksRead') =>
      target?.tables.reduce((total, row) => total + (row[name] ?? Number.NaN), 0);
    expect(sum('sequentialScans')).toBeCloseTo(2 * 5 * 59, 3);
    expect(sum('heapBytes')).toBe(2 * 3e9);
    expect(sum('heapBlocksRead')).toBeCloseTo(2 * 2_000 * 59, 3);
    expect(target?.notes).toEqual([expect.stringContaining('partitioned tables (public.orders) as the sums')]);
  });

  test('is told by either of the two metrics', async () => {
    for (const metric of ['pgwatch_table_stats_is_part_root', 'pgwatch_table_io_stats_is_part_root']) {
      const [target] = await read(tree.filter(({ labels }) => labels.__name__ !== metric));
      expect(target?.tables.map(({ table }) => table)).toEqual(['orders_2025', 'orders_2026']);
    }
  });
});

test('a gauge that falls beside the counters of one metric is no reset', async () => {
  const series = documented('sql-exporter').map((each) =>
    each.labels.col === 'numbackends'
      ? { ...each, points: each.points.map(([at], step) => [at, 40 - (step % 20)] as const) }
      : each,
  );
  const [target] = await read(series);
  expect(target).toMatchObject({ resets: 0, notes: [] });
});

describe('two generations of an exporter in one Prometheus', () => {
  const without = (id: string, names: RegExp) =>
    documented(id).filter(({ labels }) => !names.test(labels.__name__ ?? ''));
  /** None of them publishes statements, nor the sizes of tables alone. */
  const lacking = /^pg_stat_statements|^pg_stat_user_tables_(table|index)_size/;
  const remedy = (target: PrometheusTarget | undefined, measure: string) =>
    target?.gaps.find(({ measures }) => measures.includes(measure))?.remedy;

  test('each server is told what to do about its own', async () => {
    const old = without('postgres-exporter-0.12', lacking);
    const today = without('postgres-exporter', lacking).filter(
      ({ labels }) => labels.__name__ !== 'pg_stat_user_tables_size_bytes',
    );
    const [first, second, ...others] = await read([...old, ...today]);
    expect([first?.name, second?.name, others]).toEqual(['10.0.0.14:9187', '10.0.0.16:9187', []]);
    const [alone] = await read(old);
    const [young] = await read(today);
    for (const measure of ['calls', 'heapBytes', 'activeTimeMs']) {
      expect([measure, remedy(first, measure)]).toEqual([measure, remedy(alone, measure)]);
      expect([measure, remedy(second, measure)]).toEqual([measure, remedy(young, measure)]);
    }
    expect(remedy(first, 'calls')).toContain('Upgrade postgres_exporter to 0.17');
    expect(remedy(second, 'calls')).toContain('Start postgres_exporter with --collector.stat_statements');
  });

  test('where nobody can tell which server has which, the names of all decide', async () => {
    const series = [...documented('postgres-exporter-0.12'), ...documented('postgres-exporter')];
    const fake = await startFakePrometheus({
      series,
      fault: ({ form }) =>
        form.get('query')?.includes('"sign"') === true ? { kind: 'status', status: 403 } : undefined,
    });
    try {
      const targets = await readPrometheus({ source: createPrometheus({ url: fake.url }), window });
      const titles = targets.flatMap(({ gaps }) => gaps.map(({ reason }) => reason)).join();
      expect(targets).toHaveLength(2);
      expect(titles).not.toContain('0.12 to 0.15');
    } finally {
      await fake.stop();
    }
  });
});

test('sources of pgwatch with one system identifier are one server', async () => {
  const series = documented('pgwatch');
  const crm = series
    .filter(({ labels }) => /db_stats|max_connections/.test(labels.__name__ ?? ''))
    .map((each) => ({ ...each, labels: { ...each.labels, dbname: 'crm' } }));
  const targets = await read([...series, ...crm]);
  expect(targets.map(({ name, databases }) => [name, databases.map((row) => row.database)])).toEqual([
    ['crm', ['crm', 'shop']],
  ]);
  const other = crm.map((each) => ({ ...each, labels: { ...each.labels, sys_id: '2' } }));
  const two = await read([...series, ...other]);
  expect(two.map(({ name }) => name)).toEqual(['crm', 'shop']);
  expect(two.map(({ notes }) => notes)).toEqual([[], []]);
});

test('two dialects on one server are not added up', async () => {
  const collectors = documented('postgres-exporter-0.12').map((each) => ({
    ...each,
    labels: { ...each.labels, instance: '10.0.0.12:9187' },
  }));
  const [alone] = await read(documented('pgmonitor'));
  const [both, ...others] = await read([...documented('pgmonitor'), ...collectors]);
  expect(others).toEqual([]);
  expect(both?.tables).toHaveLength(1);
  expect(both?.tables[0]?.sequentialScans).toBe(alone?.tables[0]?.sequentialScans);
  expect(both?.statements).toHaveLength(1);
  expect(both?.statements[0]?.totalTimeMs).toBe(alone?.statements[0]?.totalTimeMs);
  // What one has and the other has not.
  expect(both?.tables[0]?.heapBlocksRead).toBe(59 * 2_000);
});

test('each measure of each server has its own dialect: one server has one, the other two', async () => {
  const beside = documented('postgres-exporter-0.12')
    .filter(({ labels }) => /^pg_stat(io)?_(statements|user_tables_(heap|last))/.test(labels.__name__ ?? ''))
    .map((each) => ({ ...each, labels: { ...each.labels, instance: '10.0.0.12:9187' } }));
  const targets = await read([...documented('pgmonitor'), ...beside, ...documented('postgres-exporter-0.12')]);
  const [hybrid, plain, ...more] = targets;
  expect([hybrid?.name, plain?.name, more]).toEqual(['10.0.0.12:9187', '10.0.0.14:9187', []]);
  const textOf = (target: PrometheusTarget | undefined, kind: string, measure: string) =>
    target?.sources.find((source) => source.kind === kind && source.measures.includes(measure))?.text ?? '';
  for (const [kind, measure, name] of [
    ['table', 'sequentialScans', /ccp_stat_user_tables_seq_scan/],
    ['table', 'heapBlocksRead', /pg_statio_user_tables_heap_blocks_read/],
    ['statement', 'calls', /pg_stat_statements_calls_total/],
    ['database', 'commits', /ccp_stat_database_xact_commit/],
  ] as const) {
    expect(textOf(hybrid, kind, measure)).toMatch(name);
    expect(textOf(plain, kind, measure)).not.toMatch(/ccp_/);
  }
  for (const target of targets) {
    expect(target.tables).toHaveLength(1);
    expect(target.tables[0]).toMatchObject({ sequentialScans: 59 * 5, heapBlocksRead: 59 * 2_000 });
    expect(target.statements).toMatchObject([{ calls: 59 * 300, rows: 59 * 600 }]);
    expect(target.databases).toMatchObject([{ commits: 59 * 600 }]);
  }
});

test('a table that a second dialect calls otherwise is not there twice', async () => {
  const collectors = documented('postgres-exporter-0.12').map((each) => ({
    ...each,
    labels: { ...each.labels, instance: '10.0.0.12:9187' },
  }));
  const otherwise = documented('pgmonitor').map((each) => ({
    ...each,
    labels: { ...each.labels, ...(each.labels.dbname === undefined ? {} : { dbname: 'source' }) },
  }));
  const [target] = await read([...otherwise, ...collectors]);
  expect(target?.tables.map(({ database }) => database)).toEqual(['shop']);
  expect(target?.statements.map(({ database }) => database)).toEqual(['shop']);
});

describe('the machine', () => {
  test('with the host name of the server is its host', async () => {
    const [target] = await read([...documented('pgmonitor'), ...documented('node-exporter')]);
    expect(target?.hosts).toEqual([
      {
        host: '10.0.0.12',
        cpuCount: 2,
        cpuBusyShare: expect.closeTo(30 / 120, 5),
        memoryBytes: 8_589_934_592,
        memoryAvailableBytes: 3e9,
        diskBytes: 100e9,
        diskFreeBytes: 70e9,
        // The fake sees 59 of the 60 steps of an hour.
        readIops: expect.closeTo((120 * 59) / 60, 5),
        writeIops: expect.closeTo((80 * 59) / 60, 5),
        diskQueue: expect.closeTo((0.5 * 59) / 60, 5),
        readLatencyMs: expect.closeTo(2, 5),
        writeLatencyMs: expect.closeTo(4, 5),
      },
    ]);
    expect(target?.gaps.filter(({ kind }) => kind === 'host')).toEqual([]);
    expect(target?.sources.filter(({ kind }) => kind === 'host').map(({ dialect }) => dialect)).toEqual(
      Array.from({ length: 11 }, () => 'node-exporter'),
    );
  });

  test('of another name is a gap, and no server of its own', async () => {
    const targets = await read([...documented('brief'), ...documented('node-exporter')]);
    expect(targets.map(({ name, hosts }) => [name, hosts])).toEqual([['10.0.0.15:9187', []]]);
    expect(targets[0]?.gaps.find(({ kind }) => kind === 'host')?.reason).toMatch(/host name 10\.0\.0\.15/);
  });

  test('that several servers go by may only carry their exporters', async () => {
    const second = documented('brief').map(({ labels, points }) => ({
      labels: { ...labels, instance: '10.0.0.12:9188' },
      // Twice as busy; the same load twice would be one server with two exporters.
      points: points.map(([at, value]) => [at, 2 * value] as const),
    }));
    const targets = await read([...documented('pgmonitor'), ...second, ...documented('node-exporter')]);
    expect(targets.map(({ hosts }) => hosts)).toEqual([[], []]);
    expect(targets[0]?.gaps.find(({ kind }) => kind === 'host')?.reason).toMatch(/Several servers/);
  });

  test('with several file systems and none that must be it does not say how much is free', async () => {
    const disks = documented('node-exporter').map((each) => ({
      ...each,
      labels: { ...each.labels, ...(each.labels.mountpoint === '/var/lib/pgsql' ? { mountpoint: '/data' } : {}) },
    }));
    const [target] = await read([...documented('pgmonitor'), ...disks]);
    expect(target?.hosts[0]).not.toHaveProperty('diskFreeBytes');
    expect(target?.gaps.find(({ kind }) => kind === 'host')?.measures).toEqual(['diskBytes', 'diskFreeBytes']);
  });

  describe.each(['yace', 'cloudwatch-exporter', 'rds-exporter'])('of RDS as %s shows it', (id) => {
    const at = (address: string) =>
      documented('brief').map((each) => ({ ...each, labels: { ...each.labels, instance: address } }));
    const here = at('shop.c1abcdefghij.eu-west-1.rds.amazonaws.com:5432');

    test('is that of the address whose first label is the instance', async () => {
      const [target] = await read([...here, ...documented(id)]);
      expect(target?.hosts).toMatchObject([
        {
          ...{ host: 'shop', cpuBusyShare: 0.25, diskFreeBytes: 70e9, readIops: 120, writeIops: 80 },
          ...{ diskQueue: 0.5, readLatencyMs: expect.closeTo(2, 5), writeLatencyMs: expect.closeTo(4, 5) },
        },
      ]);
      expect(new Set(target?.sources.filter(({ kind }) => kind === 'host').map(({ dialect }) => dialect))).toEqual(
        new Set([id]),
      );
      const open = target?.gaps.filter(({ kind }) => kind === 'host') ?? [];
      expect(open.flatMap(({ measures: names }) => names)).toEqual(
        id === 'rds-exporter' ? ['memoryAvailableBytes'] : ['cpuCount', 'memoryBytes', 'diskBytes'],
      );
      for (const { remedy } of open) expect(remedy).not.toMatch(/node_exporter/);
    });

    test('is not that of a cluster address, of another instance, or of the machine with the exporter', async () => {
      const others = [
        'shop.cluster-c1abcdefghij.eu-west-1.rds.amazonaws.com:5432',
        'crm.c1abcdefghij.eu-west-1.rds.amazonaws.com:5432',
        '10.0.0.30:9187',
        '10.0.0.31:9187',
      ];
      for (const other of others) {
        const [target, ...more] = await read([...at(other), ...documented(id)]);
        expect([more.length, target?.hosts]).toEqual([0, []]);
      }
    });
  });

  test('of RDS that no server can be told to be is named in the gap', async () => {
    const rds = { labels: { __name__: 'pg_settings_rds_superuser_reserved_connections', instance: '10.0.0.15:9187' } };
    const points = documented('brief')[0]?.points ?? [];
    const [target] = await read([...documented('brief'), ...documented('yace'), { ...rds, points }]);
    const found = target?.gaps.find(({ kind }) => kind === 'host');
    expect(found?.reason).toBe(
      'The metrics of CloudWatch are about shop, and none of these can be told to be 10.0.0.15.',
    );
    expect(found?.remedy).toMatch(/Relabel instance/);
  });
});
