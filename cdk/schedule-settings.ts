/** When the hunts are due, and when somebody else looks whether they were delivered. */
import { DateTime, IANAZone } from 'luxon';
import * as z from 'zod';

/** Of Scheduler, with a plain minute and hour, so that the look afterwards can be put some hours later. */
const CRON = /^cron\((\d{1,2}) (\d{1,2}) (\S+ \S+ \S+ \S+)\)$/;
const cron = z.string().regex(CRON, 'is no cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR) with a plain minute and hour');

export const scheduleSchema = z
  .strictObject({
    weekly: z.union([cron, z.literal(false)]).default('cron(0 6 ? * MON *)'),
    monthly: cron.optional(),
    quarterly: cron.optional(),
    timeZone: z
      .string()
      .refine((name) => IANAZone.isValidZone(name), 'is no time zone, such as Europe/Berlin')
      .default('UTC'),
    flexibleMinutes: z.int().min(1).max(240).default(15),
    /** After each hunt: was it delivered? */
    verifyAfterHours: z.int().min(1).max(12).default(5),
    enabled: z.boolean().default(true),
  })
  .check(({ value, issues }) => {
    const fault = (path: string[], message: string) => issues.push({ code: 'custom', path, message, input: value });
    const { timeZone, verifyAfterHours, flexibleMinutes } = value;
    const due = cadences.flatMap((cadence) => {
      const [, minute, hour] = CRON.exec(value[cadence] || '') ?? [];
      return hour === undefined ? [] : [{ cadence, minute: Number(minute), hour: Number(hour) }];
    });
    if (due.length === 0) fault([], 'no cadence: give weekly, monthly or quarterly');
    for (const { cadence, minute, hour } of due) {
      if (minute > 59 || hour > 23) fault([cadence], 'is no time of the day');
      else if (hour + verifyAfterHours > 23)
        fault([cadence], `leaves no ${verifyAfterHours} hours of the same day to verify it: choose an earlier hour`);
      if (hour >= 1 && hour <= 3 && changesClocks(timeZone))
        fault([cadence], `is between 01:00 and 03:59, when ${timeZone} changes its clocks: such a run can be skipped`);
    }
    if (flexibleMinutes + 60 > verifyAfterHours * 60)
      fault(['verifyAfterHours'], 'is too soon: a hunt may begin as late as flexibleMinutes says, and be repeated');
  });

export const cadences = ['weekly', 'monthly', 'quarterly'] as const;
export type ScheduledCadence = (typeof cadences)[number];

/** How long a window each looks back on; the weekly one is a setting of its own. */
export const longWindows = { monthly: '30d', quarterly: '90d' } as const;

/** The same days, so many hours later. */
export function hoursLater(expression: string, hours: number): string {
  const [, minute, hour, days] = CRON.exec(expression) ?? [];
  return `cron(${minute} ${Number(hour) + hours} ${days})`;
}

function changesClocks(zone: string): boolean {
  if (!IANAZone.isValidZone(zone)) return false;
  const [winter, summer] = [1, 7].map((month) => DateTime.utc(2026, month, 1).setZone(zone).offset);
  return winter !== summer;
}
