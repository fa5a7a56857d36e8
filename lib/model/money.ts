/** What database time, storage and work cost, by prices that somebody configured; without them no money is stated. */
import * as z from 'zod';

/** As configured, each in `currency`. */
export interface Prices {
  /** ISO 4217, such as EUR. */
  readonly currency: string;
  /** One hour in which one session is active. */
  readonly databaseHour?: number | undefined;
  /** Instead: of the machine, divided by its processors, as an active session can use one at a time. */
  readonly instanceHour?: number | undefined;
  /** Of the machine; default: those that the host metrics show. */
  readonly vcpus?: number | undefined;
  /** 1024³ bytes for a month, as clouds count. */
  readonly gigabyteMonth?: number | undefined;
  readonly engineerHour?: number | undefined;
}

const interval = z.object({ low: z.number(), likely: z.number(), high: z.number() });
const weeks = z.number().nullable();

export const moneySchema = z.strictObject({
  currency: z.string(),
  /** Saved in thirteen weeks; null where nothing that has a price is saved. */
  perQuarter: interval.nullable(),
  /** Of the engineer-hours, once; null without a price for them. */
  cost: z.number().nullable(),
  /** Until the saving has paid for the work; null: at that end it never does. */
  paybackWeeks: z.strictObject({ low: weeks, likely: weeks, high: weeks }).nullable(),
  basis: z.string(),
});

export type Money = z.infer<typeof moneySchema>;
