/** One week of the shop in seconds: the same visits in the same order each time, over a pool as an application has it. */
import pg from 'pg';
import { type Random, seeded, shuffled } from './random.ts';
import { type Kind, kinds, type Sizes } from './visits.ts';

const CUSTOMERS_AT_ONCE = 6;
/** Connections a careless back office keeps open and hardly uses. Planted: with them the limit is near. */
const BACK_OFFICE = 3;

export interface Planned {
  readonly kind: Kind;
  readonly nth: number;
  readonly random: Random;
}

/** The same number of visits of each kind in both weeks; only who comes and what they look at differs. */
export function planWeek(week: number, scale: number): readonly Planned[] {
  const seed = week * 1_000_003;
  const visits = kinds.flatMap((kind, index) =>
    Array.from({ length: Math.ceil(kind.perWeek * scale) }, (_, nth) => ({
      kind,
      nth,
      random: seeded(seed + index * 10_007 + nth),
    })),
  );
  return shuffled(visits, seeded(seed));
}

export interface Shop {
  /** Counts are told while it runs. */
  runWeek(week: number, say: (done: number, all: number) => void): Promise<void>;
  close(): Promise<void>;
}

export interface ShopRun {
  readonly url: string;
  readonly scale?: number;
}

/** Opens the shop: its connections stay open between the weeks, as an application's do. */
export async function openShop({ url, scale = 1 }: ShopRun): Promise<Shop> {
  const customers = await connect(url, CUSTOMERS_AT_ONCE, 'shop');
  const backOffice = await connect(url, BACK_OFFICE, 'back office');
  // Planted: somebody began a transaction, changed a row and went home. Nothing that dies from now on can be removed.
  const [forgotten] = await connect(url, 1, 'stock take');
  await forgotten?.query('BEGIN');
  await forgotten?.query('UPDATE stock SET quantity = quantity - 1 WHERE product_id = 1 AND warehouse_id = 4');
  const sizes = sizesOf(scale);
  return {
    runWeek: async (week, say) => {
      const plan = planWeek(week, scale);
      let next = 0;
      let done = 0;
      await Promise.all(
        customers.map(async (session) => {
          for (let visit = plan[next++]; visit !== undefined; visit = plan[next++]) {
            await visit.kind.run({ session, random: visit.random, nth: visit.nth, sizes, week });
            done += 1;
            say(done, plan.length);
          }
          // An idle session may keep its last second of counters to itself for ten more.
          await session.query('SELECT pg_stat_force_next_flush()');
        }),
      );
    },
    close: async () => {
      await Promise.all([...customers, ...backOffice, forgotten].map((client) => client?.end()));
    },
  };
}

async function connect(url: string, count: number, name: string): Promise<readonly pg.Client[]> {
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: url, application_name: name }));
  for (const client of clients) {
    // When the server goes, the query under way fails; the event must not end the process before it is reported.
    client.on('error', () => {});
    await client.connect();
  }
  return clients;
}

/** As shop.sql counts them. */
export function sizesOf(scale: number): Sizes {
  const scaled = (n: number): number => Math.max(8, Math.round(n * scale));
  return {
    customers: scaled(40_000),
    buyers: scaled(36_000),
    products: scaled(6000),
    orders: scaled(120_000),
    carts: scaled(50_000),
    visitors: scaled(90_000),
  };
}
