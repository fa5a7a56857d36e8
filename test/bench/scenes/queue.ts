/** A job queue: rows come, are taken with SKIP LOCKED, change state and go; and sessions that misbehave. */

import { int, type Scene } from './scene.ts';
import { connect } from './stage.ts';

const JOBS = 120_000;

export const queue: Scene = {
  name: 'queue',
  kind: 'job queue',
  settings: {
    max_connections: '14',
    superuser_reserved_connections: '3',
    deadlock_timeout: '10ms',
    autovacuum_naptime: '10min',
  },
  build: [
    `CREATE TABLE jobs (id bigint PRIMARY KEY, state text NOT NULL, batch_id int NOT NULL, worker_id int, priority int NOT NULL, payload text NOT NULL);
     INSERT INTO jobs SELECT n, CASE WHEN n > ${JOBS - 2000} THEN 'ready' ELSE 'done' END, 1 + n / 40, n % 50, n % 5, repeat('j', 120) FROM generate_series(1, ${JOBS}) n;
     CREATE INDEX jobs_ready ON jobs (priority, id) WHERE state = 'ready'`,
    `CREATE TABLE workers (id int PRIMARY KEY, heartbeat int NOT NULL, host text NOT NULL) WITH (fillfactor = 40);
     INSERT INTO workers SELECT n, 0, 'host' || n FROM generate_series(1, 12000) n`,
    `CREATE TABLE locks (name text PRIMARY KEY, owner int) WITH (fillfactor = 50); INSERT INTO locks SELECT 'lock' || n, NULL FROM generate_series(1, 40) n`,
    `CREATE TABLE results (id bigint PRIMARY KEY, job_id bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, words text NOT NULL);
     INSERT INTO results SELECT n, n, repeat('r', 100) FROM generate_series(1, 100000) n`,
    `CREATE TABLE archive (job_id bigint NOT NULL, batch_id int NOT NULL, finished date NOT NULL, words text NOT NULL);
     INSERT INTO archive SELECT n, n / 40, date '2026-01-01' + n % 300, repeat('w', 90) FROM generate_series(1, 100000) n;
     CREATE INDEX archive_batch ON archive (batch_id);
     CREATE INDEX archive_words ON archive (words, job_id);
     CREATE INDEX archive_finished ON archive (finished);
     CREATE INDEX archive_job ON archive (job_id);
     CREATE INDEX archive_job_too ON archive (job_id)`,
    `CREATE TABLE schedules (id int PRIMARY KEY, cron text NOT NULL); INSERT INTO schedules SELECT n, '* * * * *' FROM generate_series(1, 60) n`,
    'ALTER SYSTEM SET max_connections = 40',
    'SELECT pg_reload_conf()',
  ],
  ops: [
    {
      name: 'state of a batch',
      calls: 50,
      sql: 'SELECT id, state FROM jobs WHERE batch_id = $1',
      values: ({ random }) => [int(random, 1, 3000)],
    },
    { name: 'heartbeat of all', calls: 4, sql: 'UPDATE workers SET heartbeat = heartbeat + 1' },
    {
      name: 'delete a job',
      calls: 60,
      sql: 'DELETE FROM jobs WHERE id = $1',
      values: ({ week, nth }) => [JOBS - 5000 - (week * 100 + nth) * 60 - 1],
    },
    { name: 'broken insert', calls: 1500, sql: "INSERT INTO schedules VALUES (1, 'again')", fails: '23505' },
    {
      name: 'work of a worker',
      calls: 40,
      sql: 'SELECT state, count(*), sum(length(payload)) FROM jobs WHERE worker_id = $1 GROUP BY state',
      values: ({ random }) => [int(random, 0, 49)],
    },
    // Innocent.
    {
      name: 'take a job',
      calls: 500,
      sql: "UPDATE jobs SET state = 'taken', worker_id = $1 WHERE id = (SELECT id FROM jobs WHERE state = 'ready' ORDER BY priority, id LIMIT 1 FOR UPDATE SKIP LOCKED)",
      values: ({ random }) => [int(random, 1, 50)],
    },
    {
      name: 'new job',
      calls: 500,
      sql: "INSERT INTO jobs VALUES ($1, 'ready', 1, NULL, 1, 'new')",
      values: ({ week, nth }) => [week * 1_000_000 + nth],
    },
    {
      name: 'finish a job',
      calls: 500,
      sql: "UPDATE jobs SET state = 'done' WHERE id = $1",
      values: ({ random }) => [int(random, 1, JOBS)],
    },
    {
      name: 'one heartbeat',
      calls: 700,
      sql: 'UPDATE workers SET heartbeat = heartbeat + 1 WHERE id = $1',
      values: ({ random }) => [int(random, 1, 12_000)],
    },
    {
      name: 'grab a lock',
      calls: 600,
      sql: 'UPDATE locks SET owner = $1 WHERE name = $2',
      values: ({ random }) => [int(random, 1, 50), `lock${int(random, 1, 40)}`],
    },
    {
      name: 'archived batch',
      calls: 500,
      sql: 'SELECT job_id, words FROM archive WHERE batch_id = $1',
      values: ({ random }) => [int(random, 1, 2500)],
    },
    {
      name: 'finished on a day',
      calls: 100,
      sql: 'SELECT count(*) FROM archive WHERE finished = $1',
      values: ({ random }) => [`2026-0${int(random, 1, 9)}-11`],
    },
    {
      name: 'schedules',
      calls: 700,
      sql: 'SELECT cron FROM schedules WHERE id = $1',
      values: ({ random }) => [int(random, 1, 60)],
    },
    { name: 'backlog', calls: 80, sql: "SELECT count(*) FROM jobs WHERE state = 'ready'" },
    { name: 'prune locks', calls: 30, sql: "DELETE FROM locks WHERE name = 'none'" },
  ],
  beside: async (url) => {
    const idle = await Promise.all(Array.from({ length: 6 }, () => connect(url, 'pool')));
    const [forgotten, one, other] = await Promise.all(['forgotten', 'one', 'other'].map((name) => connect(url, name)));
    if (forgotten === undefined || one === undefined || other === undefined) throw new Error('three were opened');
    await forgotten.query('BEGIN');
    await forgotten.query('SELECT txid_current(), count(*) FROM schedules');
    for (let n = 0; n < 4; n += 1) {
      for (const session of [one, other]) await session.query('BEGIN');
      await one.query("UPDATE locks SET owner = 1 WHERE name = 'lock39'");
      await other.query("UPDATE locks SET owner = 2 WHERE name = 'lock40'");
      const both = [
        one.query("UPDATE locks SET owner = 1 WHERE name = 'lock40'"),
        other.query("UPDATE locks SET owner = 2 WHERE name = 'lock39'"),
      ];
      await Promise.allSettled(both);
      for (const session of [one, other]) await session.query('ROLLBACK');
    }
    // Idle sessions keep what they counted to themselves for ten seconds.
    for (const session of [one, other]) await session.query('SELECT pg_stat_force_next_flush()');
    return async () => {
      await Promise.all([...idle, forgotten, one, other].map((client) => client.end()));
    };
  },
  doctor: (snapshot) => ({
    ...snapshot,
    server: {
      ...snapshot.server,
      idleInTransactionSeconds: 3 * 24 * 3600,
      ...(snapshot.server.horizon === undefined
        ? {}
        : {
            horizon: snapshot.server.horizon.map((one) =>
              one.kind === 'transaction' ? { ...one, ageSeconds: 3 * 24 * 3600 } : one,
            ),
          }),
    },
  }),
  doctored: [
    'the statistics are 60 days old, so that an index can be called unread',
    'the forgotten transaction is three days old',
  ],
  planted: [
    {
      advisors: ['missing-indexes'],
      table: 'jobs',
      says: 'worker_id',
      why: 'a fiftieth of the jobs is looked for in all',
    },
    { advisors: ['missing-indexes'], table: 'jobs', says: 'batch_id', why: 'the state of a batch reads all jobs' },
    {
      advisors: ['foreign-keys-without-index', 'missing-indexes'],
      table: 'results',
      says: 'job_id',
      why: 'each deleted job reads all results',
    },
    { advisors: ['unfiltered-writes'], statement: 'heartbeat of all', why: 'rewrites the table for one number' },
    { advisors: ['dead-rows'], table: 'workers', why: 'four versions of each row, and none can go' },
    {
      advisors: ['duplicate-indexes'],
      table: 'archive',
      says: 'archive_job',
      why: 'archive_job and archive_job_too are the same',
    },
    { advisors: ['unused-indexes'], index: 'archive_words', why: 'nobody ever reads by words' },
    { advisors: ['idle-in-transaction'], why: 'a session sits in a transaction for days' },
    { advisors: ['held-horizon'], why: 'it keeps vacuum from all that died since' },
    { advisors: ['connection-peaks'], why: 'eleven of eleven connections are in use' },
    { advisors: ['deadlocks'], why: 'two workers take two locks in two orders' },
    { advisors: ['rolled-back-transactions'], why: 'one transaction in five fails on the same key' },
    { advisors: ['settings-pending-restart'], why: 'max_connections was raised and nobody restarted' },
  ],
  innocents: [
    { advisors: ['missing-indexes', 'foreign-keys-without-index'], table: 'locks', why: 'one page' },
    { advisors: ['dead-rows'], table: 'locks', why: 'a few hundred dead rows' },
    { advisors: ['missing-indexes'], table: 'schedules', why: 'one page' },
    {
      advisors: ['unused-indexes', 'duplicate-indexes'],
      index: 'jobs_ready',
      why: 'the partial index that makes the queue a queue',
    },
    { advisors: ['chatty-statements'], statement: 'schedules', why: 'an eighth of the calls, in step with the rest' },
    { advisors: ['repeated-counts'], statement: 'backlog', why: 'a partial index counts it' },
    {
      advisors: ['top-time-statements', 'slow-and-frequent-statements'],
      statement: 'take a job',
      why: 'two descents of indexes',
    },
    { advisors: ['tables-without-primary-key'], table: 'archive', why: 'never changed nor deleted' },
    { advisors: ['unfiltered-writes'], statement: 'prune locks', why: 'has a WHERE' },
  ],
  alsoTrue: [],
};
