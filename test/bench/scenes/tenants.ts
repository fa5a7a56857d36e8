/** Software as a service: every table has tenant_id, every screen filters by it; half of the schema came from an ORM. */
import { int, type Scene } from './scene.ts';

const DOCUMENTS = 40_000;
const TASKS = 200_000;

export const tenants: Scene = {
  name: 'tenants',
  kind: 'multi-tenant SaaS',
  build: [
    `CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL); INSERT INTO tenants SELECT n, 'tenant ' || n FROM generate_series(1, 50) n`,
    `CREATE TABLE users (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, login text NOT NULL UNIQUE, phone text, about text NOT NULL);
     INSERT INTO users SELECT n, 1 + n % 50, 'login' || n, '+49' || n * 7, repeat('about ', 30) FROM generate_series(1, 60000) n;
     CREATE INDEX users_tenant ON users (tenant_id)`,
    `CREATE TABLE documents (id int PRIMARY KEY, tenant_id int NOT NULL, folder_id int NOT NULL, title text NOT NULL, body text NOT NULL, updated_at timestamptz NOT NULL);
     INSERT INTO documents SELECT n, 1 + n % 50, 1 + n % 400, 'document ' || md5(n::text), repeat('word ' || n % 10, 150), timestamptz '2026-01-01' + n * interval '1 minute' FROM generate_series(1, ${DOCUMENTS}) n;
     CREATE INDEX documents_folder ON documents (tenant_id, folder_id)`,
    `CREATE TABLE tasks (id int PRIMARY KEY, tenant_id int NOT NULL, project_id int NOT NULL, assignee_id int, state text NOT NULL, due date NOT NULL, blocked boolean NOT NULL, title text NOT NULL);
     INSERT INTO tasks SELECT n, 1 + n % 50, 1 + (n * 17) % 3000, CASE WHEN n % 3 = 0 THEN 1 + (n * 11) % 60000 END, 'state ' || n % 4, date '2026-01-01' + n % 700, n % 1000 = 0, repeat('t', 40) FROM generate_series(1, ${TASKS}) n;
     CREATE INDEX tasks_tenant_state ON tasks (tenant_id, state)`,
    `CREATE TABLE comments (id int PRIMARY KEY, tenant_id int NOT NULL, task_id int NOT NULL, author_id bigint NOT NULL REFERENCES users (id), body text NOT NULL);
     INSERT INTO comments SELECT n, 1 + n % 50, 1 + n % 20000, 1 + n % 60000, repeat('c', 60) FROM generate_series(1, 120000) n;
     CREATE INDEX comments_author ON comments (author_id);
     CREATE INDEX comments_tenant_task ON comments (task_id, tenant_id)`,
    `CREATE TABLE invites (id int PRIMARY KEY, tenant_id int NOT NULL, user_id int, mail text NOT NULL);
     INSERT INTO invites SELECT n, 1 + n % 50, CASE WHEN n % 2 = 0 THEN 1 + n % 30000 END, 'invite' || n FROM generate_series(1, 30000) n`,
    `CREATE TABLE audit (at timestamptz NOT NULL, tenant_id int NOT NULL, action text NOT NULL, seen boolean NOT NULL);
     INSERT INTO audit SELECT timestamptz '2026-01-01' + n * interval '1 minute', 1 + n % 50, 'action ' || n % 30, false FROM generate_series(1, 50000) n;
     CREATE INDEX audit_at ON audit (at)`,
    `CREATE TABLE counters (tenant_id int PRIMARY KEY, value int NOT NULL) WITH (autovacuum_enabled = false);
     INSERT INTO counters SELECT n, 0 FROM generate_series(1, 20000) n`,
    `CREATE TABLE plans (id int PRIMARY KEY, tenant_id int NOT NULL); INSERT INTO plans SELECT n, n FROM generate_series(1, 500) n`,
    'ALTER TABLE invites ADD CONSTRAINT invites_user FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID',
    `CREATE TABLE tokens (hash text NOT NULL, tenant_id int NOT NULL, revoked boolean NOT NULL);
     INSERT INTO tokens SELECT md5(n::text) || md5((n + 1)::text), 1 + n % 50, n % 20 = 0 FROM generate_series(1, 150000) n;
     CREATE UNIQUE INDEX tokens_hash ON tokens (hash) WHERE NOT revoked`,
    `CREATE TABLE mirrored (id int NOT NULL, payload text NOT NULL);
     INSERT INTO mirrored SELECT n, repeat('m', 50) FROM generate_series(1, 60000) n;
     CREATE UNIQUE INDEX mirrored_identity ON mirrored (id);
     ALTER TABLE mirrored ADD PRIMARY KEY (id);
     ALTER TABLE mirrored REPLICA IDENTITY USING INDEX mirrored_identity`,
  ],
  ops: [
    {
      name: 'board of a project',
      calls: 50,
      sql: 'SELECT id, title FROM tasks WHERE project_id = $1 ORDER BY due LIMIT 50',
      values: ({ random }) => [int(random, 1, 3000)],
    },
    {
      name: 'blocked tasks',
      calls: 40,
      sql: 'SELECT id, title FROM tasks WHERE blocked AND due > $1',
      values: () => ['2026-06-01'],
    },
    {
      name: 'my tasks',
      calls: 40,
      sql: 'SELECT id, title, due FROM tasks WHERE assignee_id = $1',
      values: ({ random }) => [3 * int(random, 1, 19_000)],
    },
    {
      name: 'documents of a folder',
      calls: 150,
      sql: 'SELECT * FROM documents WHERE tenant_id = $1 AND folder_id = $2',
      values: ({ random }) => {
        const n = int(random, 1, DOCUMENTS);
        return [1 + (n % 50), 1 + (n % 400)];
      },
    },
    {
      name: 'search titles',
      calls: 12,
      sql: 'SELECT id, title FROM documents WHERE title ILIKE $1 LIMIT 20',
      values: ({ random }) => [`%${int(random, 100_000, 999_999)}x%`],
    },
    {
      name: 'users without invite',
      calls: 6,
      sql: 'SELECT count(u.login) FROM users u WHERE u.id NOT IN (SELECT i.user_id FROM invites i WHERE i.user_id IS NOT NULL)',
    },
    {
      name: 'login or phone',
      calls: 25,
      sql: 'SELECT id FROM users WHERE login = $1 OR phone = $2',
      values: ({ random }) => [`login${int(random, 1, 60_000)}`, `+49${int(random, 1, 60_000)}`],
    },
    {
      name: 'mark audit',
      calls: 20,
      sql: "UPDATE audit SET seen = true WHERE at BETWEEN $1::timestamptz AND $1::timestamptz + interval '30 minutes'",
      values: ({ week, nth }) => [`2026-01-${String(1 + ((week * 7 + nth) % 28)).padStart(2, '0')}`],
    },
    {
      name: 'count up',
      calls: 4,
      sql: 'UPDATE counters SET value = value + 1 WHERE tenant_id BETWEEN $1 AND $2',
      values: ({ nth }) => [nth * 5000, nth * 5000 + 4_999],
    },
    // Innocent.
    {
      name: 'comments of a task',
      calls: 400,
      sql: 'SELECT id, body FROM comments WHERE tenant_id = $1 AND task_id = $2',
      values: ({ random }) => {
        const n = int(random, 1, 20_000);
        return [1 + (n % 50), n];
      },
    },
    {
      name: 'states of a tenant',
      calls: 30,
      sql: 'SELECT state, count(*) FROM tasks WHERE tenant_id = $1 GROUP BY state',
      values: ({ random }) => [int(random, 1, 50)],
    },
    {
      name: 'user by login',
      calls: 400,
      sql: 'SELECT id, tenant_id FROM users WHERE login = $1',
      values: ({ random }) => [`login${int(random, 1, 60_000)}`],
    },
    {
      name: 'check token',
      calls: 400,
      sql: 'SELECT tenant_id FROM tokens WHERE hash = $1 AND NOT revoked',
      values: () => ['none'],
    },
    {
      name: 'plan of a tenant',
      calls: 400,
      sql: 'SELECT * FROM plans WHERE tenant_id = $1',
      values: ({ random }) => [int(random, 1, 500)],
    },
    {
      name: 'two users',
      calls: 400,
      sql: 'SELECT login FROM users WHERE id = $1 OR id = $2',
      values: ({ random }) => [int(random, 1, 60_000), int(random, 1, 60_000)],
    },
    {
      name: 'change a mirrored row',
      calls: 200,
      sql: "UPDATE mirrored SET payload = repeat('n', 50) WHERE id = $1",
      values: ({ random }) => [int(random, 1, 60_000)],
    },
    {
      name: 'new comment',
      calls: 400,
      sql: "INSERT INTO comments VALUES ($1, 1, 1, 1, 'new')",
      values: ({ week, nth }) => [1_000_000 + week * 1000 + nth],
    },
    {
      name: 'distinct states',
      calls: 40,
      sql: 'SELECT DISTINCT state FROM tasks WHERE tenant_id = $1 AND project_id = $2',
      values: ({ random }) => [int(random, 1, 50), int(random, 1, 3000)],
    },
  ],
  doctored: ['the statistics are 60 days old, so that an index can be called unread'],
  planted: [
    {
      advisors: ['missing-indexes'],
      table: 'tasks',
      says: 'project_id',
      why: 'a board reads all tasks of all tenants',
    },
    {
      advisors: ['missing-indexes'],
      table: 'tasks',
      says: 'WHERE blocked',
      why: 'one task in a thousand is blocked: a partial index',
    },
    { advisors: ['missing-indexes'], table: 'tasks', says: 'assignee_id', why: 'my tasks read those of all' },
    { advisors: ['star-over-wide-rows'], statement: 'documents of a folder', why: 'a list fetches every body' },
    { advisors: ['pattern-searches'], statement: 'search titles', why: 'a search within titles reads every document' },
    { advisors: ['not-in-subqueries'], statement: 'users without invite', why: 'NOT IN over a nullable column' },
    {
      advisors: ['alternatives-across-columns'],
      statement: 'login or phone',
      why: 'phone has no index, so the OR reads all users',
    },
    { advisors: ['foreign-key-types'], table: 'comments', why: 'bigint refers to int' },
    { advisors: ['tables-without-primary-key'], table: 'audit', why: 'changed, and no primary key' },
    { advisors: ['unvalidated-constraints'], table: 'invites', why: 'NOT VALID and forgotten' },
    {
      advisors: ['autovacuum-off', 'dead-rows'],
      table: 'counters',
      why: 'autovacuum is switched off, and the rows that died stay',
    },
  ],
  innocents: [
    { advisors: ['unused-indexes', 'duplicate-indexes'], index: 'tokens_hash', why: 'keeps valid tokens unique' },
    {
      advisors: ['duplicate-indexes', 'unused-indexes'],
      index: 'mirrored_identity',
      why: 'the replica identity, although the primary key repeats it',
    },
    {
      advisors: ['foreign-keys-without-index', 'missing-indexes'],
      table: 'comments',
      why: 'both keys have an index, one in another order',
    },
    { advisors: ['missing-indexes', 'star-over-wide-rows'], table: 'plans', why: 'three pages' },
    { advisors: ['star-over-wide-rows'], statement: 'plan of a tenant', why: 'narrow' },
    { advisors: ['alternatives-across-columns'], statement: 'two users', why: 'one column, and it is the key' },
    { advisors: ['chatty-statements'], statement: 'check token', why: 'once with each request' },
    { advisors: ['foreign-keys-without-index'], table: 'users', why: 'has an index' },
    { advisors: ['pattern-searches', 'columns-inside-functions'], statement: 'user by login', why: 'an equality' },
    { advisors: ['distinct-over-joins'], statement: 'distinct states', why: 'no join' },
    {
      advisors: ['unused-indexes', 'duplicate-indexes'],
      index: 'users_tenant',
      why: 'the only one behind its foreign key',
    },
    { advisors: ['tables-without-primary-key'], table: 'tokens', why: 'never changed nor deleted' },
  ],
  alsoTrue: [],
};
