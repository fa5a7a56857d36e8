/** Indexes of every shape on a real server: the printed statement makes the planner use it, and the rollback undoes it. */
import { describe, expect, it } from 'vitest';
import { advise } from '../../../lib/advise/advise.ts';
import { indexCandidates } from '../../../lib/advise/index/index-candidates.ts';
import { missingIndexes } from '../../../lib/advise/index/missing-indexes.ts';
import type { KeyedFinding } from '../../../lib/model/outcome.ts';
import { useEmbedded } from '../../support/embedded.ts';
import { aColumn, anIndex, aSnapshot, aStatement, aTable } from '../../support/rows.ts';

const server = useEmbedded();

const jobs = aTable({
  table: 'jobs',
  columns: [
    aColumn('id'),
    aColumn('queue', { type: 'text', distinct: 5, averageBytes: 6 }),
    aColumn('Made at', { type: 'timestamp without time zone' }),
    aColumn('done_at', { type: 'timestamp without time zone', notNull: false, nullShare: 0.01 }),
    aColumn('failed', { type: 'boolean', distinct: 2, trueShare: 0.01, averageBytes: 1 }),
    aColumn('kept', { type: 'boolean', distinct: 2, trueShare: 0.99, averageBytes: 1 }),
  ],
  sequentialScans: 10_000,
  sequentialRowsRead: 1e10,
  pages: 25_600,
  allVisiblePages: 25_600,
});
const shapes = [
  ['SELECT * FROM jobs WHERE done_at IS NULL ORDER BY "Made at" LIMIT $1', '("Made at") WHERE (done_at IS NULL)'],
  ['SELECT * FROM jobs WHERE failed AND queue = $1', 'WHERE failed'],
  ['SELECT * FROM jobs WHERE NOT kept AND "Made at" > $1', '("Made at") WHERE (NOT kept)'],
  ['SELECT * FROM jobs WHERE NOT kept AND failed', '(id) WHERE (failed AND (NOT kept))'],
  [
    'SELECT * FROM jobs WHERE queue = $1 ORDER BY "Made at" DESC NULLS LAST, id LIMIT $2',
    '(queue, "Made at" DESC NULLS LAST, id)',
  ],
  ['SELECT * FROM jobs ORDER BY "Made at" DESC LIMIT $1', '("Made at")'],
  ['SELECT queue FROM jobs WHERE "Made at" > $1', '("Made at") INCLUDE (queue)'],
] as const;

async function foundFor(text: string): Promise<readonly KeyedFinding[]> {
  const load = { calls: 1_000, totalTimeMs: 2_000_000, rows: 20_000, sharedBlocksHit: 25_600_000, sharedBlocksRead: 0 };
  const snapshot = aSnapshot({
    tables: [jobs],
    indexes: [anIndex({ table: 'jobs', index: 'jobs_pkey', columns: ['id'], unique: true, primary: true })],
    statements: [aStatement({ ...load, ...(text.includes('queue FROM') ? { rows: 200_000 } : {}), text })],
  });
  const [outcome] = await advise(snapshot, [missingIndexes]);
  const [shown] = await indexCandidates(snapshot);
  expect(shown?.definition, 'the planner is asked about the same index').toContain('USING btree');
  return outcome?.state === 'found' ? outcome.findings : [];
}

