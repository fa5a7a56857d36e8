/** WAL, replication, and what counts as one thing: schemas, databases, servers, partitions, and what was not seen at all. */
import { beforeAll, describe, expect, it } from 'vitest';
import { roster } from '../../lib/advise/index.ts';
import type { ServerRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { useEmbedded } from '../support/embedded.ts';
import type { FakeSeries } from '../support/fake-prometheus.ts';
import { aServerOf, drawn, line, scraped, scrapedOne, statementOf } from './metrics.ts';
import { aged, caveats, enlarged, findings, type Judged, judged, look, outcome, printed } from './scene.ts';

const GIB = 1024 ** 3;
const HOUR = 3600;
const server = useEmbedded({
  preload: ['pg_stat_statements'],
  settings: { autovacuum_naptime: '1h', max_wal_size: '1GB' },
});

let url: string;
let seen: Snapshot;
let now: Judged;

const things = (schema: string) => [
  `CREATE SCHEMA ${schema}`,
  `CREATE TABLE ${schema}.things AS SELECT n AS id, n AS a FROM generate_series(1, 3000) n`,
  `CREATE INDEX one ON ${schema}.things (a)`,
];

beforeAll(async () => {
  url = await server.database(
    'traps',
    'CREATE EXTENSION pg_stat_statements',
    ...things('sales'),
    ...things('audit'),
    'CREATE INDEX again ON audit.things (a)',
    'CREATE TABLE days (day int, a int) PARTITION BY RANGE (day)',
    ...[0, 1, 2].map((n) => `CREATE TABLE days_${n} PARTITION OF days FOR VALUES FROM (${n}) TO (${n + 1})`),
    'INSERT INTO days SELECT n % 3, n FROM generate_series(1, 60000) n',
    'CREATE TABLE alone AS SELECT n AS a FROM generate_series(1, 20000) n',
  );
  await server.database('other', ...things('audit'));
  await server.run(url, 'VACUUM ANALYZE');
  await server.run(url, 'UPDATE days SET a = a + 1', 'UPDATE alone SET a = a + 1');
  const looked = await look(url);
  // As if autovacuum came each minute and had done so for 60 days.
  const settings = { ...looked.server.settings, autovacuum_naptime: { value: 60_000, unit: 'ms' as const } };
  seen = aged({ ...looked, server: { ...looked.server, settings } }, 60);
  now = await judged(enlarged(seen));
});

const sql = (one: Judged) => printed(one.plan.opportunities);
function overADay(row: Partial<ServerRow>, from: Snapshot = seen): Snapshot {
  const start = new Date(Date.parse(from.takenAt) - 24 * HOUR * 1000).toISOString();
  const span = { start, end: from.takenAt, source: 'postgres', basis: 'previous-run' } as const;
  return {
    ...from,
    server: { ...from.server, ...row },
    hosts: [{ host: 'db1', diskFreeBytes: 500 * GIB }],
    spans: { ...from.spans, server: span },
  };
}
/** WAL forces a checkpoint every two minutes. */
const FORCED = { checkpointsTimed: 1, checkpointsRequested: 700, walBytes: 500 * GIB };

describe('WAL and replication', () => {
  it('trap 102: checkpoints that a command asked for raise no setting', async () => {
    const before = await look(url);
    // A change before each, as a checkpoint with nothing to write is skipped.
    for (let n = 0; n < 5; n += 1) await server.run(url, 'UPDATE sales.things SET a = a WHERE id = 1', 'CHECKPOINT');
    const asked = await look(url, before);
    expect(asked.server.checkpointsRequested).toBeGreaterThanOrEqual(3);
    const [finding] = findings(await judged(asked), 'requested-checkpoints');
    expect(finding?.title).toBe('Find out what forces checkpoints');
    expect(finding?.steps.flatMap(({ sql: text }) => text ?? []).join()).not.toContain('ALTER SYSTEM');
    const backups = await judged(overADay({ checkpointsTimed: 2, checkpointsRequested: 20, walBytes: 500 * GIB }));
    expect(findings(backups, 'requested-checkpoints')).toEqual([]);
    const forced = await judged(overADay(FORCED));
    expect(sql(forced).join()).toContain('ALTER SYSTEM SET max_wal_size');
  });

  it('trap 103: a larger max_wal_size costs recovery time and disk, and is not advised without the disk', async () => {
    const [finding] = findings(await judged(overADay(FORCED)), 'requested-checkpoints');
    expect(finding?.risk.technical).toContain('Recovery after a crash reads more WAL');
    expect(finding?.risk.performance).toMatch(/WAL may take up to \d+ GiB more disk/);
    const narrow = { ...overADay(FORCED), hosts: [{ host: 'db1', diskFreeBytes: 2 * GIB }] };
    const [full] = findings(await judged(narrow), 'requested-checkpoints');
    expect(full?.approach).toContain('Make room first');
    expect(full?.steps.flatMap(({ sql: text }) => text ?? []).join()).not.toContain('ALTER SYSTEM');
  });

  it('trap 104: a slot that nobody reads is asked about, with what it keeps, and never dropped', async () => {
    await server.run(url, "SELECT pg_create_physical_replication_slot('planned', true)");
    const with_ = await look(url);
    await server.run(url, "SELECT pg_drop_replication_slot('planned')");
    const [slot] = with_.server.slots ?? [];
    expect(slot).toMatchObject({ slot: 'planned', active: false, retainedBytes: expect.any(Number) });
    if (slot === undefined) return;
    const keeping = (retainedBytes: number) => judged(overADay({ slots: [{ ...slot, retainedBytes }] }));
    expect(findings(await keeping(GIB / 2), 'retained-wal')).toEqual([]);
    const one = await keeping(7 * GIB);
    const [finding] = findings(one, 'retained-wal');
    expect(finding?.title).toContain('planned, which keeps 7 GiB of WAL');
    expect(finding?.approach).toContain('Ask the owner first');
    expect(sql(one).join()).not.toMatch(/pg_drop_replication_slot/);
  });

  it('trap 105: seconds of lag on an idle primary are no lag', async () => {
    const replica = { name: 'standby', standby: true, state: 'streaming', replayLagBytes: 0 };
    const lagging = (seconds: number): Snapshot =>
      overADay({ replicas: [{ ...replica, replayLagSeconds: seconds }], role: 'primary' });
    const [idle, day] = await Promise.all([judged(lagging(0)), judged(lagging(24 * HOUR))]);
    expect(day).toEqual(idle);
    const standby = (row: Partial<ServerRow>) => judged(overADay({ role: 'standby', replayLagBytes: 0, ...row }));
    expect(await standby({ replayLagSeconds: 24 * HOUR })).toEqual(await standby({ replayLagSeconds: 0 }));
    // What is judged is bytes that wait: of a slot, or rows that its snapshot holds.
    const held = await judged(
      overADay({ replicas: [replica], horizon: [{ kind: 'standby', name: 'standby', ageXids: 90_000_000 }] }),
    );
    expect(findings(held, 'held-horizon')).toHaveLength(1);
  });

  it('trap 106: a standby beside its primary adds nothing to its numbers', async () => {
    const node = (instance: string, replica: 0 | 1, seconds: number): readonly FakeSeries[] =>
      [
        ...aServerOf(),
        line('pg_replication_is_replica', {}, replica),
        line('pg_database_size_bytes', { datname: 'shop' }, 5 * GIB),
        ...statementOf('1', { seconds }),
      ].map(({ labels, points }) => ({ points, labels: { ...labels, instance, pg_cluster: 'shop' } }));
    const { snapshots } = await scraped(...node('db1:9187', 0, 60), ...node('db2:9187', 1, 600));
    expect(snapshots).toHaveLength(1);
    const [one] = snapshots;
    expect(one?.nodes?.map(({ role }) => role).sort()).toEqual(['primary', 'standby']);
    expect(one?.statements.map(({ totalTimeMs }) => totalTimeMs)).toEqual([expect.closeTo(59_000, -4)]);
    expect(one?.databases.map(({ sizeBytes }) => sizeBytes)).toEqual([5 * GIB]);
    expect(one?.quality.notes.join(' ')).toMatch(/ran on the standby/);
    // Nothing in their labels puts these together; then each is a target of its own.
    const apart = (series: readonly FakeSeries[]) =>
      series.map(({ labels: { pg_cluster: _, ...labels }, points }) => ({ labels, points }));
    expect(
      (await scraped(...apart(node('db1:9187', 0, 60)), ...apart(node('db2:9187', 1, 600)))).snapshots,
    ).toHaveLength(2);
  });
});

describe('what is one thing', () => {
  it('trap 107: tables of one name in other schemas, databases and servers are other tables', async () => {
    // Statistics of a day: nothing is called unused.
    const young = await judged(enlarged(aged(seen, 1)));
    const doubled = findings(young, 'duplicate-indexes').map(({ subject }) => subject);
    expect(doubled).toMatchObject([{ database: 'traps', schema: 'audit', table: 'things' }]);
    expect(sql(young).filter((text) => text.startsWith('DROP INDEX'))).toEqual([
      expect.stringMatching(/^DROP INDEX CONCURRENTLY audit\.(one|again);$/),
    ]);
    const orders = (labels: object, dead: number) => [
      line(
        'pg_stat_user_tables_n_live_tup',
        { relname: 'orders', datname: 'shop', schemaname: 'public', ...labels },
        100_000,
      ),
      line(
        'pg_stat_user_tables_n_dead_tup',
        { relname: 'orders', datname: 'shop', schemaname: 'public', ...labels },
        dead,
      ),
    ];
    const elsewhere = { instance: 'db2:9187' };
    const { snapshots } = await scraped(
      ...[...aServerOf(), ...aServerOf('db2:9187')],
      ...[
        ...orders({}, 1),
        ...orders({ schemaname: 'old' }, 90_000),
        ...orders({ datname: 'crm' }, 2),
        ...orders(elsewhere, 3),
      ],
    );
    const counts = snapshots.map(({ tables }) => tables.map((row) => [row.database, row.schema, row.deadRows]).sort());
    counts.sort((a, b) => b.length - a.length);
    expect(counts).toEqual([
      [
        ['crm', 'public', 2],
        ['shop', 'old', 90_000],
        ['shop', 'public', 1],
      ],
      [['shop', 'public', 3]],
    ]);
    const first = snapshots.find(({ tables }) => tables.length > 1);
    const found = first === undefined ? [] : findings(await judged(first), 'dead-rows');
    expect(found.map(({ subject }) => subject)).toMatchObject([{ database: 'shop', schema: 'old', table: 'orders' }]);
  });

  it('trap 108: partitions are told as the one table they are', async () => {
    const parts = seen.tables.filter(({ partitionOf }) => partitionOf === 'public.days');
    expect(parts.map(({ deadRows }) => deadRows)).toEqual([20_000, 20_000, 20_000]);
    const found = findings(await judged(seen), 'dead-rows').map(({ subject }) => subject.table);
    expect(found).toHaveLength(2);
    expect(found).toContain('alone');
    expect(found.find((table) => table !== 'alone')).toMatch(/^days/);
    const [days] = findings(await judged(seen), 'dead-rows').filter(({ subject }) => subject.table !== 'alone');
    expect(days?.approach).toContain('2 more partitions of public.days');
  });
});

describe('what was not seen', () => {
  it('trap 109: what nobody exports is neither zero nor in order', async () => {
    const bare = await scrapedOne(...aServerOf());
    const one = await judged(bare);
    const sure = one.outcomes.filter(({ state }) => state !== 'blind').map(({ card }) => card.id);
    expect(sure).toEqual(['connection-peaks']);
    expect(one.outcomes).toHaveLength(roster.length);
    for (const each of one.outcomes) if (each.state === 'blind') expect(each.why, each.card.id).toMatch(/\w{3,}.*\.$/);
    const fuller = await judged(
      await scrapedOne(...aServerOf(), ...statementOf('1'), line('pg_stat_database_deadlocks', { datname: 'shop' }, 0)),
    );
    expect(outcome(fuller, 'deadlocks').state).toBe('clear');
    expect(outcome(fuller, 'top-time-statements').state).toBe('found');
  });

  it('trap 110: a scrape that failed for hours is told, with its share of the window', async () => {
    const scrape = (from: number, to: number) => {
      const kept = (share: number) => (share > from && share < to ? undefined : share);
      return scrapedOne(
        drawn('pg_settings_max_connections', {}, (share) => (kept(share) === undefined ? undefined : 100)),
        drawn('pg_stat_database_numbackends', { datname: 'shop' }, (share) =>
          kept(share) === undefined ? undefined : 20,
        ),
        drawn('pg_stat_database_xact_commit', { datname: 'shop' }, (share) =>
          kept(share) === undefined ? undefined : share * 600,
        ),
      );
    };
    const holed = await scrape(0.2, 0.7);
    expect(holed.quality.coveredShare).toBeCloseTo(0.5, 1);
    expect(holed.quality.notes.join(' ')).toMatch(/only 5\d % has samples/);
    const whole = await scrape(2, 3);
    expect(whole.quality.coveredShare).toBeGreaterThan(0.95);
    expect(whole.quality.notes.join(' ')).not.toContain('has samples');
  });

  it('trap 111: nothing divided by nothing is no number, and no finding', async () => {
    const numbers = (value: unknown, path = ''): readonly string[] =>
      typeof value === 'number'
        ? Number.isFinite(value)
          ? []
          : [path]
        : typeof value === 'string'
          ? /\b(NaN|Infinity)\b/.test(value)
            ? [`${path}: ${value}`]
            : []
          : typeof value === 'object' && value !== null
            ? Object.entries(value).flatMap(([name, each]) => numbers(each, `${path}.${name}`))
            : [];
    const zeroed = <Row extends object>(rows: readonly Row[]): Row[] =>
      rows.map((row) => {
        const entries = Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? 0 : value]);
        return Object.fromEntries(entries) as Row; // the same names
      });
    const [row] = zeroed([seen.server]);
    const nothing: Snapshot = {
      ...seen,
      server: row ?? seen.server,
      databases: zeroed(seen.databases),
      tables: zeroed(seen.tables),
      indexes: zeroed(seen.indexes),
      statements: zeroed(seen.statements),
      hosts: [{ host: 'db1', memoryBytes: 0, cpuCount: 0, cpuBusyShare: 0, diskBytes: 0, diskFreeBytes: 0 }],
    };
    const one = await judged(nothing);
    expect(numbers(one)).toEqual([]);
    expect(one.plan.opportunities.filter(({ benefit }) => benefit.kind === 'time')).toEqual([]);
    expect(numbers(now)).toEqual([]);
    const uncalled = await scrapedOne(
      ...aServerOf(),
      ...statementOf('1', { calls: 0, seconds: 0 }),
      ...statementOf('2'),
    );
    const told = await judged(uncalled);
    expect(numbers(told)).toEqual([]);
    expect(findings(told, 'top-time-statements').map(({ subject }) => subject.queryid)).toEqual(['2']);
    expect(caveats(told, 'connection-peaks')).not.toBe('');
  });
});
