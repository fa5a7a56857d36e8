/** The way to one server: read-only transactions, short timeouts, one connection at a time. */
import { Socket } from 'node:net';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { codeOf, connectionError, messageOf, PostgresError } from './errors.ts';
import { rdsToken } from './rds-token.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Instead of one in the URL. */
  readonly password?: string | undefined;
  /** Instead of either, a token of RDS IAM authentication. */
  readonly rdsIam?: boolean | undefined;
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** What measuring bloat may read in a run. */
  readonly bloatBytes?: number | undefined;
  /** Milliseconds since 1970; a parameter for the tests' sake. */
  readonly clock?: () => number;
}

/** Inside of it statements run one after the other, each in a read-only transaction of its own. */
export interface Session {
  /** The caller's SQL decides the shape of the rows; counters are cast to double precision there. */
  ask<Row>(sql: string, limits?: Limits): Promise<readonly Row[]>;
  /** Several in one transaction, which is always rolled back; `settings` hold in it alone. */
  transaction<Answer>(settings: Settings, work: (query: Query) => Promise<Answer>): Promise<Answer>;
}

export interface Limits {
  /** Less than the source's own statement timeout, where less is left. */
  readonly timeoutMs?: number;
}

export type Settings = Readonly<Record<string, string>>;
export type Query = <Row>(sql: string, values?: readonly string[]) => Promise<readonly Row[]>;

export interface PostgresSource {
  /** host:port */
  readonly name: string;
  readonly database: string;
  readonly user: string;
  readonly bloatBytes?: number;
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Ours, to hold the server's against. */
  readonly clock?: () => number;
  /** `database`: another one of the same server; null: the URL's. */
  session<Answer>(database: string | null, work: (session: Session) => Promise<Answer>): Promise<Answer>;
}

/** Marks our own statements in pg_stat_statements, which keeps comments inside of a statement. */
export const ownMark = '/* pg-hunt */';

export function createPostgres(options: PostgresOptions): PostgresSource {
  const { statementTimeoutMs = 60_000, connectTimeoutMs = 10_000 } = options;
  const address = parseAddress(options.url);
  if (options.password !== undefined) address.password = encodeURIComponent(options.password);
  const database = decodeURIComponent(address.pathname.replace(/^\//, ''));
  const user = decodeURIComponent(address.username) || 'postgres';
  const name = `${address.hostname || address.searchParams.get('host') || 'localhost'}:${address.port || '5432'}`;
  return {
    name,
    database: database || user,
    user,
    ...(options.bloatBytes === undefined ? {} : { bloatBytes: options.bloatBytes }),
    now: () => performance.now(),
    clock: options.clock ?? Date.now,
    session: async (other, work) => {
      const socket = new Socket();
      const client = new pg.Client({
        ...settingsOf(address),
        ...(options.rdsIam === true ? { password: rdsToken(address) } : {}),
        // By itself: as a path, a name such as `..` or `a/b` would lead to another database.
        database: other ?? (database || user),
        connectionTimeoutMillis: connectTimeoutMs,
        // The server's own timeout comes first; this one is for a server that has stopped answering at all.
        query_timeout: statementTimeoutMs + 10_000,
        application_name: 'pg-hunt',
        stream: () => socket,
      });
      // A connection that breaks between two statements would otherwise end the process.
      client.on('error', () => {});
      await client.connect().catch((error: unknown) => {
        // Left to itself, an open socket without a password would keep the process until the server loses patience.
        socket.destroy();
        throw connectionError(error, `${name}/${other ?? (database || user)}`, user, client.password);
      });
      try {
        return await work({
          ask: (sql, limits) => ask(client, sql, Math.min(statementTimeoutMs, limits?.timeoutMs ?? statementTimeoutMs)),
          transaction: (settings, inside) => transaction(client, statementTimeoutMs, settings, inside),
        });
      } finally {
        await client.end().catch(() => {});
      }
    },
  };
}

function parseAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address === null || !/^postgres(ql)?:$/.test(address.protocol)) {
    throw new PostgresError(
      'The PostgreSQL URL cannot be read: write it as postgres://user:password@host:port/database.',
    );
  }
  // `12#34` as a password would make 12 the port, and the error would show it.
  const parts = [address.username, address.password, address.pathname];
  if (address.hash !== '' || !parts.every(isEncoded)) {
    throw new PostgresError(
      'The PostgreSQL URL cannot be read: write # and % in names and passwords as %23 and %25, or give the password by itself, as PGPASSWORD.',
    );
  }
  // sslmode as psql understands it: require encrypts, verify-ca and verify-full also check the certificate.
  if (address.searchParams.has('sslmode')) address.searchParams.set('uselibpqcompat', 'true');
  return address;
}

/** Reads the files that the URL names. */
function settingsOf(address: URL): ReturnType<typeof parseIntoClientConfig> {
  try {
    return parseIntoClientConfig(address.href);
  } catch (error) {
    throw new PostgresError(
      `The PostgreSQL URL asks for what cannot be had here (${messageOf(error)}): check sslrootcert, sslcert, sslkey and sslmode.`,
      { cause: error, code: codeOf(error) },
    );
  }
}

function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

/** One process of the server at a time, no temporary files, and nothing compiled for what runs once. */
const frugal: Settings = { max_parallel_workers_per_gather: '0', work_mem: '32MB', jit: 'off' };

async function ask<Row>(client: pg.Client, sql: string, statementTimeoutMs: number): Promise<readonly Row[]> {
  await begin(client, statementTimeoutMs, frugal);
  try {
    const { rows } = await client.query(sql);
    await client.query('COMMIT');
    // Parsed by the driver; the SQL beside each caller is what makes it this shape.
    return rows as Row[];
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function transaction<Answer>(
  client: pg.Client,
  statementTimeoutMs: number,
  settings: Settings,
  work: (query: Query) => Promise<Answer>,
): Promise<Answer> {
  try {
    await begin(client, statementTimeoutMs, settings);
    // As above for the shape of the rows.
    return await work(async <Row>(sql: string, values?: readonly string[]) => {
      const { rows } = await client.query(sql, values === undefined ? undefined : [...values]);
      return rows as Row[];
    });
  } finally {
    await client.query('ROLLBACK').catch(() => {});
  }
}

/** Settings are local to the transaction, so that a connection pooler hands nothing of ours to its next client. */
async function begin(client: pg.Client, statementTimeoutMs: number, own: Settings = {}): Promise<void> {
  const settings: Settings = {
    // 0 would mean none.
    statement_timeout: `${Math.max(1, Math.round(statementTimeoutMs))}`,
    lock_timeout: '1000',
    idle_in_transaction_session_timeout: '60000',
    // Nothing that somebody put into a public schema can stand in for a catalog function or operator.
    search_path: 'pg_catalog',
    quote_all_identifiers: 'off',
    ...own,
  };
  const sets = Object.entries(settings).map(
    ([name, value]) => `set_config('${name}', ${pg.escapeLiteral(value)}, true)`,
  );
  await client.query(`BEGIN ${ownMark} READ ONLY; SELECT ${ownMark} ${sets.join(', ')}`);
}
