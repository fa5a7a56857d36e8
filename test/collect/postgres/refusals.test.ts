/**
 * A managed service refuses some question or other: what a real server answered once is answered again from memory, less
 * one question, in each way that RDS, Aurora and Cloud SQL refuse.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { PostgresError } from '../../../lib/collect/postgres/errors.ts';
import { type PostgresReading, readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres, type PostgresSource, type Session } from '../../../lib/collect/postgres/source.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded({ settings: { wal_level: 'logical' } });
const takenAt = '2026-11-22T00:00:00.000Z';
const read = (source: PostgresSource) =>
  readPostgres({ source, window: { start: takenAt, end: takenAt }, previous: null, takenAt, progress: () => {} });

const answers = new Map<string, readonly unknown[]>();
const asked: string[] = [];
let source: PostgresSource;
let whole: PostgresReading;

beforeAll(async () => {
  // As RDS asks its customers to keep extensions: in a schema of their own.
  const url = await server.database(
    'managed',
    'CREATE SCHEMA "Ext ""1"""',
    'CREATE EXTENSION pg_stat_statements SCHEMA "Ext ""1"""',
    'CREATE ROLE rds_superuser',
    'CREATE TABLE t (id serial PRIMARY KEY, a text)',
    'INSERT INTO t (a) SELECT n FROM generate_series(1, 100) n',
    'CREATE INDEX t_a ON t (a)',
    'ANALYZE t',
    "SELECT count(*) FROM t WHERE a = 'x'",
    "SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')",
  );
  source = createPostgres({ url });
  const recording: PostgresSource = {
    ...source,
    session: (database, work) =>
      source.session(database, (session) =>
        work({
          ...session,
          ask: async <Row>(sql: string) => {
            const rows = await session.ask<Row>(sql);
            answers.set(JSON.stringify([database ?? source.database, sql]), rows);
            if (!asked.includes(sql)) asked.push(sql);
            return rows;
          },
        }),
      ),
  };
  whole = await read(recording);
});

class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** `refuses`: null for what is answered as it was. */
const replay = (refuses: (sql: string) => Refused | null): PostgresSource => ({
  ...source,
  session: async (database, work) => {
    const session: Session = {
      ask: async <Row>(sql: string) => {
        const refusal = refuses(sql);
        if (refusal !== null) throw refusal;
        return (answers.get(JSON.stringify([database ?? source.database, sql])) ?? []) as readonly Row[]; // recorded by the same SQL
      },
      transaction: () => Promise.reject(new Refused('42501', 'permission denied')),
    };
    return work(session);
  },
});

const refusals = [
  ['a missing right', '42501', 'permission denied for function pg_stat_get_wal_senders', 'no-right'],
  ['what Aurora does not support', '0A000', 'Function pg_current_wal_lsn() is currently not supported', 'unsupported'],
  ['a function that is not there', '42883', 'function pg_ls_waldir() does not exist', 'unsupported'],
  ['a statement timeout', '57014', 'canceling statement due to statement timeout', 'unreachable'],
] as const;

/** Sizes have an estimate beside them, waits are a sample, and what plans lack is said with each statement. */
const HAVE_ANOTHER = /pg_relation_size|AS events|search_path=|distrusted/;

describe('a service that is PostgreSQL but for one question', () => {
  it('is known by its marks, and its statements are found in whichever schema they are', () => {
    expect(whole.server.platform).toBe('rds');
    expect(whole.statements.some(({ text }) => text === 'SELECT count(*) FROM t WHERE a = $1')).toBe(true);
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.some((sql) => sql.includes('pg_ls_'))).toBe(false);
  });

  it.each(refusals.map((refusal, nth) => [...refusal, nth] as const))(
    'that refuses for %s loses that answer, with the reason, and no other',
    async (_, code, said, absence, nth) => {
      // Each question once, in one of the ways.
      const turn = asked.filter((_each, at) => at % refusals.length === nth);
      expect(turn.length).toBeGreaterThan(7);
      for (const refused of turn) {
        const about = refused.slice(0, 400);
        const reading = await read(replay((sql) => (sql === refused ? new Refused(code, said) : null))).catch(
          (error: unknown) => error,
        );
        if (refused.includes('server_version_num')) {
          expect(reading, about).toBeInstanceOf(PostgresError);
          continue;
        }
        if (reading instanceof Error) throw new Error(`${reading.message} after refusing ${about}`);
        const { gaps, tables, indexes, statements } = reading as PostgresReading;
        const own = gaps.filter(({ reason }) => !whole.gaps.some((gap) => gap.reason === reason));
        const retried = code === '0A000' && /pg_wal_lsn_diff/.test(refused) && !/replay_timestamp/.test(refused);
        if (!HAVE_ANOTHER.test(refused) && !retried) {
          expect(
            own.filter(({ reason }) => reason.includes(said)).map((gap) => gap.absence),
            about,
          ).toContain(absence);
        }
        for (const { reason, remedy } of own)
          expect([reason, remedy], about).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
        // What is not asked by this question is still there.
        if (!refused.includes('pg_stat_get_ins_since_vacuum')) expect(tables.length, about).toBe(whole.tables.length);
        if (!/pg_get_indexdef|pg_get_keywords/.test(refused)) expect(indexes.length, about).toBe(whole.indexes.length);
        if (!/pg_stat_statements/.test(refused)) expect(statements.length, about).toBe(whole.statements.length);
      }
    },
  );

  it('that tells no position in WAL, as Aurora, still shows its slots', async () => {
    const aurora = await read(
      replay((sql) => (/pg_current_wal_lsn/.test(sql) ? new Refused('0A000', 'not supported') : null)),
    );
    expect(aurora.gaps.filter(({ reason }) => reason.includes('not supported'))).toEqual([]);
  });
});
