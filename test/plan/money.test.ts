/** The same benefit in money: never without a price, never counted twice, never surer than the time. */
import { describe, expect, it } from 'vitest';
import type { Prices } from '../../lib/model/money.ts';
import { ratesOf } from '../../lib/plan/money.ts';
import { plan } from '../../lib/plan/plan.ts';
import { averted, finding, found, snapshot, space, statement, time, unchanged } from './build.ts';

const HOUR = 3_600_000;
const GIB = 1024 ** 3;
const prices: Prices = { currency: 'EUR', databaseHour: 2, gigabyteMonth: 0.1, engineerHour: 100 };
const orders = { database: 'shop', schema: 'public', table: 'orders' };
const host = (cpuCount?: number) => ({ host: 'a', ...(cpuCount === undefined ? {} : { cpuCount }) });

function planned(given: Prices | undefined, ...findings: Parameters<typeof found>[2][]) {
  // 100 hours a week in `a`, of 200 in all.
  const rows = snapshot({ statements: [statement('a', 100 * HOUR), statement('b', 100 * HOUR)] });
  return plan({ outcomes: [found('x', 'index', ...findings)], changes: unchanged, snapshot: rows, prices: given });
}

describe('money', () => {
  it('is not stated where nothing has a price', () => {
    const { money, opportunities } = planned(undefined, finding(orders, 'create-index', time(['a'], 0.5)));
    expect([money, opportunities[0]?.money]).toEqual([undefined, undefined]);
  });

  it('is time a quarter at the price of an hour, and pays back by the price of the work', () => {
    const [one] = planned(prices, finding(orders, 'create-index', time(['a'], 0.5))).opportunities;
    // low 25, likely 50, high 55 hours a week; 13 weeks at EUR 2; 2 engineer-hours at EUR 100.
    expect(one?.money?.perQuarter?.low).toBeCloseTo(650);
    expect(one?.money?.perQuarter?.likely).toBeCloseTo(1300);
    expect(one?.money?.perQuarter?.high).toBeCloseTo(1430);
    expect(one?.money?.cost).toBe(200);
    expect(one?.money?.paybackWeeks?.likely).toBeCloseTo(2);
    expect(one?.money?.paybackWeeks?.high).toBeCloseTo(4);
    expect(one?.money?.paybackWeeks?.low).toBeLessThan(2);
  });

  it('is space by the month', () => {
    const drop = finding({ ...orders, index: 'i' }, 'drop-index', space(100 * GIB));
    expect(planned(prices, drop).opportunities[0]?.money?.perQuarter?.likely).toBeCloseTo(30);
    const { gigabyteMonth: _, ...without } = prices;
    expect(planned(without, drop).opportunities[0]?.money).toMatchObject({ perQuarter: null, paybackWeeks: null });
  });

  it('is not made of an averted risk, whose work costs all the same', () => {
    const [one] = planned(prices, finding({ database: 'shop' }, 'vacuum', averted)).opportunities;
    expect(one?.money).toMatchObject({ perQuarter: null, cost: 100, paybackWeeks: null });
  });

  it('counts nothing twice in the total, and leaves out what only looks', () => {
    const half = (name: string) => finding({ ...orders, table: name }, 'create-index', time(['a'], 0.5));
    const look = finding({ database: 'shop', statement: 'b' }, 'investigate', time(['b'], 0.9));
    const { money, opportunities } = planned(prices, half('t1'), half('t2'), look);
    // 100 hours, halved twice: 75 saved.
    expect(money?.perQuarter?.likely).toBeCloseTo(75 * 13 * 2);
    expect(money?.cost).toBe(100 * opportunities.reduce((sum, one) => sum + one.effort.engineerHours, 0));
  });

  it('never pays back at an end that saves nothing', () => {
    const unsure = { ...time(['a'], 0.5), reduces: { low: 0, likely: 0.5, high: 0.6 } } as ReturnType<typeof time>;
    const [one] = planned(prices, finding(orders, 'create-index', unsure)).opportunities;
    expect(one?.money?.paybackWeeks?.high).toBeNull();
  });
});

describe('the price of a database-hour', () => {
  const machine: Prices = { currency: 'USD', instanceHour: 4 };

  it('follows from the machine’s and its processors, configured or seen', () => {
    expect(ratesOf({ ...machine, vcpus: 8 }, { hosts: [host(16)] }).databaseHour).toBe(0.5);
    expect(ratesOf(machine, { hosts: [host(16)] }).databaseHour).toBe(0.25);
  });

  it('is unknown where the processors are, and says how to tell', () => {
    for (const hosts of [[], [host()], [host(8), host(16)]]) {
      const rates = ratesOf(machine, { hosts });
      expect(rates.databaseHour).toBeNull();
      expect(rates.basis).toMatch(/set prices\.vcpus/);
    }
  });
});
