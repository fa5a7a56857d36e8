import { describe, expect, it } from 'vitest';
import { readPostgres } from '../../../lib/collect/postgres/read.ts';
import { type RoleOptions, roleScript, roleSteps } from '../../../lib/collect/postgres/role.ts';
import { createPostgres } from '../../../lib/collect/postgres/source.ts';
import { roleCommand } from '../../../lib/role-command.ts';
import { useEmbedded } from '../../support/embedded.ts';

const server = useEmbedded();
const options: RoleOptions = {
  ...{
    name: 'pghunt',
    databases: ['shop'],
    platform: 'self-managed',
    read: ['sales'],
    extensions: ['pgstattuple'],
    iam: false,
  },
};
const hostile = 'we"ird DROP';
const takenAt = new Date().toISOString();
const reading = (role: string, database: string) => {
  const url = new URL(server.url(database));
  url.username = encodeURIComponent(role);
  url.password = 'secret';
  return readPostgres({
    source: createPostgres({ url: url.href }),
    ...{ window: { start: '2026-11-15T00:00:00.000Z', end: takenAt }, previous: null, takenAt, progress: () => {} },
  });
};
/** As printed, each where it says. */
async function make(of: RoleOptions): Promise<void> {
  for (const { database, sql } of roleSteps(of)) await server.run(server.url(database ?? undefined), sql);
  await server.run(server.url(), `ALTER ROLE "${of.name.replaceAll('"', '""')}" PASSWORD 'secret'`);
}

describe('the role that is printed', () => {
  it('is enough for all that a hunt reads, and its gaps are named', async () => {
    const url = await server.database(
      'shop',
      'CREATE SCHEMA sales',
      'CREATE TABLE sales.orders (id int PRIMARY KEY, customer int)',
      'INSERT INTO sales.orders SELECT i, i FROM generate_series(1, 10000) i',
      'ANALYZE',
    );
    await make(options);
    await server.run(url, 'SELECT customer FROM sales.orders WHERE id = 7', 'CREATE TABLE sales.later (id int)');
    await server.run(url, 'SELECT id FROM sales.later WHERE id = 7');
    const seen = await reading('pghunt', 'shop');
    const plan = (part: string) => seen.statements.find(({ text }) => text?.includes(part))?.plan?.root;
    expect(plan('FROM sales.orders')).toMatchObject({ table: 'orders', index: 'orders_pkey' });
    expect(plan('FROM sales.later')).toMatchObject({ table: 'later', type: 'Seq Scan' });
    expect(seen.tables.find(({ table }) => table === 'orders')?.columns?.[0]).toMatchObject({ distinct: -1 });
    expect(seen.gaps.filter(({ absence }) => absence === 'no-right' || absence === 'unreachable')).toEqual([]);
    expect(seen.blindDatabases).toEqual([]);
  });

  it('leaves no question of its own in the statistics', async () => {
    const before = await server.run(
      server.url('shop'),
      "SELECT count(*) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE rolname = 'pghunt'",
    );
    expect(before).toEqual([{ count: '0' }]);
  });

  it('can change nothing and read no other data', async () => {
    const as = server.url('shop').replace(/\/\/[^@]*@/, '//pghunt:secret@');
    await expect(server.run(as, 'INSERT INTO sales.orders VALUES (999, 1)')).rejects.toThrow(/read-only transaction/);
    await expect(
      server.run(as, 'SET default_transaction_read_only = off', 'INSERT INTO sales.orders VALUES (999, 1)'),
    ).rejects.toThrow(/permission denied/);
    await server.run(server.url('shop'), 'CREATE SCHEMA secret', 'CREATE TABLE secret.salaries (x int)');
    await expect(server.run(as, 'SELECT * FROM secret.salaries')).rejects.toThrow(/permission denied/);
    const [set] = await server.run(
      as,
      "SELECT current_setting('lock_timeout') AS l, current_setting('statement_timeout') AS s",
    );
    expect(set).toEqual({ l: '1s', s: '1min' });
  });

  it('is made for names of every kind', async () => {
    await server.database(hostile, `CREATE SCHEMA "${hostile.replaceAll('"', '""')}"`);
    await make({ ...options, name: hostile, databases: [hostile], read: [hostile] });
    expect((await reading(hostile, hostile)).server.versionNum).toBeGreaterThan(0);
    expect(roleScript({ ...options, databases: [hostile] })).toContain('\\connect "we""ird DROP"');
  });

  it('says which right is missing where it may read no data', async () => {
    await make({ ...options, name: 'blind', read: 'nothing' });
    const seen = await reading('blind', 'shop');
    const rights = seen.gaps.filter(({ absence }) => absence === 'no-right');
    expect(rights.map(({ remedy }) => remedy).join('\n')).toContain('pg_read_all_data TO "blind"');
    expect(seen.gaps.filter(({ absence }) => absence === 'unreachable').map(({ reason }) => reason)).toEqual([]);
  });
});

describe('npm run hunt -- role', () => {
  it('prints what psql runs, database by database', () => {
    expect(
      roleCommand(['--database', 'app', '--database', 'crm', '--read', 'sales', '--platform', 'rds', '--iam']),
    ).toBe(`-- A role for pg-hunt. Run this with psql as the master user.

-- Who reads. Three connections are more than it needs.
CREATE ROLE "pghunt" LOGIN CONNECTION LIMIT 3;

-- It logs in by IAM token; its password does no longer work.
GRANT rds_iam TO "pghunt";

-- Statistics, statement texts and settings of everybody, and the functions of pgstattuple.
GRANT pg_monitor TO "pghunt";

-- Read only and in haste, also where somebody else uses it.
ALTER ROLE "pghunt" SET default_transaction_read_only = 'on';
ALTER ROLE "pghunt" SET statement_timeout = '60s';
ALTER ROLE "pghunt" SET lock_timeout = '1s';
ALTER ROLE "pghunt" SET idle_in_transaction_session_timeout = '60s';

-- Where it may look.
GRANT CONNECT ON DATABASE "app" TO "pghunt";
GRANT CONNECT ON DATABASE "crm" TO "pghunt";

\\connect "app"

-- Times of statements. It needs pg_stat_statements in shared_preload_libraries (the parameter group).
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

-- Plans and column statistics of its tables.
GRANT USAGE ON SCHEMA "sales" TO "pghunt";
GRANT SELECT ON ALL TABLES IN SCHEMA "sales" TO "pghunt";

-- The same for tables to come; to be run as the role that will create them.
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" GRANT SELECT ON TABLES TO "pghunt";

\\connect "crm"

-- Plans and column statistics of its tables.
GRANT USAGE ON SCHEMA "sales" TO "pghunt";
GRANT SELECT ON ALL TABLES IN SCHEMA "sales" TO "pghunt";

-- The same for tables to come; to be run as the role that will create them.
ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" GRANT SELECT ON TABLES TO "pghunt";
`);
  });

  it.each([
    [['--read', 'x'], /--read needs the --database/],
    [['--read-all', '--read', 'x', '--database', 'y'], /exclude each other/],
    [['--iam'], /--iam is for --platform rds or aurora/],
    [['--platform', 'mars'], /Allowed choices are self-managed, rds/],
    [['--name', 'a\nb'], /no control characters/],
    [['--nmae', 'x'], /unknown option '--nmae'/],
    [['stray'], /too many arguments/],
  ])('refuses %j by its name', (argv, words) => {
    expect(() => roleCommand(argv)).toThrow(words);
  });
});