describe('an index of any shape', () => {
  it('is built as printed, printed by PostgreSQL as we print it, used by its statement, and undone', async () => {
    const url = await server.database(
      'jobs',
      'CREATE TABLE jobs (id bigint PRIMARY KEY, queue text, "Made at" timestamp, done_at timestamp, failed boolean, kept boolean)',
      `INSERT INTO jobs SELECT n, 'q' || n % 5, timestamp '2026-01-01' + n * interval '1 minute',
        CASE WHEN n % 100 > 0 THEN now() END, n % 101 = 0, n % 103 > 0 FROM generate_series(1, 60000) n`,
      'VACUUM ANALYZE jobs',
    );
    const own =
      "SELECT pg_get_indexdef(indexrelid) AS sql FROM pg_index WHERE indrelid = 'jobs'::regclass AND NOT indisprimary";
    for (const [text, shape] of shapes) {
      const [finding, ...more] = await foundFor(text);
      expect(more, text).toEqual([]);
      const explained = `EXPLAIN ${text
        .replace('queue = $1', "queue = 'q1'")
        .replace('> $1', "> '2026-02-11'")
        .replace(/LIMIT \$\d/, 'LIMIT 20')}`;
      expect(JSON.stringify(await server.run(url, explained)), text).toContain('Seq Scan');
      for (const { sql } of finding?.steps ?? []) if (sql !== undefined) await server.run(url, sql);
      const printed = await server.run(url, own);
      expect(printed.map(({ sql }) => String(sql)).join(), text).toContain(shape);
      expect(JSON.stringify(await server.run(url, explained)), text).toContain(finding?.subject.index);
      for (const sql of finding?.risk.rollback ?? []) await server.run(url, sql);
      expect(await server.run(url, own), text).toEqual([]);
    }
  });

  it('has a name of its own beside another on the same columns, whichever is worth more', async () => {
    const texts = [shapes[0][0], shapes[6][0]];
    const load = { calls: 1_000, rows: 20_000, sharedBlocksHit: 25_600_000, sharedBlocksRead: 0 };
    const names = async (times: readonly number[]) => {
      const snapshot = aSnapshot({
        tables: [jobs],
        indexes: [anIndex({ table: 'jobs', index: 'jobs_pkey', columns: ['id'], unique: true, primary: true })],
        statements: texts.map((text, at) =>
          aStatement({ ...load, queryid: String(at), text, totalTimeMs: times[at], rows: at === 0 ? 20_000 : 200_000 }),
        ),
      });
      const [outcome] = await advise(snapshot, [missingIndexes]);
      const findings = outcome?.state === 'found' ? outcome.findings : [];
      return findings.map(({ subject, steps, risk }) => {
        expect(risk.rollback.join()).toContain(`"${subject.index}"`);
        return [subject.index, steps.some(({ sql }) => sql?.includes('WHERE (done_at IS NULL)'))];
      });
    };
    const expected = [
      ['jobs_Made at_idx', false],
      ['jobs_Made at_idx2', true],
    ];
    expect(await names([2_000_000, 1_000_000])).toEqual(expected);
    expect(await names([1_000_000, 2_000_000])).toEqual(expected);
  });

  it('is built on a tree of partitions from its root down, with the locks we name, and goes as one (traps 19, 24, 41)', async () => {
    const url = await server.database(
      'events',
      'CREATE TABLE events (id bigint, "Kind of" text, day date) PARTITION BY RANGE (day)',
      "CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2025-01-01')",
      "CREATE TABLE \"Events new\" PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2030-01-01') PARTITION BY LIST (day)",
      'CREATE TABLE events_rest PARTITION OF "Events new" DEFAULT',
      "INSERT INTO events SELECT n, 'k' || n % 5000, date '2023-01-01' + n % 1200 FROM generate_series(1, 50000) n",
      'VACUUM ANALYZE events',
    );
    const columns = [
      aColumn('id'),
      aColumn('Kind of', { type: 'text', distinct: 5_000 }),
      aColumn('day', { type: 'date' }),
    ];
    const part = (table: string, partitionOf?: string, partitioned = false) =>
      aTable({
        ...{ table, columns, partitioned, partitionOf },
        ...(partitioned ? { liveRows: 0, sequentialRowsRead: 0 } : { sequentialScans: 1_000, sequentialRowsRead: 1e9 }),
      });
    const text = 'SELECT * FROM events WHERE "Kind of" = $1';
    const snapshot = aSnapshot({
      tables: [
        part('events', undefined, true),
        part('events_old', 'public.events'),
        part('Events new', 'public.events', true),
        part('events_rest', 'public.Events new'),
      ],
      statements: [
        aStatement({
          text,
          calls: 1_000,
          totalTimeMs: 2e6,
          rows: 20_000,
          sharedBlocksHit: 25_600_000,
          sharedBlocksRead: 0,
        }),
      ],
    });
    const [outcome] = await advise(snapshot, [missingIndexes]);
    const [finding, ...more] = outcome?.state === 'found' ? outcome.findings : [];
    expect(more).toEqual([]);
    expect(await indexCandidates(snapshot), 'HypoPG cannot be asked').toEqual([]);
    const indexes = `SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index
      WHERE indexrelid::regclass::text LIKE '%Kind of%' ORDER BY 1`;
    const locks = `SELECT relation::regclass::text AS relation, mode FROM pg_locks
      WHERE pid = pg_backend_pid() AND relation::regclass::text ~ '[Ee]vents' ORDER BY 1, 2`;
    const steps = finding?.steps ?? [];
    for (const { sql, lock } of steps) {
      if (sql?.includes('ATTACH') || sql?.includes('ONLY')) {
        const held = await server.run(url, 'BEGIN', sql, locks);
        const modes = held.map(({ mode }) =>
          String(mode)
            .replace(/Lock$/, '')
            .replaceAll(/\B[A-Z]/g, ' $&')
            .toUpperCase(),
        );
        for (const mode of modes) expect(`${lock}, ACCESS EXCLUSIVE on what it creates`).toContain(mode);
      }
      if (sql !== undefined) await server.run(url, sql);
    }
    expect(steps.filter(({ sql }) => sql?.includes('ATTACH'))).toHaveLength(3);
    expect((await server.run(url, indexes)).map(({ valid }) => valid)).toEqual([true, true, true, true]);
    const plan = JSON.stringify(await server.run(url, `EXPLAIN ${text.replace('$1', "'k77'")}`));
    expect(plan).not.toContain('Seq Scan');
    for (const statement of finding?.risk.rollback ?? []) await server.run(url, statement);
    expect(await server.run(url, indexes)).toEqual([]);
  });
});
