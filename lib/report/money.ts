/** Money as words: rounded to two figures, which is what an estimate can bear. */
import type { Money } from '../model/money.ts';

const cents = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const rounded = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

/** `EUR 1,200`; cents only below ten. */
export function sum(value: number, currency: string): string {
  return `${currency}\u00A0${(Math.abs(value) < 10 ? cents : rounded).format(value)}`;
}

/** `Saves between EUR 120 and EUR 340 a quarter for EUR 180 of work: paid back in about 8 weeks (5 to 19)`. */
export function moneyWords({ currency, perQuarter, cost, paybackWeeks }: Money): string {
  const work = cost === null ? '' : ` for ${sum(cost, currency)} of work`;
  if (perQuarter === null) {
    return cost === null ? 'Nothing here has a price' : `${sum(cost, currency)} of work; what it brings has no price`;
  }
  const [low, high] = [sum(perQuarter.low, currency), sum(perQuarter.high, currency)];
  const saved = low === high ? `about ${high}` : perQuarter.low <= 0 ? `up to ${high}` : `between ${low} and ${high}`;
  return `Saves ${saved} a quarter${work}${paybackWeeks === null ? '' : `: ${paidBack(paybackWeeks)}`}`;
}

/** Nobody plans beyond: a change that takes longer is not done for the money. */
const YEARS_10 = 520;

function paidBack({ low, likely, high }: NonNullable<Money['paybackWeeks']>): string {
  if (likely === null || likely > YEARS_10) {
    return low === null || low > YEARS_10 ? 'not done for the money' : `paid back in ${time(low)} at best`;
  }
  const worst = high === null || high > YEARS_10 ? 'or never' : `${time(high)} at worst`;
  return `paid back in about ${time(likely)}${high === low ? '' : ` (${time(low ?? likely)} at best, ${worst})`}`;
}

function time(weeks: number): string {
  if (weeks < 1) return `${Math.max(1, Math.round(weeks * 7))}\u00A0${weeks * 7 < 1.5 ? 'day' : 'days'}`;
  if (weeks >= 104) return `${Math.round(weeks / 52)}\u00A0years`;
  return `${Math.round(weeks)}\u00A0${weeks < 1.5 ? 'week' : 'weeks'}`;
}
