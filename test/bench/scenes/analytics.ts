/** A small warehouse: one wide table of facts, dimensions, few and heavy queries, most of which must read everything. */
import { int, type Scene } from './scene.ts';

const FACTS = 160_000;
const MEASURES = Array.from({ length: 24 }, (_, n) => `m${n}`);

export const analytics: Scene = {
  name: 'analytics',
  kind: 'wide analytics',
  settings: { work_mem: '1MB' },
  build: [
    `CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, region text NOT NULL, segment text NOT NULL);
     INSERT INTO customers SELECT n, 'customer ' || n, 'region ' || n % 9, 'segment ' || n % 5 FROM generate_series(1, 20000) n`,
    `CREATE TABLE facts (id int PRIMARY KEY, customer_id int NOT NULL, product_id int NOT NULL, invoice_no text NOT NULL, booked_at timestamp NOT NULL, channel int NOT NULL, ${MEASURES.map((name) => `${name} int NOT NULL`).join(', ')});
     INSERT INTO facts SELECT n, 1 + (n * 7) % 20000, 1 + (n * 13) % 900, 'INV' || n / 3, timestamp '2025-01-01' + n * interval '3 minutes', n % 6, ${MEASURES.map((_, at) => `(n * ${at + 3}) % 1000`).join(', ')} FROM generate_series(1, ${FACTS}) n;
     CREATE INDEX facts_booked ON facts (booked_at);
     CREATE INDEX facts_customer ON facts (customer_id);
     CREATE INDEX facts_wide ON facts (channel, product_id, customer_id, m0, m1, m2, m3, m4, m5, m6, m7, m8)`,
    `CREATE TABLE staging (id int PRIMARY KEY, amount int NOT NULL, words text NOT NULL);
     INSERT INTO staging SELECT n, n, repeat('s', 60) FROM generate_series(1, 40000) n`,
    `CREATE TABLE loads (id int NOT NULL PRIMARY KEY, ${MEASURES.slice(0, 12)
      .map((name) => `${name} int NOT NULL`)
      .join(', ')});
     ${MEASURES.slice(0, 12)
       .map((name) => `CREATE INDEX loads_${name} ON loads (${name})`)
       .join('; ')}`,
    'CREATE MATERIALIZED VIEW by_product AS SELECT product_id, sum(m0) AS m0 FROM facts GROUP BY product_id',
    'CREATE INDEX by_product_key ON by_product (product_id)',
  ],
  ops: [
    {
      name: 'invoice',
      calls: 40,
      sql: 'SELECT id, m0, m1 FROM facts WHERE invoice_no = $1',
      values: ({ random }) => [`INV${int(random, 1, 50_000)}`],
    },
    {
      name: 'facts of a day',
      calls: 15,
      sql: 'SELECT id, m0 FROM facts WHERE booked_at::date = $1',
      values: ({ random }) => [`2025-0${int(random, 1, 9)}-1${int(random, 0, 9)}`],
    },
    {
      name: 'first of each product',
      calls: 3,
      sql: 'SELECT id, m0 FROM (SELECT id, m0, invoice_no, booked_at, m1, m2, m3, m4, row_number() OVER (PARTITION BY product_id ORDER BY m5, id) AS place FROM facts) AS ranked WHERE place = 1 AND m1 + m2 + m3 + m4 > 0 AND invoice_no <> $1 AND booked_at > $2',
      values: () => ['', '2020-01-01'],
    },
    {
      name: 'customers with facts',
      calls: 40,
      sql: 'SELECT DISTINCT c.id, c.name FROM customers c JOIN facts f ON f.customer_id = c.id WHERE c.region = $1 AND c.segment = $2',
      values: () => ['region 3', 'segment 2'],
    },
    {
      name: 'customers and their last',
      calls: 8,
      sql: 'SELECT c.id, (SELECT max(f.booked_at) FROM facts f WHERE f.customer_id = c.id) FROM customers c WHERE c.segment = $1 AND c.region = $2',
      values: () => ['segment 2', 'region 3'],
    },
    {
      name: 'correct staging',
      calls: 3,
      sql: 'UPDATE staging SET amount = amount + 1 WHERE id BETWEEN $1 AND $2',
      values: ({ nth }) => [nth * 8000, nth * 8000 + 7999],
    },
    {
      name: 'load',
      calls: 30,
      sql: `INSERT INTO loads SELECT $1::int + n, ${MEASURES.slice(0, 12)
        .map((_, at) => `n % ${at + 5}`)
        .join(', ')} FROM generate_series(1, 100) n`,
      values: ({ week, nth }) => [week * 1_000_000 + nth * 1000],
    },
    {
      name: 'a product',
      calls: 40,
      sql: 'SELECT sum(m0), max(booked_at) FROM facts WHERE product_id = $1',
      values: ({ random }) => [int(random, 1, 900)],
    },
    // Innocent.
    { name: 'by channel', calls: 6, sql: 'SELECT channel, sum(m0), avg(m1), max(m2) FROM facts GROUP BY channel' },
    {
      name: 'months',
      calls: 4,
      sql: "SELECT date_trunc('month', booked_at), sum(m3) FROM facts GROUP BY 1 ORDER BY 1",
    },
    {
      name: 'one customer',
      calls: 200,
      sql: 'SELECT id, booked_at, m0 FROM facts WHERE customer_id = $1',
      values: ({ random }) => [int(random, 1, 20_000)],
    },
    { name: 'last facts', calls: 200, sql: 'SELECT id, m0 FROM facts ORDER BY booked_at DESC LIMIT 20' },
    {
      name: 'product sums',
      calls: 200,
      sql: 'SELECT m0 FROM by_product WHERE product_id = $1',
      values: ({ random }) => [int(random, 1, 900)],
    },
    { name: 'regions', calls: 20, sql: 'SELECT region, count(*) FROM customers GROUP BY region' },
    { name: 'export', calls: 1, sql: 'SELECT * FROM facts' },
    {
      name: 'segments that bought',
      calls: 200,
      sql: 'SELECT DISTINCT c.segment, f.channel FROM customers c JOIN facts f ON f.customer_id = c.id WHERE f.product_id = $1 AND f.channel = $2',
      values: ({ random }) => [int(random, 1, 900), int(random, 0, 5)],
    },
  ],
  doctored: ['the statistics are 60 days old'],
  planted: [
    {
      advisors: ['missing-indexes'],
      table: 'facts',
      says: 'invoice_no',
      why: 'three rows of an invoice are looked for in all facts',
    },
    {
      advisors: ['columns-inside-functions'],
      statement: 'facts of a day',
      why: 'the cast passes the index on booked_at',
    },
    {
      advisors: ['sorts-that-spill'],
      statement: 'first of each product',
      why: 'sorts megabytes with 1 MB of work_mem',
    },
    {
      advisors: ['distinct-over-joins'],
      statement: 'customers with facts',
      why: 'joins facts to throw them away again',
    },
    {
      advisors: ['correlated-columns'],
      statement: 'customers and their last',
      why: 'a subquery for each of 444 customers',
    },
    { advisors: ['stale-statistics', 'dead-rows'], table: 'staging', why: 'half of it changed since ANALYZE' },
    { advisors: ['many-indexes'], table: 'loads', why: 'thirteen indexes, and nothing but inserts' },
  ],
  innocents: [
    {
      advisors: ['missing-indexes', 'top-time-statements'],
      statement: 'a product',
      why: 'PostgreSQL 18 skips through facts_wide',
    },
    {
      advisors: ['top-time-statements', 'slow-and-frequent-statements', 'missing-indexes', 'columns-inside-functions'],
      statement: 'by channel',
      why: 'must read all facts',
    },
    {
      advisors: ['top-time-statements', 'slow-and-frequent-statements', 'columns-inside-functions'],
      statement: 'months',
      why: 'must read all facts; the function is not in a filter',
    },
    {
      advisors: ['unbounded-results', 'star-over-wide-rows', 'top-time-statements'],
      statement: 'export',
      why: 'once, and means everything',
    },
    { advisors: ['distinct-over-joins'], statement: 'segments that bought', why: 'selects columns of both tables' },
    { advisors: ['tables-without-primary-key', 'unused-indexes'], table: 'by_product', why: 'a materialized view' },
    {
      advisors: ['unused-indexes', 'duplicate-indexes'],
      index: 'facts_wide',
      why: 'read by what bought; wide, and covers',
    },
    { advisors: ['repeated-counts'], statement: 'regions', why: 'a small table, grouped' },
    { advisors: ['unused-indexes', 'duplicate-indexes'], index: 'facts_booked', why: 'serves the last facts' },
  ],
  alsoTrue: [
    {
      advisors: ['stale-statistics'],
      table: 'loads',
      why: 'It was empty at the last ANALYZE and holds 3,000 rows now.',
    },
  ],
};
