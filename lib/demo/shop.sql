-- A web shop of middling size with problems planted in it: each is marked `planted`, and the hunt should find it.
-- Sections begin with `--- `; each is one transaction, so that with wal_level = minimal the load writes no WAL.

--- Helpers
SELECT setseed(0.42);
-- Sizes follow the scale, so that a test can build the same shop in a second.
CREATE FUNCTION pg_temp.scaled(n int) RETURNS int LANGUAGE sql IMMUTABLE
  AS $$ SELECT greatest(8, n * current_setting('shop.scale')::float8)::int $$;
-- 1..n with a zipf-like head: with steepness 2 the first 1 % of the numbers are drawn 10 % of the time.
CREATE FUNCTION pg_temp.skewed(n int, steepness float8) RETURNS int LANGUAGE sql VOLATILE
  AS $$ SELECT (1 + floor(n * power(random(), steepness)))::int $$;

--- Customers
CREATE TABLE customers (
  id int GENERATED ALWAYS AS IDENTITY,
  email text NOT NULL,
  name text NOT NULL,
  country text NOT NULL,
  registered_at timestamptz NOT NULL
);
INSERT INTO customers (email, name, country, registered_at)
SELECT 'customer' || g || '@example.com',
       'Customer ' || g,
       (ARRAY['DE','FR','GB','NL','ES','IT','PL','SE','AT','DK'])[pg_temp.skewed(10, 1.8)],
       now() - random() * interval '4 years'
FROM generate_series(1, pg_temp.scaled(40000)) g;

CREATE TABLE addresses (
  id int GENERATED ALWAYS AS IDENTITY,
  customer_id int NOT NULL,
  street text NOT NULL,
  city text NOT NULL,
  postcode text NOT NULL
);
INSERT INTO addresses (customer_id, street, city, postcode)
SELECT 1 + g % pg_temp.scaled(40000), 'Street ' || g % 977, 'City ' || g % 211, lpad((g % 99999)::text, 5, '0')
FROM generate_series(1, pg_temp.scaled(50000)) g;

--- Catalogue
CREATE TABLE categories (
  id int GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL
);
INSERT INTO categories (name) SELECT 'Category ' || g FROM generate_series(1, 60) g;

CREATE TABLE products (
  id int GENERATED ALWAYS AS IDENTITY,
  category_id int NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  price numeric(10,2) NOT NULL,
  rating_average numeric(3,2) NOT NULL DEFAULT 0,
  rating_count int NOT NULL DEFAULT 0
);
INSERT INTO products (category_id, name, description, price)
SELECT pg_temp.skewed(60, 1.3), 'Product ' || g, repeat(md5(g::text) || ' ', 6), (1 + random() * 200)::numeric(10,2)
FROM generate_series(1, pg_temp.scaled(6000)) g;

CREATE TABLE stock (
  product_id int NOT NULL,
  warehouse_id int NOT NULL,
  quantity int NOT NULL
);
INSERT INTO stock
SELECT p, w, 100000 FROM generate_series(1, pg_temp.scaled(6000)) p, generate_series(1, 4) w;

--- Reviews
CREATE TABLE reviews (
  id int GENERATED ALWAYS AS IDENTITY,
  product_id int NOT NULL,
  customer_id int NOT NULL,
  stars int NOT NULL,
  body text NOT NULL,
  written_at timestamptz NOT NULL
);
INSERT INTO reviews (product_id, customer_id, stars, body, written_at)
SELECT pg_temp.skewed(pg_temp.scaled(6000), 1.6), pg_temp.skewed(pg_temp.scaled(36000), 1.5), 1 + g % 5,
       repeat(md5(g::text) || ' ', 3), now() - random() * interval '2 years'
FROM generate_series(1, pg_temp.scaled(100000)) g;
-- What the nightly job would have filled.
UPDATE products p SET rating_average = r.average, rating_count = r.count
FROM (SELECT product_id, avg(stars) AS average, count(*) AS count FROM reviews GROUP BY product_id) r
WHERE r.product_id = p.id;

--- Orders
CREATE TABLE orders (
  id int GENERATED ALWAYS AS IDENTITY,
  customer_id int NOT NULL,
  status text NOT NULL,
  total numeric(10,2) NOT NULL,
  placed_at timestamptz NOT NULL
);
-- The last tenth of the customers never ordered anything: accounts that can be closed.
INSERT INTO orders (customer_id, status, total, placed_at)
SELECT pg_temp.skewed(pg_temp.scaled(36000), 1.6),
       CASE WHEN random() < 0.03 THEN 'open' ELSE 'delivered' END,
       (5 + random() * 300)::numeric(10,2),
       now() - (pg_temp.scaled(120000) - g) * interval '1 year' / pg_temp.scaled(120000)
