/** The exact SQL for a role that can read statistics and, if so wished, data; and can change nothing. */
import pg from 'pg';

export const platforms = ['self-managed', 'rds', 'aurora', 'cloud-sql', 'azure'] as const;

export interface RoleOptions {
  readonly name: string;
  /** To hunt in; statement times are read in the first, where the extension for them goes. */
  readonly databases: readonly string[];
  readonly platform: (typeof platforms)[number];
  /** Data, for plans and column statistics: nothing, everything (PostgreSQL 14 or later), or these schemas. */
  readonly read: 'nothing' | 'all' | readonly string[];
  /** Extensions beside pg_stat_statements. */
  readonly extensions: readonly ('pgstattuple' | 'hypopg')[];
  /** RDS and Aurora: log in by IAM token; a password does no longer work then. */
  readonly iam: boolean;
}

export interface RoleStep {
  /** Where to run it; null: anywhere. */
  readonly database: string | null;
  readonly sql: string;
  readonly why: string;
}

const settings: Readonly<Record<string, string>> = {
  default_transaction_read_only: 'on',
  statement_timeout: '60s',
  lock_timeout: '1s',
  idle_in_transaction_session_timeout: '60s',
};

export function roleSteps({ name, databases, platform, read, extensions, iam }: RoleOptions): readonly RoleStep[] {
  const role = pg.escapeIdentifier(name);
  const anywhere = (why: string, ...statements: readonly string[]) =>
    statements.map((sql, i) => ({ database: null, sql, why: i === 0 ? why : '' }));
  const [first] = databases;
  return [
    ...anywhere(
      'Who reads. Three connections are more than it needs.',
      `CREATE ROLE ${role} LOGIN CONNECTION LIMIT 3;`,
    ),
    ...(iam ? anywhere('It logs in by IAM token; its password does no longer work.', `GRANT rds_iam TO ${role};`) : []),
    ...anywhere(
      'Statistics, statement texts and settings of everybody, and the functions of pgstattuple.',
      `GRANT pg_monitor TO ${role};`,
    ),
    ...(read === 'all'
      ? anywhere(
          'Plans and column statistics of all tables (PostgreSQL 14 or later).',
          `GRANT pg_read_all_data TO ${role};`,
        )
      : []),
    ...anywhere(
      'Read only and in haste, also where somebody else uses it.',
      ...Object.entries(settings).map(([setting, value]) => `ALTER ROLE ${role} SET ${setting} = '${value}';`),
    ),
    // Elsewhere nobody is allowed to.
    ...(platform === 'self-managed'
      ? anywhere(
          'Its own questions stay out of the statistics that it reads.',
          `ALTER ROLE ${role} SET pg_stat_statements.track = 'none';`,
        )
      : []),
    ...databases.map((database, i) => ({
      ...{ database: null, sql: `GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${role};` },
      why: i === 0 ? 'Where it may look.' : '',
    })),
    ...(first === undefined
      ? []
      : [{ database: first, sql: 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements;', why: preloadWords(platform) }]),
    ...databases.flatMap((database) => [
      ...extensions.map((extension) => ({
        ...{ database, sql: `CREATE EXTENSION IF NOT EXISTS ${extension};` },
        why:
          extension === 'hypopg' ? 'Indexes that do not exist, shown to the planner.' : 'Bloat measured, not guessed.',
      })),
      ...(typeof read === 'string' ? [] : read.flatMap((schema) => readSteps(database, schema, role))),
    ]),
  ];
}

function preloadWords(platform: RoleOptions['platform']): string {
  const where =
    platform === 'self-managed'
      ? 'postgresql.conf'
      : platform === 'azure' || platform === 'cloud-sql'
        ? 'the server’s settings'
        : 'the parameter group';
  return `Times of statements. It needs pg_stat_statements in shared_preload_libraries (${where}).`;
}

function readSteps(database: string, name: string, role: string): readonly RoleStep[] {
  const schema = pg.escapeIdentifier(name);
  return [
    { database, sql: `GRANT USAGE ON SCHEMA ${schema} TO ${role};`, why: 'Plans and column statistics of its tables.' },
    { database, sql: `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role};`, why: '' },
    {
      ...{ database, sql: `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${role};` },
      why: 'The same for tables to come; to be run as the role that will create them.',
    },
  ];
}

/** For psql, which changes the database where it must. */
export function roleScript(options: RoleOptions): string {
  const role = pg.escapeIdentifier(options.name);
  const administrator = {
    'self-managed': 'a superuser',
    rds: 'the master user',
    aurora: 'the master user',
    'cloud-sql': 'postgres',
    azure: 'the administrator',
  };
  const lines = [`-- A role for pg-hunt. Run this with psql as ${administrator[options.platform]}.`];
  let at: string | null = null;
  for (const { database, sql, why } of roleSteps(options)) {
    if (database !== null && database !== at) {
      lines.push('', `\\connect ${pg.escapeIdentifier(database)}`);
      at = database;
    }
    if (why !== '') lines.push('', `-- ${why}`);
    lines.push(sql);
  }
  if (!options.iam)
    lines.push('', '-- At last its password, which psql asks for and sends encrypted.', `\\password ${role}`);
  return `${lines.join('\n')}\n`;
}
