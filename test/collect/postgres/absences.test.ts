import { beforeAll, describe, expect, it } from 'vitest';
import { type PostgresReading, readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres, type PostgresOptions } from '../../../lib/collect/postgres/source.ts';
import { postgresQuality, sourceNotes } from '../../../lib/collect/source-quality.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded({ settings: { 'pg_stat_statements.max': '100' } });

const takenAt = '2027-01-01T00:00:00.000Z';
const read = (options: PostgresOptions) =>
  readPostgres({
    source: createPostgres(options),
    window: { start: '2026-12-25T00:00:00.000Z', end: takenAt },
    previous: null,
    takenAt,
    progress: () => {},
  });

const HOUR = 3_600;
let reading: PostgresReading;
beforeAll(async () => {
  await server.database('closed', 'CREATE TABLE kept (x int)');
  // Version 1.8 has neither the columns of 14 and later nor the view that tells of evictions.
  const old = await server.database(
    'old',
    `CREATE EXTENSION pg_stat_statements VERSION '1.8'`,
    'CREATE TABLE idle (x int)',
  );
  await server.run(
    server.url(),
    'CREATE ROLE low LOGIN PASSWORD $$x$$',
    'REVOKE CONNECT ON DATABASE closed FROM PUBLIC',
  );
  await server.run(old, 'SELECT 1');
  const url = new URL(old);
  url.username = 'low';
  url.password = 'x';
  reading = await read({ url: url.href });
});

const absence = (kind: string, of: PostgresReading = reading) =>
  of.gaps.filter((gap) => gap.kind === kind).map((gap) => gap.absence);

describe('what is not there in a catalog', () => {
  it('is zero where PostgreSQL counted and nothing happened: a number and no gap', () => {
    const idle = reading.tables.find((row) => row.table === 'idle');
    expect(idle).toMatchObject({ rowsInserted: 0, sequentialScans: 0, deadRows: 0 });
    expect(reading.gaps.filter(({ measures }) => measures.includes('rowsInserted'))).toEqual([]);
  });

  it('is unsupported where the extension is too old to have the column: no number, and the upgrade named', () => {
    const gap = reading.gaps.find((each) => each.kind === 'statement' && each.absence === 'unsupported');
    expect(gap).toMatchObject({
      measures: expect.arrayContaining(['tempBlockReadTimeMs', 'jitFunctions', 'walBuffersFull']),
      remedy: expect.stringContaining('ALTER EXTENSION pg_stat_statements UPDATE'),
    });
    for (const name of gap?.measures ?? []) expect(reading.statements.some((row) => name in row)).toBe(false);
  });

  it('is beyond our rights where the role may not see it, and out of reach where it may not connect', () => {
    expect(absence('server')).toContain('no-right');
    expect(reading.gaps.find((gap) => gap.database === 'closed')).toMatchObject({ absence: 'unreachable' });
    expect(reading.blindDatabases).toContain('closed');
  });

  it('is truncated where pg_stat_statements threw entries away', async () => {
    const full = await server.database('full', 'CREATE EXTENSION pg_stat_statements');
    const columns = Array.from(
      { length: 160 },
      (_, place) => `SELECT 1 AS c${place}, 2 AS d${place % 7}, ${place} AS e${place}`,
    );
    await server.run(full, ...columns);
    const cut = await read({ url: full });
    expect(absence('statement', cut)).toContain('truncated');
    expect(cut.server.statementEvictions).toBeGreaterThan(0);
    const gap = cut.gaps.find((each) => each.absence === 'truncated');
    expect(gap?.remedy).toContain('Raise pg_stat_statements.max');
    // It began anew for this test; a server without evictions is not called cut.
    expect(postgresQuality(cut).truncated).toEqual(['statement']);
  });
});

it('a server whose clock is an hour ahead of ours says so, one that agrees does not', async () => {
  const notes = async (behind: number) => {
    const seen = await read({ url: server.url('old'), clock: () => Date.now() - behind * 1000 });
    return {
      skew: seen.skewSeconds ?? 0,
      notes: sourceNotes(postgresQuality(seen)).filter((note) => /clock/.test(note)),
    };
  };
  const ahead = await notes(HOUR);
  expect(Math.abs(ahead.skew - HOUR)).toBeLessThan(60);
  expect(ahead.notes).toEqual([expect.stringMatching(/^The clock of PostgreSQL is \d+ minutes ahead of ours/)]);
  expect((await notes(0)).notes).toEqual([]);
});
