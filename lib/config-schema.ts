/** The shape of the settings, the same for flags, file, environment and event; config.ts says what is wrong with them. */
import { DateTime } from 'luxon';
import parseDuration from 'parse-duration';
import * as z from 'zod';
import { ownMeasures, userExperience } from './config-measures.ts';
import { targetRules } from './config-target-rules.ts';

/** Prometheus's own notation: units from large to small, each at most once. */
const DURATION = /^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;
const MIN_WINDOW_SECONDS = 5 * 60;
/** No source remembers longer, and the start of the window has to be a date. */
const MAX_WINDOW_SECONDS = 5 * 365.25 * 24 * 3600;

const duration = z
  .string()
  .refine((text) => DURATION.test(text), 'is no Prometheus duration, such as 7d or 1h30m')
  .transform((text) => (parseDuration(text) ?? 0) / 1000)
  .refine((seconds) => seconds >= MIN_WINDOW_SECONDS, 'must be 5m or more')
  .refine((seconds) => seconds <= MAX_WINDOW_SECONDS, 'must be 5y or less');

/** `%` alone: it has to be written as %25, or nobody can tell what the password is. */
const decodes = (text: string): boolean => {
  const { username, password } = URL.canParse(text) ? new URL(text) : { username: '', password: '' };
  return [username, password].every((part) => !/%(?![0-9a-f]{2})/i.test(part));
};
const DECODES = 'has a bare % in its user or password: write %25 for it';

const httpUrl = z
  .string()
  .refine((text) => /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''), 'is no http:// or https:// URL')
  .refine(decodes, DECODES);

const postgresUrl = z
  .string()
  .refine(
    (text) => /^postgres(ql)?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''),
    'is no postgres:// URL, such as postgres://pghunt@db.example.com:5432/postgres',
  )
  .refine(decodes, DECODES);

const SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

const store = z
  .string()
  .min(1)
  .refine(
    (text) =>
      text.startsWith('s3://') ? /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/.test(text) : !SCHEME.test(text),
    'is neither a folder nor s3://bucket/prefix',
  );

const mail = z
  .string()
  .min(1)
  .refine((text) => !SCHEME.test(text), 'is neither a folder nor the word ses');

const address = z.email('is no mail address');
export const cadence = z.enum(['weekly', 'monthly', 'quarterly', 'on-demand']);

const reference = z.union([
  /** `secretsManager`: name or ARN; `field` of a secret that is a JSON object, as RDS makes them. */
  z.strictObject({ secretsManager: z.string().min(1), field: z.string().min(1).optional() }),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ env: z.string().min(1) }),
]);
/** Where a secret is, instead of the secret. */
export type Reference = z.output<typeof reference>;

export const isReference = (value: unknown): value is Reference => reference.safeParse(value).success;

const REFERENCES = 'is neither text nor { "secretsManager": NAME, "field"?: … }, { "file": PATH } or { "env": NAME }';
const secret = z.union([z.string(), reference], { error: REFERENCES });

const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is no region, such as eu-west-1');

const time = z.iso
  .datetime({ offset: true, error: 'is no ISO 8601 time with a zone, such as 2026-11-22T06:00:00Z' })
  .transform((text) => DateTime.fromISO(text).toUTC().toISO() ?? text);

const isReal = (text: string): boolean => DateTime.fromISO(text, { zone: 'utc' }).isValid;
/** A kept week: as an ISO week or a day in which a run ended, or as the time at which it did. */
const week = z
  .string()
  .refine(
    (text) => (/^\d{4}-W\d\d$|^\d{4}-\d\d-\d\d$/.test(text) || time.safeParse(text).success) && isReal(text),
    'is no week, such as 2026-W47 or 2026-11-22',
  );

/** Was the digest delivered whose window ended `within` so long before `end`? */
export const verifySchema = z.strictObject({ cadence, end: time.optional(), within: duration });
export type Verify = z.output<typeof verifySchema>;

/** What one run may be asked for: the Lambda's event, and part of the flags and the file. */
export const requestSchema = z.strictObject({
  targets: z.array(z.string().min(1)).optional(),
  window: duration.optional(),
  end: time.optional(),
  cadence: cadence.optional(),
  /** false: write the archive, send nothing. */
  send: z.boolean().optional(),
  /** Send although a claim says it may have been sent before. */
  force: z.boolean().optional(),
  /** Make this window the baseline that later weeks are held against; a week: one that is kept, without a hunt. */
  pinBaseline: z.union([z.boolean(), week], { error: 'is neither true nor a week, such as 2026-W47' }).optional(),
  /** Have no baseline any more, without a hunt. */
  unpinBaseline: z.boolean().optional(),
  /** Hold two kept weeks against each other, without a hunt. */
  compare: z.strictObject({ from: week, to: week }).optional(),
  recipients: z.array(address).optional(),
});

const pattern = z.string().min(1);

