/** A log of devices, partitioned by month: mostly inserts, read by time, and now and then by something else. */
import { int, type Scene } from './scene.ts';

const MONTHS = [1, 2, 3, 4, 5, 6];
const PER_MONTH = 60_000;
const month = (n: number) => `2026-${String(n).padStart(2, '0')}-01`;

export const events: Scene = {
  name: 'events',
  kind: 'event log with partitions',
  settings: { max_wal_size: '32MB', min_wal_size: '32MB', full_page_writes: 'on', checkpoint_timeout: '1h' },
  build: [
    `CREATE TABLE devices (id int PRIMARY KEY, serial text NOT NULL, model text NOT NULL, notes text NOT NULL);
     INSERT INTO devices SELECT n, 'serial' || n, 'model ' || n % 20, repeat('n', 150) FROM generate_series(1, 60000) n;
     CREATE INDEX devices_serial ON devices (serial);
     CREATE INDEX devices_serial_model ON devices (serial, model);
     CREATE INDEX devices_model ON devices (model)`,
    'CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, device_id int NOT NULL, kind int NOT NULL, payload text NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)',
    ...MONTHS.map(
      (n) => `CREATE TABLE events_${n} PARTITION OF events FOR VALUES FROM ('${month(n)}') TO ('${month(n + 1)}')`,
    ),
    'CREATE TABLE events_rest PARTITION OF events DEFAULT',
    ...MONTHS.map(
      (n) =>
        `INSERT INTO events SELECT ${n} * 1000000 + n, timestamptz '${month(n)}' + n * interval '30 seconds', 1 + (n * 7) % 20000, n % 12, repeat('p', 80) FROM generate_series(1, ${PER_MONTH}) n`,
    ),
    'CREATE INDEX events_at ON events USING brin (at)',
    'CREATE INDEX events_at_kind ON events (at, kind)',
    `CREATE TABLE readings (device_id int NOT NULL, day date NOT NULL, value int NOT NULL, PRIMARY KEY (device_id, day)) PARTITION BY HASH (device_id)`,
    ...[0, 1].map(
      (n) => `CREATE TABLE readings_${n} PARTITION OF readings FOR VALUES WITH (MODULUS 2, REMAINDER ${n})`,
    ),
    `INSERT INTO readings SELECT 1 + n % 20000, date '2026-01-01' + n / 20000, n % 100 FROM generate_series(1, 120000) n`,
    `CREATE TABLE alerts (id serial PRIMARY KEY, device_id int NOT NULL, open boolean NOT NULL, words text NOT NULL);
     INSERT INTO alerts (device_id, open, words) SELECT 1 + n % 20000, n % 200 = 0, repeat('a', 100) FROM generate_series(1, 100000) n;
     SELECT setval('alerts_id_seq', 1900000000)`,
    `CREATE UNLOGGED TABLE inbox (id bigint, payload text); INSERT INTO inbox SELECT n, repeat('i', 100) FROM generate_series(1, 50000) n`,
    `CREATE TABLE raw (id bigint GENERATED ALWAYS AS IDENTITY, payload text); INSERT INTO raw (payload) SELECT repeat('r', 100) FROM generate_series(1, 50000) n`,
  ],
  // As autovacuum does it: the leaves, never a parent.
  analyze: [
    `VACUUM (FREEZE, ANALYZE) devices, alerts, inbox, raw, readings_0, readings_1, events_rest, ${MONTHS.map((n) => `events_${n}`).join(', ')}`,
  ],
  opening: ['ANALYZE readings'],
  ops: [
    {
      name: 'events of a device',
      calls: 60,
      sql: 'SELECT id, kind FROM events WHERE device_id = $1',
      values: ({ random }) => [int(random, 1, 20_000)],
    },
    { name: 'count all events', calls: 6, sql: 'SELECT count(*) FROM events' },
    { name: 'sample devices', calls: 12, sql: 'SELECT id, serial FROM devices ORDER BY random() LIMIT 5' },
    {
      name: 'open alerts',
      calls: 60,
      sql: 'SELECT id, device_id FROM alerts WHERE open AND device_id = $1',
      values: ({ random }) => [int(random, 1, 20_000)],
    },
    {
      name: 'new events',
      calls: 80,
      sql: "INSERT INTO events SELECT $1::bigint + n, timestamptz '2026-06-20' + n * interval '1 second', 1 + n % 20000, n % 12, repeat('w', 1700) FROM generate_series(1, 300) n",
      values: ({ week, nth }) => [week * 100_000_000 + nth * 10_000],
    },
    {
      name: 'alerts by serial',
      calls: 40,
      sql: 'SELECT d.serial, a.words FROM devices d JOIN alerts a ON a.device_id = d.id WHERE d.serial = $1',
      values: ({ random }) => [`serial${int(random, 1, 20_000)}`],
    },
    // Innocent.
    {
      name: 'an hour',
      calls: 300,
      sql: "SELECT id, device_id FROM events WHERE at >= $1::timestamptz AND at < $1::timestamptz + interval '10 minutes'",
      values: ({ random }) => [`2026-0${int(random, 1, 5)}-${int(random, 10, 20)} 0${int(random, 0, 9)}:00`],
    },
    {
      name: 'one event',
      calls: 600,
      sql: 'SELECT kind, payload FROM events WHERE id = $1 AND at = $2',
      values: ({ random }) => {
        const n = int(random, 1, 60_000);
        return [1_000_000 + n, new Date(Date.UTC(2026, 0, 1) + n * 30_000).toISOString()];
      },
    },
    {
      name: 'device by serial',
      calls: 600,
      sql: 'SELECT id FROM devices WHERE serial = $1',
      values: ({ random }) => [`serial${int(random, 1, 60_000)}`],
    },
    {
      name: 'kinds of a day',
      calls: 30,
      sql: "SELECT kind, count(*) FROM events WHERE at >= $1::timestamptz AND at < $1::timestamptz + interval '1 day' GROUP BY kind",
      values: ({ random }) => [`2026-0${int(random, 1, 5)}-${int(random, 10, 20)}`],
    },
    {
      name: 'readings of a device',
      calls: 600,
      sql: 'SELECT day, value FROM readings WHERE device_id = $1',
      values: ({ random }) => [int(random, 1, 20_000)],
    },
    { name: 'models', calls: 10, sql: 'SELECT model, count(*) FROM devices GROUP BY model' },
    {
      name: 'empty the inbox',
      calls: 40,
      sql: "UPDATE inbox SET payload = 'done' WHERE id = $1",
      values: ({ nth, week }) => [week * 1000 + nth],
    },
    { name: 'raw in', calls: 600, sql: "INSERT INTO raw (payload) VALUES (repeat('q', 100))" },
  ],
  doctored: ['the statistics are 60 days old, so that an index can be called unread'],
  planted: [
    {
      advisors: ['missing-indexes'],
      table: 'events',
      says: 'device_id',
      why: 'asks for one device and reads every partition',
    },
    { advisors: ['repeated-counts'], statement: 'count all events', why: 'counts the whole log again and again' },
    { advisors: ['random-order'], statement: 'sample devices', why: 'sorts all devices at random for five' },
    {
      advisors: ['missing-indexes'],
      table: 'alerts',
      says: 'device_id',
      why: 'open alerts of a device read all alerts',
    },
    {
      advisors: ['partitioned-tables-never-analyzed', 'stale-statistics'],
      table: 'events',
      why: 'autovacuum never analyses a parent',
    },
    { advisors: ['sequences-near-their-end'], table: 'alerts', why: 'a serial at 88 % of an integer' },
    { advisors: ['duplicate-indexes'], index: 'devices_serial', why: 'devices_serial_model begins with it' },
    { advisors: ['requested-checkpoints'], setting: 'max_wal_size', why: 'WAL forces checkpoint after checkpoint' },
  ],
  innocents: [
    {
      advisors: ['unused-indexes', 'duplicate-indexes', 'overlapping-indexes'],
      index: 'events_at',
      why: 'BRIN of some pages beside a btree',
    },
    ...MONTHS.map((n) => ({
      advisors: ['unused-indexes', 'duplicate-indexes'],
      index: `events_${n}_at_kind_idx`,
      why: 'part of a partitioned index',
    })),
    {
      advisors: ['partitioned-tables-never-analyzed', 'stale-statistics'],
      table: 'readings',
      why: 'somebody analyses it',
    },
    {
      advisors: ['tables-without-primary-key', 'missing-indexes'],
      table: 'inbox',
      why: 'unlogged: a buffer that may be lost',
    },
    { advisors: ['tables-without-primary-key'], table: 'raw', why: 'only ever inserted into' },
    { advisors: ['unused-indexes'], index: 'devices_model', why: 'small' },
    {
      advisors: ['missing-indexes', 'repeated-counts', 'unbounded-results'],
      statement: 'kinds of a day',
      why: 'reads what it counts',
    },
    { advisors: ['repeated-counts'], statement: 'models', why: 'groups' },
  ],
  alsoTrue: [
    {
      advisors: ['stale-statistics'],
      table: 'events_6',
      why: 'The load adds 24,000 rows to its 60,000, and nothing analyses it.',
    },
    { advisors: ['slow-and-frequent-statements'], statement: 'count all events', why: 'Its mean is above 50 ms.' },
  ],
};
