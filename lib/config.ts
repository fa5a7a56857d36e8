/**
 * Environment, file and flags → Config. One document in three spellings; flags win over the file, the file over the
 * environment. All faults are told at once, by the name the reader used, and no value of a secret is repeated.
 */
import { DateTime } from 'luxon';
import parseDuration from 'parse-duration';
import { z } from 'zod';

/** Prometheus's own notation: units from large to small, each at most once. */
const DURATION = /^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;
const MIN_WINDOW_SECONDS = 5 * 60;

const duration = z
  .string()
  .refine((text) => DURATION.test(text), 'is no Prometheus duration, such as 7d or 1h30m')
  .transform((text) => (parseDuration(text) ?? 0) / 1000)
  .refine((seconds) => seconds >= MIN_WINDOW_SECONDS, 'must be 5m or more');

const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''),
    'is no http:// or https:// URL',
  );

const postgresUrl = z
  .string()
  .refine(
    (text) => /^postgres(ql)?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''),
    'is no postgres:// URL, such as postgres://pghunt@db.example.com:5432/postgres',
  );

const address = z.email('is no mail address');
const cadence = z.enum(['weekly', 'monthly', 'quarterly', 'on-demand']);

/** What one run may be asked for: the Lambda's event, and part of the flags and the file. */
export const requestSchema = z.strictObject({
  targets: z.array(z.string().min(1)).optional(),
  window: duration.optional(),
  end: z.iso
    .datetime({ offset: true, error: 'is no ISO 8601 time with a zone, such as 2026-11-22T06:00:00Z' })
    .transform((text) => DateTime.fromISO(text).toUTC().toISO())
    .optional(),
  cadence: cadence.optional(),
  /** false: write the archive, send nothing. */
  send: z.boolean().optional(),
  /** Send although a claim says it may have been sent before. */
  force: z.boolean().optional(),
  /** Make this window the baseline that later weeks are held against. */
  pinBaseline: z.boolean().optional(),
  recipients: z.array(address).optional(),
});

const documentSchema = requestSchema.extend({
  prometheus: z
    .strictObject({
      url: httpUrl,
      username: z.string().optional(),
      password: z.string().optional(),
      bearerToken: z.string().optional(),
      /** X-Scope-OrgID of Mimir, Cortex and Grafana Cloud. */
      tenant: z.string().optional(),
    })
    .optional(),
  postgres: z.strictObject({ url: postgresUrl, password: z.string().optional() }).optional(),
  store: z.string().min(1).optional(),
  mail: z.string().min(1).optional(),
  mailFrom: address.optional(),
  configurationSet: z.string().optional(),
  /** Where the store can be read over HTTP; the mails link to it. */
  archiveUrl: httpUrl.optional(),
});

export type ConfigDocument = z.input<typeof documentSchema>;
type Parsed = z.output<typeof documentSchema>;

export interface Config extends Omit<Parsed, 'window' | 'targets' | 'recipients'> {
  readonly targets: readonly string[];
  readonly windowSeconds: number;
  readonly cadence: z.output<typeof cadence>;
  readonly store: string;
  readonly mail: string;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly send: boolean;
  readonly force: boolean;
  readonly pinBaseline: boolean;
}

/** Variable → path in the document. The stack sets each of them (cdk/), and test/house.test.ts holds it to that. */
export const variables = {
  PG_HUNT_PROMETHEUS_URL: 'prometheus.url',
  PG_HUNT_PROMETHEUS_USERNAME: 'prometheus.username',
  PG_HUNT_PROMETHEUS_PASSWORD: 'prometheus.password',
  PG_HUNT_PROMETHEUS_BEARER_TOKEN: 'prometheus.bearerToken',
  PG_HUNT_PROMETHEUS_TENANT: 'prometheus.tenant',
  PG_HUNT_POSTGRES_URL: 'postgres.url',
  PG_HUNT_POSTGRES_PASSWORD: 'postgres.password',
  PG_HUNT_TARGETS: 'targets',
  PG_HUNT_WINDOW: 'window',
  PG_HUNT_CADENCE: 'cadence',
  PG_HUNT_STORE: 'store',
  PG_HUNT_MAIL: 'mail',
  PG_HUNT_MAIL_FROM: 'mailFrom',
  PG_HUNT_RECIPIENTS: 'recipients',
  PG_HUNT_CONFIGURATION_SET: 'configurationSet',
  PG_HUNT_ARCHIVE_URL: 'archiveUrl',
} as const;