/** What the people who run the databases have decided about findings; lib/plan/decisions.ts applies it. */
const decision = z
  .strictObject({
    /** `mute`: it leaves plan and totals. `accept`: it leaves them too, and stays among the risks. */
    decision: z.enum(['mute', 'accept']),
    /** Of a finding, as the report gives it. Here and below `*` stands for any characters. */
    key: pattern.optional(),
    advisor: pattern.optional(),
    target: pattern.optional(),
    subject: z
      .strictObject({
        database: pattern.optional(),
        schema: pattern.optional(),
        table: pattern.optional(),
        index: pattern.optional(),
        queryid: pattern.optional(),
        statement: pattern.optional(),
        setting: pattern.optional(),
      })
      .optional(),
    reason: z.string().refine((text) => text.trim() !== '', 'is empty'),
    /** The last day on which it holds, in UTC. */
    until: z.iso.date({ error: 'is no date, such as 2027-01-31' }),
  })
  .refine(
    ({ key, advisor, subject = {} }) => key !== undefined || advisor !== undefined || Object.keys(subject).length > 0,
    'would be about every finding: give key, advisor or subject',
  );

const price = z.number().positive('must be more than 0').max(1e9, 'is no price');

/** Without prices no money is stated; lib/model/money.ts says what each is. */
const prices = z
  .strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/, 'is no currency, such as EUR'),
    databaseHour: price.optional(),
    instanceHour: price.optional(),
    vcpus: z
      .int('is no whole number')
      .positive('must be more than 0')
      .max(10_000, 'is more than any machine has')
      .optional(),
    gigabyteMonth: price.optional(),
    engineerHour: price.optional(),
  })
  .refine(({ databaseHour, instanceHour }) => databaseHour === undefined || instanceHour === undefined, {
    error: 'give databaseHour or instanceHour, not both',
    path: ['instanceHour'],
  })
  .refine(
    ({ currency: _, vcpus: __, ...given }) => Object.keys(given).length > 0,
    'has no price: give databaseHour or instanceHour, gigabyteMonth, engineerHour',
  );

export const documentSchema = requestSchema.extend({
  prometheus: z
    .strictObject({
      url: httpUrl,
      username: z.string().optional(),
      password: secret.optional(),
      bearerToken: secret.optional(),
      /** X-Scope-OrgID of Mimir, Cortex and Grafana Cloud. */
      tenant: z.string().optional(),
      headers: z
        .record(
          z.string().regex(/^[\w-]+$/, 'is no name of a header'),
          z.union([z.string().regex(/^[\t -~]*$/, 'has a line break'), reference], { error: REFERENCES }),
        )
        .optional(),
      /** Signs for Amazon Managed Service for Prometheus; needed only where its address does not name the region. */
      awsRegion: region.optional(),
      /** PEM files: the authority of the server, and certificate and key that we show to it. */
      caFile: z.string().min(1).optional(),
      certFile: z.string().min(1).optional(),
      keyFile: z.string().min(1).optional(),
      /** Also ask 169.254.0.0/16, where clouds keep the credentials of their machines. */
      allowLinkLocal: z.boolean().optional(),
      measures: ownMeasures.optional(),
      userExperience: userExperience.optional(),
    })
    .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
      error: 'certificate and key go together',
      path: ['certFile'],
    })
    .optional(),
  /** About the servers that Prometheus knows; see lib/model/target-rules.ts. */
  targetRules: targetRules.optional(),
  postgres: z
    .strictObject({
      url: postgresUrl,
      password: secret.optional(),
      /** Instead of a password, a token of RDS IAM authentication, by the rights of whoever runs this. */
      rdsIam: z.boolean().optional(),
      /** What a run may read to measure bloat with pgstattuple; 0: nothing. */
      bloatBytes: z.int('is no whole number of bytes').nonnegative('is less than 0').optional(),
    })
    .optional(),
  /** CPU, memory and storage of RDS and Aurora, which no exporter inside PostgreSQL sees. */
  cloudwatch: z
    .strictObject({
      /** Default: that of the endpoint, else that of the AWS SDK. */
      region: region.optional(),
      /** Target → DBInstanceIdentifier, for targets that are not known by an endpoint of RDS. */
      instances: z
        .record(z.string(), z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'is no DBInstanceIdentifier'))
        .optional(),
    })
    .optional(),
  decisions: z.array(decision).optional(),
  prices: prices.optional(),
  store: store.optional(),
  mail: mail.optional(),
  mailFrom: address.optional(),
  configurationSet: z.string().optional(),
  /** How readers stop the mails (List-Unsubscribe). An https address must take the POST of RFC 8058. */
  unsubscribe: z
    .strictObject({
      mailto: address.optional(),
      https: httpUrl.refine((url) => url.startsWith('https://'), 'is no https:// URL').optional(),
    })
    .refine(({ mailto, https }) => mailto !== undefined || https !== undefined, 'needs mailto, https, or both')
    .optional(),
  /** Where the store can be read over HTTP; the mails link to it. */
  archiveUrl: httpUrl.optional(),
});
