/** A web shop: orders, items, reviews; foreign keys everywhere, and indexes made in a hurry. */
import { int, type Scene } from './scene.ts';

const CUSTOMERS = 60_000;
const ORDERS = 150_000;

export const shop: Scene = {
  name: 'shop',
  kind: 'OLTP with foreign keys',
  build: [
    `CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, name text NOT NULL, address text NOT NULL, card text UNIQUE);
     INSERT INTO customers SELECT n, 'User' || n || '@Example.com', 'Name ' || n, repeat('street ', 18) || n, repeat(md5(n::text), 5) FROM generate_series(1, ${CUSTOMERS}) n`,
    `CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price int NOT NULL, category int NOT NULL);
     INSERT INTO products SELECT n, 'product ' || n, n % 997, n % 40 FROM generate_series(1, 4000) n`,
    `CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers ON DELETE CASCADE, reference text NOT NULL,
       status text NOT NULL, total int NOT NULL, created_at timestamptz NOT NULL, note text NOT NULL);
     INSERT INTO orders SELECT n, 1 + (n * 7919) % 50000, md5(n::text), CASE WHEN n % 500 = 0 THEN 'open' ELSE 'done' END, n % 5000,
       timestamptz '2026-01-01' + n * interval '2 minutes', md5((n * 3)::text) || md5((n * 5)::text) FROM generate_series(1, ${ORDERS}) n`,
    `CREATE TABLE order_items (order_id int NOT NULL REFERENCES orders ON DELETE CASCADE, product_id int NOT NULL, quantity int NOT NULL,
       position int NOT NULL, PRIMARY KEY (order_id, position));
     INSERT INTO order_items SELECT n, 1 + (n * 31 + p * 17) % 4000, p, p FROM generate_series(1, ${ORDERS}) n, generate_series(1, 2) p`,
    `CREATE TABLE reviews (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, product_id int NOT NULL, stars int NOT NULL, words text NOT NULL);
     INSERT INTO reviews SELECT n, 1 + (n * 13) % 40000, 1 + n % 4000, n % 5, repeat('nice ', 30) FROM generate_series(1, 70000) n`,
    `CREATE TABLE returns (id int PRIMARY KEY, product_id int NOT NULL REFERENCES products, reason text NOT NULL);
     INSERT INTO returns SELECT n, 1 + n % 4000, repeat('broken ', 25) FROM generate_series(1, 60000) n`,
    `CREATE TABLE stock (product_id int PRIMARY KEY, quantity int NOT NULL, place text NOT NULL);
     INSERT INTO stock SELECT n, 100, repeat('x', 40) FROM generate_series(1, 30000) n`,
    `CREATE TABLE shipping (country int PRIMARY KEY, price int NOT NULL);
     INSERT INTO shipping SELECT n, n FROM generate_series(1, 200) n`,
    'CREATE INDEX orders_customer ON orders (customer_id)',
    'CREATE INDEX orders_customer_created ON orders (customer_id, created_at)',
    'CREATE INDEX orders_note ON orders (note)',
    "CREATE INDEX orders_open ON orders (created_at) WHERE status = 'open'",
    'CREATE INDEX orders_created ON orders (created_at)',
    'CREATE INDEX customers_email ON customers (email)',
    'CREATE INDEX customers_email_again ON customers (email)',
    'CREATE INDEX customers_email_like ON customers (email text_pattern_ops)',
    'CREATE INDEX order_items_product ON order_items (product_id)',
    'CREATE INDEX order_items_product_qty ON order_items (product_id, quantity)',
    'CREATE UNIQUE INDEX CONCURRENTLY products_category_key ON products (category)',
    'CREATE INDEX reviews_product ON reviews (product_id)',
  ],
  ops: [
    {
      name: 'order by reference',
      calls: 70,
      sql: 'SELECT id, total FROM orders WHERE reference = $1',
      values: ({ nth }) => [`none ${nth}`],
    },
    {
      name: 'close an account',
      calls: 40,
      sql: 'DELETE FROM customers WHERE id = $1',
      values: ({ week, nth }) => [CUSTOMERS - week * 100 - nth],
    },
    {
      name: 'customer by mail',
      calls: 30,
      sql: 'SELECT id, name FROM customers WHERE lower(email) = $1',
      values: ({ random }) => [`user${int(random, 1, CUSTOMERS)}@example.com`],
    },
    {
      name: 'product by key',
      calls: 9000,
      sql: 'SELECT name, price FROM products WHERE id = $1',
      values: ({ random }) => [int(random, 1, 4000)],
    },
    {
      name: 'all done orders of a week',
      calls: 12,
      sql: "SELECT id, total, status FROM orders WHERE created_at > $1 AND status <> 'open'",
      values: () => ['2026-07-05'],
    },
    {
      name: 'deep page',
      calls: 25,
      sql: 'SELECT id, total FROM orders ORDER BY id LIMIT 20 OFFSET $1',
      values: ({ random }) => [int(random, 90_000, 140_000)],
    },
    {
      name: 'count stock',
      calls: 3,
      sql: 'UPDATE stock SET quantity = quantity + 1 WHERE product_id BETWEEN $1 AND $2',
      values: ({ nth }) => [nth * 10_000, nth * 10_000 + 9_999],
    },
    {
      name: 'orders of a price',
      calls: 40,
      sql: 'SELECT id, customer_id FROM orders WHERE total BETWEEN $1::int AND $1::int + 14',
      values: ({ random }) => [int(random, 0, 4900)],
    },
    // Innocent.
    {
      name: 'last orders',
      calls: 1500,
      sql: 'SELECT id, total FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 10',
      values: ({ random }) => [int(random, 1, 50_000)],
    },
    {
      name: 'items of an order',
      calls: 1200,
      sql: 'SELECT product_id, quantity FROM order_items WHERE order_id = $1',
      values: ({ random }) => [int(random, 1, ORDERS)],
    },
    {
      name: 'reviews of a product',
      calls: 900,
      sql: 'SELECT stars, words FROM reviews WHERE product_id = $1 LIMIT 20',
      values: ({ random }) => [int(random, 1, 4000)],
    },
    {
      name: 'mails beginning with',
      calls: 600,
      sql: 'SELECT id FROM customers WHERE email LIKE $1 LIMIT 10',
      values: ({ random }) => [`User${int(random, 1000, 9999)}%`],
    },
    {
      name: 'open orders',
      calls: 300,
      sql: "SELECT id FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 50",
    },
    {
      name: 'price of shipping',
      calls: 1000,
      sql: 'SELECT price FROM shipping WHERE country = $1',
      values: ({ random }) => [int(random, 1, 200)],
    },
    {
      name: 'second page',
      calls: 200,
      sql: 'SELECT id, name FROM customers ORDER BY id LIMIT 20 OFFSET $1',
      values: () => [20],
    },
    {
      name: 'sales of a product',
      calls: 200,
      sql: 'SELECT sum(quantity) FROM order_items WHERE product_id = $1',
      values: ({ random }) => [int(random, 1, 4000)],
    },
    {
      name: 'turnover',
      calls: 1,
      sql: 'SELECT date_trunc($1, created_at), sum(total) FROM orders GROUP BY 1',
      values: () => ['month'],
    },
  ],
  doctored: ['the statistics are 60 days old, so that an index can be called unread'],
  planted: [
    {
      advisors: ['missing-indexes'],
      table: 'orders',
      says: '(total)',
      why: 'a narrow range is looked for in all orders',
    },
    {
      advisors: ['missing-indexes'],
      table: 'orders',
      says: '(reference)',
      why: 'orders are looked up by a column without an index',
    },
    {
      advisors: ['foreign-keys-without-index', 'missing-indexes'],
      table: 'reviews',
      says: 'customer_id',
      why: 'each closed account reads all reviews',
    },
    {
      advisors: ['columns-inside-functions'],
      statement: 'customer by mail',
      why: 'lower(email) passes the index on email',
    },
    {
      advisors: ['duplicate-indexes'],
      index: 'customers_email',
      why: 'customers_email_again is the same; either may go',
    },
    { advisors: ['duplicate-indexes'], index: 'order_items_product', why: 'order_items_product_qty begins with it' },
    {
      advisors: ['duplicate-indexes'],
      index: 'orders_customer',
      why: 'orders_customer_created begins with it, and is the one that is read',
    },
    { advisors: ['unused-indexes'], index: 'orders_note', why: 'nobody ever reads by note' },
    { advisors: ['invalid-indexes'], index: 'products_category_key', why: 'a failed unique build left it' },
    { advisors: ['chatty-statements'], statement: 'product by key', why: 'half of all calls fetch one product each' },
    {
      advisors: ['unbounded-results'],
      statement: 'all done orders of a week',
      why: 'thousands of rows a call, no limit',
    },
    { advisors: ['large-offsets'], statement: 'deep page', why: 'counts off a hundred thousand rows for twenty' },
    { advisors: ['dead-rows'], table: 'stock', why: 'all rows changed once and nobody vacuums' },
  ],
  innocents: [
    { advisors: ['unused-indexes'], index: 'customers_card_key', why: 'unread, but it keeps cards unique' },
    { advisors: ['duplicate-indexes'], index: 'customers_email_like', why: 'another operator class: it serves LIKE' },
    {
      advisors: ['duplicate-indexes', 'unused-indexes'],
      index: 'orders_open',
      why: 'partial: a hundredth of the size',
    },
    {
      advisors: ['foreign-keys-without-index', 'missing-indexes'],
      table: 'returns',
      why: 'products are never deleted',
    },
    { advisors: ['missing-indexes'], table: 'shipping', why: 'one page' },
    { advisors: ['large-offsets'], statement: 'second page', why: 'skips twenty rows' },
    { advisors: ['unbounded-results'], statement: 'open orders', why: 'limited' },
    { advisors: ['chatty-statements'], statement: 'price of shipping', why: 'a twentieth of the calls' },
    {
      advisors: ['columns-inside-functions', 'top-time-statements'],
      statement: 'turnover',
      why: 'a monthly sum reads all orders once',
    },
    { advisors: ['pattern-searches'], statement: 'mails beginning with', why: 'an index serves the prefix' },
  ],
  alsoTrue: [],
};
