/** Every form of index, statistics and storage that advice prints: tables that need them, and the snapshot that says so. */
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { aNode, aPlan } from '../support/plans.ts';
import { aColumn, aDatabase, anIndex, aSnapshot, aStatement, aTable } from '../support/rows.ts';

export const FORMS = [
  'CREATE TABLE jobs (id bigint PRIMARY KEY, queue text, "Made at" timestamp, done_at timestamp, failed boolean)',
  `INSERT INTO jobs SELECT n, 'q' || n % 5, timestamp '2026-01-01' + n * interval '1 minute',
    CASE WHEN n % 100 > 0 THEN now() END, n % 101 = 0 FROM generate_series(1, 20000) n`,
  'CREATE TABLE people (id bigint PRIMARY KEY, "Email" varchar(80), name text, seen timestamp, city text, area text)',
  `INSERT INTO people SELECT n, 'U' || n, md5(n::text), now(), 'c' || n % 90, 'a' || n % 9 FROM generate_series(1, 20000) n`,
  'CREATE TABLE events (id bigint, "Kind of" text, day date) PARTITION BY RANGE (day)',
  "CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2025-01-01')",
  `CREATE TABLE "Events new" PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2030-01-01') PARTITION BY LIST (day)`,
  'CREATE TABLE events_rest PARTITION OF "Events new" DEFAULT',
  "INSERT INTO events SELECT n, 'k' || n % 5000, date '2023-01-01' + n % 1200 FROM generate_series(1, 20000) n",
  'CREATE TABLE counters (id int PRIMARY KEY, hits int)',
  'INSERT INTO counters SELECT n, 0 FROM generate_series(1, 20000) n',
  'ANALYZE',
];

const scanned = { sequentialScans: 10_000, sequentialRowsRead: 1e10 };
const kind = [
  aColumn('id'),
  aColumn('Kind of', { type: 'text', distinct: 5_000 }),
  aColumn('day', { type: 'date', distinct: 1_200 }),
];
const part = (table: string, partitionOf?: string, partitioned = false) =>
  aTable({
    ...{ table, columns: kind, partitioned, partitionOf },
    ...(partitioned ? { liveRows: 0, sequentialRowsRead: 0 } : { sequentialScans: 1_000, sequentialRowsRead: 1e9 }),
  });

const TEXTS = [
  'SELECT * FROM jobs WHERE done_at IS NULL ORDER BY "Made at" LIMIT $1',
  'SELECT * FROM jobs WHERE failed AND queue = $1',
  'SELECT * FROM jobs WHERE queue = $1 ORDER BY "Made at" DESC NULLS LAST, id LIMIT $2',
  'SELECT queue FROM jobs WHERE "Made at" > $1',
  'SELECT id FROM people WHERE lower("Email") = $1',
  'SELECT id FROM people WHERE name ILIKE $1',
  'SELECT id FROM people WHERE seen::date = $1',
  'SELECT * FROM events WHERE "Kind of" = $1',
];

const unlikely = aPlan(
  aNode('Seq Scan', { schema: 'public', table: 'people', rows: 12, filter: '((city = $1) AND (area = $2))' }),
);

export const forms: Snapshot = aSnapshot({
  databases: [aDatabase()],
  tables: [
    aTable({
      ...scanned,
      table: 'jobs',
      pages: 25_600,
      allVisiblePages: 25_600,
      columns: [
        aColumn('id'),
        aColumn('queue', { type: 'text', distinct: 5, averageBytes: 6 }),
        aColumn('Made at', { type: 'timestamp without time zone' }),
        aColumn('done_at', { type: 'timestamp without time zone', notNull: false, nullShare: 0.01 }),
        aColumn('failed', { type: 'boolean', distinct: 2, trueShare: 0.01, averageBytes: 1 }),
      ],
    }),
    aTable({
      ...scanned,
      table: 'people',
      columns: [
        aColumn('id'),
        aColumn('Email', { type: 'character varying(80)', averageBytes: 24 }),
        aColumn('name', { type: 'text', averageBytes: 32 }),
        aColumn('seen', { type: 'timestamp without time zone' }),
        aColumn('city', { type: 'text', distinct: 90 }),
        aColumn('area', { type: 'text', distinct: 9 }),
      ],
    }),
    part('events', undefined, true),
    part('events_old', 'public.events'),
    part('Events new', 'public.events', true),
    part('events_rest', 'public.Events new'),
    aTable({ table: 'counters', rowsUpdated: 9e7, rowsHotUpdated: 0, rowsUpdatedToNewPage: 8e7, storage: {} }),
  ],
  indexes: ['jobs', 'people', 'counters'].map((table) =>
    anIndex({
      table,
      index: `${table}_pkey`,
      columns: ['id'],
      unique: true,
      primary: true,
      constraint: `${table}_pkey`,
    }),
  ),
  statements: [
    ...TEXTS.map((text, at) =>
      aStatement({
        ...{ queryid: String(at + 1), text, calls: 1_000, totalTimeMs: 2_000_000 },
        ...{
          rows: text.startsWith('SELECT queue') ? 200_000 : 20_000,
          sharedBlocksHit: 25_600_000,
          sharedBlocksRead: 0,
        },
      }),
    ),
    aStatement({
      ...{ queryid: '99', text: 'SELECT id FROM people WHERE city = $1 AND area = $2', plan: unlikely },
      ...{ calls: 1_000, totalTimeMs: 3_600_000, rows: 20_000_000 },
    }),
  ],
});

/** What must be among what was printed, so that none of it drops out unseen. */
export const PRINTED: readonly RegExp[] = [
  /^CREATE INDEX CONCURRENTLY .* WHERE /,
  /^CREATE INDEX CONCURRENTLY .* INCLUDE \(/,
  /^CREATE INDEX CONCURRENTLY .* DESC NULLS LAST/,
  /^CREATE INDEX CONCURRENTLY .*lower\(/,
  /^CREATE INDEX CONCURRENTLY .*::date/,
  /^CREATE INDEX CONCURRENTLY .* USING gin \(name gin_trgm_ops\)/,
  /^CREATE EXTENSION /,
  /^CREATE INDEX .* ON ONLY /,
  /^ALTER INDEX .* ATTACH PARTITION /,
  /^CREATE STATISTICS /,
  /^ALTER TABLE .* SET \(fillfactor/,
];
