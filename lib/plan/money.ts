/** The benefit in money and when it has paid for the work, at the prices that somebody configured. */
import type { Money, Prices } from '../model/money.ts';
import type { Opportunity } from '../model/opportunity.ts';
import type { Plan } from '../model/plan.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Interval } from '../model/units.ts';
import type { Load } from './load.ts';

const QUARTER_WEEKS = 13;
const QUARTER_MONTHS = 3;
const MS_PER_HOUR = 3_600_000;
const GIB = 1024 ** 3;

/** Prices, applied to this target. */
export interface Rates {
  readonly currency: string;
  /** null: time has no price here. */
  readonly databaseHour: number | null;
  readonly gigabyteMonth: number | null;
  readonly engineerHour: number | null;
  readonly basis: string;
}

export function ratesOf(prices: Prices, { hosts }: Pick<Snapshot, 'hosts'>): Rates {
  const { currency, instanceHour, gigabyteMonth, engineerHour } = prices;
  const seen = hosts.length === 1 ? hosts[0]?.cpuCount : undefined;
  const vcpus = prices.vcpus ?? seen;
  const derived = instanceHour === undefined || vcpus === undefined || vcpus <= 0 ? null : instanceHour / vcpus;
  const databaseHour = prices.databaseHour ?? derived;
  const basis =
    prices.databaseHour !== undefined
      ? 'The configured price of a database-hour.'
      : derived !== null
        ? `The configured price of the machine for an hour, over ${vcpus} processors: an active session uses one at most.`
        : instanceHour !== undefined
          ? 'Time has no price here: how many processors the machine has is not known; set prices.vcpus.'
          : 'Time has no price in the configuration.';
  return {
    currency,
    databaseHour,
    gigabyteMonth: gigabyteMonth ?? null,
    engineerHour: engineerHour ?? null,
    basis: `${basis} It is saved when the machine or the storage gets smaller, or need not grow.`,
  };
}

export function moneyOf({ benefit, effort }: Pick<Opportunity, 'benefit' | 'effort'>, rates: Rates): Money {
  return moneyFor(savedPerQuarter(benefit, rates), effort.engineerHours, rates);
}

/** Of the whole plan: time on the remaining load, so that nothing is counted twice, and the space of all items. */
export function totalMoney(
  { opportunities, estimatedImprovement }: Pick<Plan, 'opportunities' | 'estimatedImprovement'>,
  { totalMs, perWeek }: Load,
  rates: Rates,
): Money {
  const { databaseHour } = rates;
  const known = estimatedImprovement !== null && totalMs !== null && perWeek !== null && databaseHour !== null;
  const weekly = known ? (totalMs * perWeek * databaseHour) / MS_PER_HOUR : 0;
  const time = known ? scaled(estimatedImprovement, weekly * QUARTER_WEEKS) : null;
  const space = opportunities
    .filter(({ benefit }) => benefit.kind === 'space')
    .flatMap(({ benefit }) => savedPerQuarter(benefit, rates) ?? []);
  const parts = time === null ? space : [time, ...space];
  const hours = opportunities.reduce((sum, { effort }) => sum + effort.engineerHours, 0);
  return moneyFor(parts.length === 0 ? null : parts.reduce(added), hours, rates);
}

function savedPerQuarter(benefit: Opportunity['benefit'], rates: Rates): Interval | null {
  const { kind, low, likely, high } = benefit;
  if (low === null || likely === null || high === null) return null;
  const price =
    kind === 'time'
      ? rates.databaseHour === null
        ? null
        : (rates.databaseHour * QUARTER_WEEKS) / MS_PER_HOUR
      : rates.gigabyteMonth === null
        ? null
        : (rates.gigabyteMonth * QUARTER_MONTHS) / GIB;
  return price === null ? null : scaled({ low, likely, high }, price);
}

function moneyFor(perQuarter: Interval | null, hours: number, { currency, engineerHour, basis }: Rates): Money {
  const cost = engineerHour === null ? null : hours * engineerHour;
  const weeks = (saved: number) => (cost === null || saved <= 0 ? null : (cost * QUARTER_WEEKS) / saved);
  return {
    currency,
    perQuarter,
    cost,
    paybackWeeks:
      perQuarter === null || cost === null
        ? null
        : { low: weeks(perQuarter.high), likely: weeks(perQuarter.likely), high: weeks(perQuarter.low) },
    basis,
  };
}

function scaled({ low, likely, high }: Interval, factor: number): Interval {
  return { low: low * factor, likely: likely * factor, high: high * factor };
}

function added(a: Interval, b: Interval): Interval {
  return { low: a.low + b.low, likely: a.likely + b.likely, high: a.high + b.high };
}
