/** What the shop's customers and its back office ask of the database; how often, and in which words. */
import { type Random, skewed } from './random.ts';

export interface Session {
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
}

export interface Sizes {
  readonly customers: number;
  readonly buyers: number;
  readonly products: number;
  readonly orders: number;
  readonly carts: number;
  readonly visitors: number;
}

export interface Visit {
  readonly session: Session;
  readonly random: Random;
  readonly sizes: Sizes;
  /** 1 or 2. */
  readonly week: number;
  /** Which of the week's visits of this kind it is, from 0. */
  readonly nth: number;
}

export interface Kind {
  readonly name: string;
  readonly perWeek: number;
  readonly run: (visit: Visit) => Promise<unknown>;
}

const product = ({ random, sizes }: Visit): number => skewed(random, sizes.products, 2);
const buyer = ({ random, sizes }: Visit): number => skewed(random, sizes.buyers, 1.6);

/** The listing asks for its products' stock one by one. Planted: the N+1 pattern, and the view the release touches. */
async function browseCategory({ session, random }: Visit): Promise<void> {
  const { rows } = await session.query(
    `SELECT id, name, price, rating_count, rating_average FROM product_listing
     WHERE category_id = $1 ORDER BY rating_average DESC, id LIMIT 20`,
    [skewed(random, 60, 1.3)],
  );
  for (const { id } of rows) {
    await session.query('SELECT quantity FROM stock WHERE product_id = $1 AND warehouse_id = $2', [id, 1]);
  }
}

async function checkOut(visit: Visit): Promise<void> {
  const { session } = visit;
  const customer = buyer(visit);
  const items = [...new Set([product(visit), product(visit), product(visit)])].sort((a, b) => a - b);
  await session.query('BEGIN');
  const placed = await session.query(
    `INSERT INTO orders (customer_id, status, total, placed_at) VALUES ($1, 'open', $2, now()) RETURNING id`,
    [customer, 20 * items.length],
  );
  const order = placed.rows[0]?.id;
  for (const [line, id] of items.entries()) {
    await session.query(
      'INSERT INTO order_items (order_id, line, product_id, quantity, unit_price) VALUES ($1, $2, $3, 1, 20)',
      [order, line + 1, id],
    );
    await session.query('UPDATE stock SET quantity = quantity - 1 WHERE product_id = $1 AND warehouse_id = 1', [id]);
  }
  await session.query(`INSERT INTO payments (order_id, provider, amount, paid_at) VALUES ($1, 'card', $2, now())`, [
    order,
    20 * items.length,
  ]);
  await session.query('COMMIT');
}

export const kinds: readonly Kind[] = [
  { name: 'browse a category', perWeek: 350, run: browseCategory },
  { name: 'check out', perWeek: 250, run: checkOut },
  {
    // Planted: a selective lookup in the biggest table, without an index.
    name: 'recently viewed',
    perWeek: 110,
    run: ({ session, random, sizes }) =>
      session.query(
        'SELECT product_id, kind, happened_at FROM events WHERE visitor_id = $1 ORDER BY happened_at DESC LIMIT 20',
        [skewed(random, sizes.visitors, 1.4)],
      ),
  },
  {
    name: 'product page',
    perWeek: 1200,
    run: (visit) =>
      visit.session.query('SELECT id, name, description, price FROM products WHERE id = $1', [product(visit)]),
  },
  {
    name: 'page view',
    perWeek: 500,
    run: (visit) =>
      visit.session.query(
        `INSERT INTO events (visitor_id, product_id, kind, happened_at) VALUES ($1, $2, 'view', now())`,
        [skewed(visit.random, visit.sizes.visitors, 1.4), product(visit)],
      ),
  },
  {
    name: 'latest reviews',
    perWeek: 600,
    run: (visit) =>
      visit.session.query(
        'SELECT stars, body, written_at FROM reviews WHERE product_id = $1 ORDER BY written_at DESC LIMIT 10',
        [product(visit)],
      ),
  },
  {
    name: 'log in',
    perWeek: 600,
    run: (visit) =>
      visit.session.query('SELECT id, name, country FROM customers WHERE email = $1', [
        `customer${buyer(visit)}@example.com`,
      ]),
  },
  {
    name: 'my orders',
    perWeek: 45,
    run: (visit) =>
      visit.session.query(
        'SELECT id, status, total, placed_at FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 20',
        [buyer(visit)],
      ),
  },
  {
    name: 'one order',
    perWeek: 400,
    run: ({ session, random, sizes }) =>
      session.query(
        `SELECT i.line, p.name, i.quantity, i.unit_price FROM order_items i JOIN products p ON p.id = i.product_id
         WHERE i.order_id = $1 ORDER BY i.line`,
        [1 + Math.floor(random() * sizes.orders)],
      ),
  },
  {
    // Planted: slow and frequent; no index helps a pattern that begins with a wildcard.
    name: 'search',
    perWeek: 260,
    run: ({ session, random, sizes }) =>
      session.query(
        'SELECT id, name, price FROM products WHERE description ILIKE $1 OR name ILIKE $1 ORDER BY id LIMIT 20',
        [`%${Math.floor(random() * sizes.products).toString(16)}a%`],
      ),
  },
  {
    // Planted: one report takes the most time of all that stays after the index.
    name: 'best sellers',
    perWeek: 24,
    run: ({ session, random }) =>
      session.query(
        `SELECT p.category_id, p.id, sum(i.quantity * i.unit_price) AS revenue
         FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id
         WHERE o.placed_at > now() - make_interval(days => $1) GROUP BY p.category_id, p.id ORDER BY revenue DESC LIMIT 10`,
        [50 + Math.floor(random() * 20)],
      ),
  },
  {
    name: 'revenue by day',
    perWeek: 24,
    run: ({ session }) =>
      session.query(
        `SELECT date_trunc('day', paid_at) AS day, provider, sum(amount) AS paid FROM payments
         WHERE paid_at > now() - interval '90 days' GROUP BY 1, 2 ORDER BY 1, 2`,
      ),
  },
  {
    // Planted: an unbounded result, thousands of rows into the application's memory.
    name: 'newsletter list',
    perWeek: 30,
    run: ({ session, nth }) =>
      session.query('SELECT id, email, name FROM customers WHERE country = $1 ORDER BY id', [
        ['DE', 'FR', 'GB'][nth % 3],
      ]),
  },
  {
    // Planted: row after row rewritten (touched_at is indexed), and no autovacuum comes to clean up.
    name: 'recalculate carts',
    perWeek: 30,
    run: ({ session, nth, sizes }) => {
      const step = Math.ceil(sizes.carts / 60);
      return session.query('UPDATE carts SET touched_at = now() WHERE id > $1 AND id <= $2', [
        nth * step,
        (nth + 1) * step,
      ]);
    },
  },
  {
    name: 'import prices',
    perWeek: 2,
    run: ({ session, nth, sizes }) => {
      const step = Math.ceil(sizes.products / 6);
      return session.query('UPDATE products SET price = price * 1.001 WHERE id > $1 AND id <= $2', [
        nth * step,
        (nth + 1) * step,
      ]);
    },
  },
  {
    // Planted: each deletion reads all reviews, whose foreign key has no index.
    name: 'close an account',
    perWeek: 16,
    run: ({ session, nth, week, sizes }) =>
      session.query('DELETE FROM customers WHERE id = $1', [sizes.buyers + (week - 1) * 16 + nth + 1]),
  },
];
