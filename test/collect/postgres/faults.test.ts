import { connect, createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { PostgresError } from '../../../lib/collect/postgres/errors.ts';
import { readPostgres } from '../../../lib/collect/postgres/read.ts';
import { createPostgres, type PostgresOptions, type PostgresSource } from '../../../lib/collect/postgres/source.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded();

const takenAt = '2027-01-01T00:00:00.000Z';
const read = (options: PostgresOptions) =>
  readPostgres({
    source: createPostgres(options),
    window: { start: '2026-12-25T00:00:00.000Z', end: takenAt },
    previous: null,
    takenAt,
    progress: () => {},
  });

async function failure(options: PostgresOptions): Promise<PostgresError> {
  const error = await read(options).then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof PostgresError)) throw new Error(`expected a PostgresError, got ${String(error)}`);
  return error;
}

const urlWith = (change: (url: URL) => void, database = 'postgres') => {
  const url = new URL(server.url(database));
  change(url);
  return url.href;
};

async function listening(handle: Parameters<typeof createServer>[1]): Promise<{ port: number; server: Server }> {
  const fake = createServer({}, handle);
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  const address = fake.address();
  return { port: address !== null && typeof address === 'object' ? address.port : 0, server: fake };
}

it.each(['postgres://u:12#34@h/db', 'postgres://u:%zz12@h/db', 'postgres://u@h/%ff'])(
  'an address that would be read otherwise than it was meant is refused without repeating it: %s',
  (url) => {
    const attempt = () => createPostgres({ url });
    expect(attempt).toThrow(/write # and % .* as %23 and %25/);
    expect(attempt).not.toThrow(/12|34|zz/);
  },
);

describe('a server that cannot be read', () => {
  it('refuses the password: says who and where, and never the password', async () => {
    const url = urlWith((at) => {
      at.password = 'canary-password';
    });
    const error = await failure({ url });
    expect(error.message).toBe(
      `PostgreSQL at 127.0.0.1:${server.port}/postgres refused the password of role postgres ` +
        '(password authentication failed for user "postgres"). Check user and password of the URL.',
    );
    expect(error.code).toBe('28P01');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('lets go of the server when the URL has no password', async () => {
    let closed = 0;
    const { port, server: proxy } = await listening((socket) => {
      const upstream = connect(server.port, '127.0.0.1');
      socket
        .on('error', () => {})
        .on('close', () => {
          closed += 1;
          upstream.destroy();
        });
      socket
        .pipe(upstream)
        .on('error', () => {})
        .pipe(socket);
    });
    const error = await failure({ url: `postgres://postgres@127.0.0.1:${port}/postgres` });
    expect(error.message).toContain('asked for a password and the URL has none');
    await expect.poll(() => closed).toBe(1);
    proxy.close();
  });

  it('takes the password from the option before the one in the URL', async () => {
    const password = decodeURIComponent(new URL(server.url()).password);
    const url = urlWith((at) => {
      at.password = 'wrong';
    });
    expect((await read({ url, password })).databases.length).toBeGreaterThan(0);
  });

  it('has no such database', async () => {
    const error = await failure({ url: server.url('nowhere') });
    expect(error.message).toContain('has no such database (database "nowhere" does not exist). Name a database');
  });

  it('refuses the connection', async () => {
    const { port, server: fake } = await listening(() => {});
    await new Promise((resolve) => fake.close(resolve));
    const error = await failure({ url: `postgres://someone:canary-password@127.0.0.1:${port}/shop` });
    expect(error.message).toMatch(
      new RegExp(`^PostgreSQL at 127.0.0.1:${port}/shop refused the connection .* Check host and port`),
    );
    expect(error.message).not.toContain('canary');
  });

  it('has a name that nobody knows', async () => {
    const error = await failure({ url: 'postgres://someone@nowhere.invalid/shop' });
    expect(error.message).toMatch(/^PostgreSQL at nowhere.invalid:5432\/shop cannot be found .* Check the host name/);
  });

  it('is silent', async () => {
    const { port, server: fake } = await listening((socket) => socket.on('error', () => {}));
    try {
      const error = await failure({ url: `postgres://someone@127.0.0.1:${port}/shop`, connectTimeoutMs: 200 });
      expect(error.message).toContain('did not answer in time');
      expect(error.message).toContain('security group');
    } finally {
      fake.close();
    }
  });

  it('offers no TLS though the URL asks for it', async () => {
    const url = urlWith((at) => at.searchParams.set('sslmode', 'require'));
    expect((await failure({ url })).message).toContain('does not offer TLS');
  });

  it('is asked for with a certificate file that is not there', async () => {
    const url = urlWith((at) => at.searchParams.set('sslrootcert', '/nowhere/ca.pem'));
    expect((await failure({ url })).message).toMatch(/ENOENT.*\/nowhere\/ca\.pem.*check sslrootcert/);
  });

  it('lets the role not in', async () => {
    await server.run(server.url(), 'CREATE ROLE closed LOGIN PASSWORD $$x$$ CONNECTION LIMIT 0');
    const url = urlWith((at) => {
      at.username = 'closed';
      at.password = 'x';
    });
    expect((await failure({ url })).message).toContain('has no free connection');
    const nologin = urlWith((at) => {
      at.username = 'pg_monitor';
      at.password = 'x';
    });
    expect((await failure({ url: nologin })).code).toMatch(/^28/);
  });

  it('is too old to be read', async () => {
    // There is no PostgreSQL 12 here; only its answer to the first question matters.
    const line = { version_num: 120_022, version_text: 'PostgreSQL 12.22', started_at: 1, block_size: 8192 };
    const rows = [{ ...line, max_connections: 100, reserved_connections: 3, role: 'r', reads_all: true }];
    const source: PostgresSource = {
      name: 'old:5432',
      database: 'shop',
      user: 'r',
      now: () => 0,
      session: (_, work) =>
        work({
          ask: <Row>() => Promise.resolve(rows as unknown as readonly Row[]),
          transaction: () => Promise.reject(new Error('nothing is asked of a server that is too old')),
        }),
    };
    const input = { window: { start: takenAt, end: takenAt }, previous: null, takenAt, progress: () => {} };
    await expect(readPostgres({ source, ...input })).rejects.toThrow(
      'PostgreSQL at old:5432 is version 12.22; pg-hunt reads 13 and later. Upgrade the server',
    );
  });

  it('is no URL at all, and is not repeated', () => {
    expect(() => createPostgres({ url: 'canary' })).toThrow(PostgresError);
    expect(() => createPostgres({ url: 'http://canary@host' })).toThrow(/^((?!canary).)*$/);
  });
});

describe('a server that shows only a part', () => {
  it('has no pg_stat_statements: a gap with the exact steps, and the rest is read', async () => {
    await server.database('bare', 'CREATE TABLE t (x int)');
    const reading = await read({ url: server.url('bare') });
    expect(reading.statements).toEqual([]);
    expect(reading.spans.statement).toBeUndefined();
    expect(reading.gaps).toEqual([
      {
        kind: 'statement',
        measures: [],
        source: 'postgres',
        absence: 'not-exported',
        reason: 'The extension pg_stat_statements is in no database that could be seen.',
        remedy: 'Run CREATE EXTENSION pg_stat_statements; in the database of the URL.',
      },
    ]);
    expect(reading.tables.map((row) => row.table)).toEqual(['t']);
  });

  it('finds pg_stat_statements in whichever database it is', async () => {
    await server.database('zz', 'CREATE SCHEMA "Odd name"', 'CREATE EXTENSION pg_stat_statements SCHEMA "Odd name"');
    const reading = await read({ url: server.url() });
    expect(reading.statements.length).toBeGreaterThan(0);
    expect(reading.gaps.map((gap) => gap.measures)).toEqual([['planTimeMs']]);
  });

  it('gives a low role what it may see, and names the grants for the rest', async () => {
    await server.run(
      server.url(),
      'CREATE ROLE "lo""w" LOGIN PASSWORD $$x$$',
      'REVOKE CONNECT ON DATABASE bare FROM PUBLIC',
      'GRANT USAGE ON SCHEMA "public" TO PUBLIC',
    );
    await server.run(
      server.url('zz'),
      'GRANT USAGE ON SCHEMA "Odd name" TO PUBLIC',
      'CREATE TABLE hidden AS SELECT 1 AS x',
    );
    await server.run(server.url('zz'), 'ANALYZE hidden');
    const url = urlWith((at) => {
      at.username = encodeURIComponent('lo"w');
      at.password = 'x';
    }, 'zz');
    const reading = await read({ url });
    expect(reading.blindDatabases).toEqual(['bare']);
    const hidden = reading.tables.find((row) => row.table === 'hidden');
    expect(hidden).toMatchObject({
      columns: [{ name: 'x', type: 'integer', notNull: false }],
      sequentialScans: expect.any(Number),
    });
    expect(reading.server.idleSessions).toBeUndefined();
    expect(reading.server.idleInTransactionSessions).toBeUndefined();
    expect(JSON.stringify(reading.statements)).not.toContain('insufficient');
    const gaps = reading.gaps.map(
      ({ kind, absence, database, remedy }) => `${kind} ${absence} ${database ?? ''}: ${remedy}`,
    );
    expect(gaps).toEqual([
      'table no-right zz: Run GRANT pg_read_all_data TO "lo""w"; as a superuser, if it may read the data.',
      'table unreachable bare: Run GRANT CONNECT ON DATABASE "bare" TO "lo""w"; as a superuser or its owner.',
      'index unreachable bare: Run GRANT CONNECT ON DATABASE "bare" TO "lo""w"; as a superuser or its owner.',
      'server no-right : Run GRANT pg_monitor TO "lo""w"; as a superuser.',
      'statement no-right : Run GRANT pg_read_all_stats TO "lo""w"; as a superuser (pg_monitor contains it).',
      expect.stringContaining('statement not-exported : Set pg_stat_statements.track_planning'),
    ]);
    await server.run(
      server.url(),
      'GRANT pg_monitor TO "lo""w"',
      'GRANT pg_read_all_data TO "lo""w"',
      'GRANT CONNECT ON DATABASE bare TO "lo""w"',
    );
    const more = await read({ url });
    expect(more.gaps.map((gap) => gap.measures)).toEqual([['planTimeMs']]);
    expect(more.blindDatabases).toEqual([]);
  });

  it('does not time reads or count rows when that is switched off', async () => {
    await server.run(
      server.url('zz'),
      "ALTER SYSTEM SET track_io_timing = 'off'",
      "ALTER SYSTEM SET track_counts = 'off'",
      'SELECT pg_reload_conf()',
    );
    try {
      await server.run(server.url('zz'), 'SELECT pg_sleep(0.2)');
      const reading = await read({ url: server.url('zz') });
      expect(reading.statements[0]?.blockReadTimeMs).toBeUndefined();
      expect(reading.tables[0]?.sequentialScans).toBeUndefined();
      expect(reading.databases[0]?.commits).toBeUndefined();
      const gaps = reading.gaps.filter((gap) => gap.absence === 'not-exported');
      expect(gaps.map((gap) => `${gap.kind}: ${gap.remedy}`)).toEqual([
        'statement: Set track_io_timing to on (reload is enough).',
        expect.stringContaining('track_planning'),
        'database: Set track_counts to on (reload is enough).',
        'table: Set track_counts to on (reload is enough).',
        'index: Set track_counts to on (reload is enough).',
      ]);
    } finally {
      await server.run(server.url(), 'ALTER SYSTEM RESET ALL', 'SELECT pg_reload_conf()');
    }
  });

  it('is asked no more than its share of time allows; what was not read is said, database by database', async () => {
    let seconds = 0;
    // Each question begins and ends a second apart: thirty seconds are thirty questions.
    const now = () => {
      seconds += 0.5;
      return seconds * 1000;
    };
    const source = { ...createPostgres({ url: server.url('zz') }), now };
    const window = { start: takenAt, end: takenAt };
    const readFor = (budgetMs: number) => {
      seconds = 0;
      return readPostgres({ source, window, previous: null, takenAt, budgetMs, progress: () => {} });
    };
    const whole = await readFor(1_000_000);
    expect(whole.blindDatabases).toEqual([]);
    const cut = await readFor(30_000);
    expect(cut.load.postgres).toMatchObject({ queries: 60, budgetMs: 30_000 });
    expect(cut.blindDatabases.length).toBeGreaterThan(0);
    const reason = 'the 30 s that a hunt may take of a server were used up';
    const told = cut.gaps.filter((gap) => gap.reason.includes(reason));
    // Nothing more is asked of a database then: one gap for its tables, one for its indexes.
    for (const database of cut.blindDatabases) {
      const own = told.filter((gap) => gap.database === database).map(({ kind, remedy }) => [kind, remedy]);
      expect(own).toEqual([
        ['table', 'Run again at a quieter time.'],
        ['index', 'Run again at a quieter time.'],
      ]);
    }
  });
});
