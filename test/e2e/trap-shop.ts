/** A shop that is the same on every version of PostgreSQL: what the hunt must find, and what it must leave alone. */
import pg from 'pg';

/** Planted; each is named in `planted` below. Names are hostile on purpose: `"Order"`, a quote, another alphabet. */
const SHOP = `
CREATE EXTENSION pg_stat_statements;
CREATE SCHEMA "Läden";
CREATE TABLE "Läden".customers (id int PRIMARY KEY, email text NOT NULL);
CREATE TABLE "Läden"."Order" (
  id int PRIMARY KEY, "customer's id" int NOT NULL REFERENCES "Läden".customers, reference text NOT NULL, total int NOT NULL);
CREATE TABLE stock (product_id int PRIMARY KEY, quantity int NOT NULL, note text NOT NULL);
CREATE TABLE prices (product_id int PRIMARY KEY, price int NOT NULL) WITH (fillfactor = 90);
INSERT INTO "Läden".customers SELECT n, 'c' || n || '@example.com' FROM generate_series(1, 40000) n;
INSERT INTO "Läden"."Order" SELECT n, 1 + (n * 7) % 20000, md5(n::text), n % 500 FROM generate_series(1, 250000) n;
INSERT INTO stock SELECT n, 100, repeat('x', 40) FROM generate_series(1, 30000) n;
INSERT INTO prices SELECT n, n % 97 FROM generate_series(1, 30000) n;
CREATE INDEX total_idx ON "Läden"."Order" (total);
CREATE INDEX "total again" ON "Läden"."Order" (total);
CREATE INDEX customers_email_idx ON "Läden".customers (email);
CREATE INDEX customers_email_id_idx ON "Läden".customers (email, id);
`;

/** Looks like waste and is none, but for the twin of the replica identity. */
const TRAPS = `
CREATE SCHEMA traps;
CREATE TABLE traps.things (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, t text NOT NULL, j jsonb NOT NULL);
INSERT INTO traps.things SELECT n, n % 1000, n, 't' || n, jsonb_build_object('n', n % 50) FROM generate_series(1, 60000) n;
CREATE UNIQUE INDEX things_b_key ON traps.things (b);
CREATE INDEX things_b_a ON traps.things (b, a);
CREATE TABLE traps.parts (id int, thing_b int REFERENCES traps.things (b));
CREATE INDEX things_a_desc ON traps.things (a DESC, b);
CREATE INDEX things_a_asc ON traps.things (a, b DESC);
CREATE INDEX things_t ON traps.things (t);
CREATE INDEX things_t_like ON traps.things (t text_pattern_ops);
CREATE INDEX things_t_c ON traps.things (t COLLATE "POSIX");
CREATE INDEX things_t_lower ON traps.things (lower(t));
CREATE INDEX things_t_hash ON traps.things USING hash (t);
CREATE INDEX things_a_part ON traps.things (a, id) WHERE b > 100;
CREATE INDEX things_j ON traps.things USING gin (j);
CREATE INDEX things_j_path ON traps.things USING gin (j jsonb_path_ops);
CREATE INDEX things_a_incl ON traps.things (id, a) INCLUDE (t);
CREATE TABLE traps.replicated (id int NOT NULL, a int NOT NULL);
INSERT INTO traps.replicated SELECT n, n FROM generate_series(1, 60000) n;
CREATE UNIQUE INDEX replicated_also ON traps.replicated (id);
CREATE UNIQUE INDEX replicated_identity ON traps.replicated (id);
ALTER TABLE traps.replicated REPLICA IDENTITY USING INDEX replicated_identity;
CREATE INDEX replicated_clustered ON traps.replicated (a);
CLUSTER traps.replicated USING replicated_clustered;
CREATE TABLE traps.parted (id int NOT NULL, day date NOT NULL, thing int) PARTITION BY RANGE (day);
CREATE TABLE traps.parted_1 PARTITION OF traps.parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE traps.parted_2 PARTITION OF traps.parted FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO traps.parted SELECT n, date '2026-01-01' + n % 50, n FROM generate_series(1, 120000) n;
CREATE INDEX parted_thing ON traps.parted (thing);
CREATE INDEX parted_thing_again ON traps.parted (thing);
CREATE INDEX parted_only ON ONLY traps.parted (id);
CREATE MATERIALIZED VIEW traps.view AS SELECT id, a FROM traps.things;
CREATE UNLOGGED TABLE traps.cache AS SELECT n AS id, n AS value FROM generate_series(1, 60000) n;
`;