FROM generate_series(1, pg_temp.scaled(120000)) g;

CREATE TABLE order_items (
  order_id int NOT NULL,
  line int NOT NULL,
  product_id int NOT NULL,
  quantity int NOT NULL,
  unit_price numeric(10,2) NOT NULL
);
INSERT INTO order_items
SELECT o, line, pg_temp.skewed(pg_temp.scaled(6000), 2), 1 + line % 2, (1 + random() * 200)::numeric(10,2)
FROM generate_series(1, pg_temp.scaled(120000)) o, generate_series(1, 1 + o % 3) line;

CREATE TABLE payments (
  id int GENERATED ALWAYS AS IDENTITY,
  order_id int NOT NULL,
  provider text NOT NULL,
  amount numeric(10,2) NOT NULL,
  paid_at timestamptz NOT NULL
);
INSERT INTO payments (order_id, provider, amount, paid_at)
SELECT id, (ARRAY['card','paypal','invoice'])[pg_temp.skewed(3, 1.5)], total, placed_at + interval '1 minute'
FROM orders;

--- Carts
CREATE TABLE carts (
  id int GENERATED ALWAYS AS IDENTITY,
  customer_id int NOT NULL,
  content jsonb NOT NULL,
  touched_at timestamptz NOT NULL
);
INSERT INTO carts (customer_id, content, touched_at)
SELECT pg_temp.skewed(pg_temp.scaled(36000), 1.3),
       -- planted: each touch of a cart writes all of this to WAL again
       jsonb_build_object('products', jsonb_build_array(g % 6000, g % 777), 'page', repeat(md5(g::text), 30)),
       now() - random() * interval '30 days'
FROM generate_series(1, pg_temp.scaled(50000)) g;

--- Page views
CREATE TABLE events (
  id bigint GENERATED ALWAYS AS IDENTITY,
  visitor_id int NOT NULL,
  product_id int NOT NULL,
  kind text NOT NULL,
  happened_at timestamptz NOT NULL
);
INSERT INTO events (visitor_id, product_id, kind, happened_at)
SELECT pg_temp.skewed(pg_temp.scaled(90000), 1.4), pg_temp.skewed(pg_temp.scaled(6000), 2),
       (ARRAY['view','cart','search','share'])[pg_temp.skewed(4, 2.5)],
       now() - (pg_temp.scaled(600000) - g) * interval '90 days' / pg_temp.scaled(600000)
FROM generate_series(1, pg_temp.scaled(600000)) g;

--- Keys and indexes
ALTER TABLE customers ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE addresses ADD PRIMARY KEY (id);
CREATE INDEX addresses_customer_id_idx ON addresses (customer_id);
ALTER TABLE categories ADD PRIMARY KEY (id);
ALTER TABLE products ADD PRIMARY KEY (id);
CREATE INDEX products_category_id_idx ON products (category_id);
ALTER TABLE stock ADD PRIMARY KEY (product_id, warehouse_id);
ALTER TABLE reviews ADD PRIMARY KEY (id);
CREATE INDEX reviews_product_id_idx ON reviews (product_id);
ALTER TABLE orders ADD PRIMARY KEY (id);
CREATE INDEX orders_customer_id_idx ON orders (customer_id);
CREATE INDEX orders_placed_at_idx ON orders (placed_at);
-- planted: an exact duplicate
CREATE INDEX idx_orders_customer ON orders (customer_id);
ALTER TABLE order_items ADD PRIMARY KEY (order_id, line);
-- planted: the first index is a prefix of the second
CREATE INDEX order_items_product_id_idx ON order_items (product_id);
CREATE INDEX order_items_product_id_order_id_idx ON order_items (product_id, order_id);
ALTER TABLE payments ADD PRIMARY KEY (id);
CREATE INDEX payments_order_id_idx ON payments (order_id);
ALTER TABLE carts ADD PRIMARY KEY (id);
CREATE INDEX carts_customer_id_idx ON carts (customer_id);
CREATE INDEX carts_touched_at_idx ON carts (touched_at);
-- planted: no index on events (visitor_id), which every visit looks up
ALTER TABLE events ADD PRIMARY KEY (id);

--- Foreign keys
ALTER TABLE addresses ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE;
ALTER TABLE products ADD FOREIGN KEY (category_id) REFERENCES categories;
ALTER TABLE stock ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE order_items ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE carts ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE reviews ADD FOREIGN KEY (product_id) REFERENCES products;
-- planted: no index leads with reviews (customer_id), so closing an account reads all reviews
ALTER TABLE reviews ADD FOREIGN KEY (customer_id) REFERENCES customers;

--- Views
CREATE VIEW product_listing AS
SELECT id, category_id, name, price, rating_count, rating_average FROM products;
