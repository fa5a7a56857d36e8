/** What can go wrong between us and a server, each with its remedy. Never a password: only host, port and database. */

export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  /** SQLSTATE or the operating system's code, where there was one. */
  readonly code: string | null;

  constructor(message: string, options: { cause?: unknown; code?: string | null } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code ?? null;
  }
}

/** The rest is left unread, so that a hunt never becomes a load of its own. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';
}

/** Driver errors carry `code`; an AggregateError (several addresses tried) carries it as well. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** `where`: host:port/database; `user`: the role that tried, `password`: its own, which what answers may repeat. */
export function connectionError(error: unknown, where: string, user: string, password: unknown): PostgresError {
  const code = codeOf(error);
  const heard = messageOf(error);
  const repeats = typeof password === 'string' && password !== '' && heard.includes(password);
  const said = repeats ? 'it repeated the password' : heard;
  const [what, remedy] = explain(code, said, user);
  const cause = repeats ? undefined : error;
  return new PostgresError(`PostgreSQL at ${where} ${what} (${said}). ${remedy}`, { cause, code });
}

function explain(code: string | null, said: string, user: string): readonly [what: string, remedy: string] {
  if (/timeout|timed out/i.test(said) || code === 'ETIMEDOUT') {
    return ['did not answer in time', 'Check that the port is open from here: security group, firewall, route.'];
  }
  if (/certificate|self.signed/i.test(said)) {
    return [
      'showed a certificate that is not trusted here',
      'Give its authority with sslrootcert=FILE in the URL, or use sslmode=require to encrypt without checking.',
    ];
  }
  if (/does not support SSL/i.test(said)) return ['does not offer TLS', 'Remove sslmode from the URL.'];
  if (/password must be a string/.test(said)) {
    return ['asked for a password and the URL has none', 'Put it into the URL or into PGPASSWORD.'];
  }
  switch (code) {
    case 'ECONNREFUSED':
      return ['refused the connection', 'Check host and port, and that the server runs and listens on that address.'];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['cannot be found', 'Check the host name and the name service of this machine.'];
    case '28P01':
      return [`refused the password of role ${user}`, 'Check user and password of the URL.'];
    case '28000':
      return [
        `lets role ${user} not in from here`,
        'Add a line to pg_hba.conf, or add ?sslmode=require to the URL if the server insists on TLS.',
      ];
    case '3D000':
      return ['has no such database', 'Name a database that exists at the end of the URL.'];
    case '42501':
      return [`does not let role ${user} connect`, `Run GRANT CONNECT ON DATABASE for role ${user}.`];
    case '53300':
      return [
        'has no free connection',
        'Run again at a quieter time, or raise max_connections; one connection is enough.',
      ];
    case '57P03':
      return ['is starting up or shutting down', 'Run again when it accepts connections.'];
    default:
      return ['could not be reached', 'Check the URL and that the server runs.'];
  }
}