/** NULLS NOT DISTINCT is part of what a unique index promises; 15 brought it. */
const TRAPS_15 = `
CREATE UNIQUE INDEX things_id_null ON traps.things (id, a) NULLS NOT DISTINCT;
`;

/** Advisor and subject of what must be found, on every version alike. */
export const planted: readonly (readonly [advisor: string, subject: Readonly<Record<string, string>>])[] = [
  ['foreign-keys-without-index', { schema: 'Läden', table: 'Order' }],
  ['duplicate-indexes', { schema: 'Läden', index: 'total_idx' }],
  ['duplicate-indexes', { schema: 'Läden', index: 'customers_email_idx' }],
  ['duplicate-indexes', { schema: 'traps', index: 'replicated_also' }],
  ['invalid-indexes', { schema: 'public', index: 'prices_price_key' }],
  ['dead-rows', { schema: 'public', table: 'stock' }],
  ['settings-pending-restart', {}],
  ['chatty-statements', {}],
  ['unbounded-results', {}],
];

/** Only the second run can tell: until then, filling the table counts as writes that an index would slow down. */
export const plantedLater: typeof planted = [...planted, ['missing-indexes', { schema: 'Läden', table: 'Order' }]];

export async function buildTrapShop(url: string, major: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(SHOP);
    await client.query(TRAPS);
    if (major >= 15) await client.query(TRAPS_15);
    // As it happens in life: a unique build fails on duplicates and leaves its index behind.
    await client
      .query('CREATE UNIQUE INDEX CONCURRENTLY prices_price_key ON prices (price)')
      .then(() => Promise.reject(new Error('the build should have failed')))
      .catch((error: unknown) => {
        if (!(error instanceof pg.DatabaseError) || error.code !== '23505') throw error;
      });
    await client.query('ALTER SYSTEM SET max_connections = 50');
    await client.query('SELECT pg_reload_conf()');
    await client.query('ANALYZE');
    await client.query('UPDATE stock SET quantity = quantity - 1');
  } finally {
    await client.end();
  }
}

export const LOOKUPS = 2_000;
/** Lists of several lengths; before 18 PostgreSQL counts each as a statement of its own. */
export const LISTS = [1, 2, 3, 5, 8, 13, 21, 34];

/** The same statements each time, one after the other, so that counts can be told in advance. */
export async function runLoad(url: string, turn: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let n = 1; n <= LOOKUPS; n += 1) {
      await client.query('SELECT email FROM "Läden".customers WHERE id = $1', [n]);
    }
    for (let n = 1; n <= 40; n += 1) {
      const reference = 'c4ca4238a0b923820dcc509a6f75849b';
      await client.query('SELECT id, total FROM "Läden"."Order" WHERE reference = $1', [reference]);
    }
    for (const length of LISTS) {
      const list = Array.from({ length }, (_, n) => n + 1).join(', ');
      await client.query(`SELECT price FROM prices WHERE product_id IN (${list})`);
    }
    for (let n = 1; n <= 20; n += 1) await client.query('SELECT product_id, quantity FROM stock');
    // Customers without orders; each has the server look through all orders, as the foreign key has no index.
    const first = 20_001 + turn * 100;
    for (let n = 0; n < 20; n += 1) await client.query('DELETE FROM "Läden".customers WHERE id = $1', [first + n]);
    for (let n = 0; n < 5; n += 1) await client.query('SELECT count(*) FROM traps.things WHERE lower(t) = $1', ['t7']);
    await client.query('UPDATE stock SET quantity = quantity - 1');
  } finally {
    await client.end();
  }
  // Statistics arrive within a second before 15, and at once or with the end of the session after.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}
