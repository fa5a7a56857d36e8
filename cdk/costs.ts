/** What a month of the deployed stack costs: a price list, what one run uses, and the product. `npm run costs` prints it. */

/** USD before tax, without free tiers: us-east-1, arm64, as known on that day; AWS's own list was not asked. */
export const prices = {
  region: 'us-east-1',
  asOf: '2025-06-01',
  lambdaGigabyteSecond: 0.000_013_333_4,
  lambdaRequest: 0.2 / 1e6,
  s3GigabyteMonth: 0.023,
  s3Put: 0.005 / 1e3,
  s3Get: 0.0004 / 1e3,
  sesMail: 0.1 / 1e3,
  logsGigabyte: 0.5,
  alarmMonth: 0.1,
  /** By the hour in which it is sent. */
  metricMonth: 0.3,
  /** The fourth of an account and each beyond it. */
  dashboardMonth: 3,
  secretMonth: 0.4,
} as const;

/** Of the weekly hunt with the defaults of cdk.json, all targets behind one Prometheus. Assumed, in round figures. */
export const usage = {
  runsPerMonth: 365.25 / 12 / 7,
  hoursPerMonth: (365.25 / 12) * 24,
  gigabytes: 1,
  secondsPerRun: 10,
  secondsPerTarget: 0.8,
  /** Of history, report and snapshot, packed, as a target with 5,000 statements has them. */
  gigabytesPerTargetAndRun: 0.005,
  keptRuns: 52,
  putsPerTarget: 15,
  getsPerTarget: 20,
  logGigabytesPerRun: 0.001,
  mailsPerRun: 2,
  recipients: 3,
  /** In the template of those defaults; test/cdk/costs.test.ts counts them. */
  alarms: 13,
  metrics: 12,
  secrets: 1,
} as const;

export interface Cost {
  readonly targets: number;
  readonly perMonth: number;
  readonly parts: Readonly<Record<'compute' | 'storage' | 'watching' | 'mail and secret', number>>;
}

/** USD, in the twelfth month, when a year of archive is kept. */
export function costOf(targets: number): Cost {
  const { runsPerMonth, gigabytes, recipients, mailsPerRun, keptRuns, gigabytesPerTargetAndRun } = usage;
  const seconds = usage.secondsPerRun + usage.secondsPerTarget * targets;
  const parts = {
    // The hunt, and the look afterwards.
    compute:
      runsPerMonth * ((seconds + 1) * gigabytes * prices.lambdaGigabyteSecond + 2 * prices.lambdaRequest) +
      runsPerMonth * usage.logGigabytesPerRun * prices.logsGigabyte,
    storage:
      targets *
      (keptRuns * gigabytesPerTargetAndRun * prices.s3GigabyteMonth +
        runsPerMonth * (usage.putsPerTarget * prices.s3Put + usage.getsPerTarget * prices.s3Get)),
    watching:
      usage.alarms * prices.alarmMonth +
      (usage.metrics * prices.metricMonth * 2 * runsPerMonth) / usage.hoursPerMonth +
      prices.dashboardMonth,
    'mail and secret': runsPerMonth * mailsPerRun * recipients * prices.sesMail + usage.secrets * prices.secretMonth,
  };
  return { targets, parts, perMonth: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/** As it stands in README.md. */
export function costTable(): string {
  const rows = [1, 20, 1_000].map(costOf);
  const usd = (value: number) => `$${value.toFixed(2)}`;
  const names = ['compute', 'storage', 'watching', 'mail and secret'] as const;
  return [
    `| Targets | ${names.join(' | ')} | a month |`,
    `| ---: |${' ---: |'.repeat(names.length + 1)}`,
    ...rows.map(
      ({ targets, parts, perMonth }) =>
        `| ${targets.toLocaleString('en-US')} | ${names.map((name) => usd(parts[name])).join(' | ')} | ${usd(perMonth)} |`,
    ),
  ].join('\n');
}