export type VariableName = keyof typeof variables;

/** How a flag spells a path of the document; for faults only. */
const flags: Readonly<Record<string, string>> = {
  'prometheus.url': '--prometheus',
  'postgres.url': '--postgres',
  targets: '--target',
  window: '--window',
  end: '--end',
  cadence: '--cadence',
  store: '--store',
  mail: '--mail',
};

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

export interface ConfigInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON of --config. */
  readonly file?: unknown;
  readonly flags?: Readonly<Record<string, unknown>>;
  /** A replay has its snapshot; it needs no source. */
  readonly needsSource?: boolean;
  /** For `end`: a window cannot end in the future. */
  readonly now: string;
}

export function readConfig({ env, file, flags: given = {}, needsSource = true, now }: ConfigInput): Config {
  const faults: string[] = [];
  if (file !== undefined && !isObject(file)) faults.push('the configuration file: is no JSON object');
  const document = merge(merge(fromEnvironment(env, faults), isObject(file) ? file : {}), given);
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap(faultsOf));
  const { data } = parsed;
  const shape = data ?? (document as Partial<Parsed>); // faults below look only at what is there

  if (needsSource && !isSet(document, 'prometheus') && !isSet(document, 'postgres')) {
    faults.push(`no source: give ${place('prometheus.url')}, ${place('postgres.url')}, or both`);
  }
  const store = typeof shape.store === 'string' ? shape.store : './out';
  if (store.startsWith('s3://') && !/^s3:\/\/[a-z0-9.-]{3,63}(\/|$)/.test(store)) {
    faults.push(`${place('store')}: is no s3://bucket/prefix`);
  }
  if (shape.mail === undefined && store.startsWith('s3://')) {
    faults.push(`${place('mail')}: with a store in S3, say where mail goes: ses, or a folder`);
  }
  if (shape.mail === 'ses' && shape.send !== false) {
    if (shape.mailFrom === undefined)
      faults.push(`${place('mailFrom')}: SES needs a sender whose identity is verified`);
    if (!Array.isArray(shape.recipients) || shape.recipients.length === 0)
      faults.push(`${place('recipients')}: nobody to send to`);
  }
  if (data?.end !== undefined && data.end !== null && Date.parse(data.end) > Date.parse(now) + 60_000) {
    faults.push(`${place('end')}: ${data.end} is in the future`);
  }
  if (faults.length > 0 || data === undefined) throw new ConfigError(faults);
  const { window, ...rest } = data;
  return {
    ...rest,
    targets: rest.targets ?? [],
    windowSeconds: window ?? 7 * 24 * 3600,
    cadence: rest.cadence ?? 'weekly',
    store,
    mail: rest.mail ?? `${store.replace(/\/+$/, '')}/mail`,
    mailFrom: rest.mailFrom ?? 'pg-hunt@localhost.localdomain',
    recipients: rest.recipients ?? ['you@localhost.localdomain'],
    send: rest.send ?? true,
    force: rest.force ?? false,
    pinBaseline: rest.pinBaseline ?? false,
  };
}

function fromEnvironment(env: ConfigInput['env'], faults: string[]): Record<string, unknown> {
  let document: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('PG_HUNT_') || value === undefined || value === '') continue;
    const path = variables[name as VariableName];
    if (path === undefined) {
      faults.push(`${name}: no such variable; there are ${Object.keys(variables).join(', ')}`);
      continue;
    }
    const list = path === 'targets' || path === 'recipients';
    document = merge(document, nest(path, list ? value.split(',').map((part) => part.trim()) : value));
  }
  return document;
}

function nest(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSet(document: Record<string, unknown>, key: string): boolean {
  return isObject(document[key]) && document[key].url !== undefined;
}

function merge(under: Record<string, unknown>, over: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined || key === '__proto__') continue;
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value;
  }
  return merged;
}

function place(path: string): string {
  const variable = Object.entries(variables).find(([, target]) => target === path)?.[0];
  return [path, [flags[path], variable].filter((name) => name !== undefined).join(', ')]
    .filter((part) => part !== '')
    .map((part, index) => (index === 0 ? part : `(${part})`))
    .join(' ');
}

function faultsOf(issue: z.core.$ZodIssue): string[] {
  const path = issue.path
    .map(String)
    .filter((part) => !/^\d+$/.test(part))
    .join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path === '' ? key : `${path}.${key}`}: no such setting`);
  }
  return [`${place(path)}: ${issue.message}`];
}
