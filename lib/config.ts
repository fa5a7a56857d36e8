/**
 * Environment, file and flags → Config. One document in three spellings; flags win over the file, the file over the
 * environment. All faults are told at once, by the name the reader used, and no value of a secret is repeated.
 */
import type { z } from 'zod';
import { isObject, jsonOf, merge, nest } from './config-document.ts';
import { type cadence, documentSchema, isReference } from './config-schema.ts';

export { metricNames, metricNamespace } from './metric-names.ts';

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
  readonly pinBaseline: boolean | string;
  readonly unpinBaseline: boolean;
}

/** Variable → path in the document. The stack sets each of them (cdk/), and test/house.test.ts holds it to that. */
export const variables = {
  /** The whole document, as JSON; the variables below win over it. */
  PG_HUNT_CONFIG: '',
  PG_HUNT_PROMETHEUS_URL: 'prometheus.url',
  PG_HUNT_PROMETHEUS_USERNAME: 'prometheus.username',
  PG_HUNT_PROMETHEUS_PASSWORD: 'prometheus.password',
  PG_HUNT_PROMETHEUS_BEARER_TOKEN: 'prometheus.bearerToken',
  PG_HUNT_PROMETHEUS_TENANT: 'prometheus.tenant',
  PG_HUNT_PROMETHEUS_AWS_REGION: 'prometheus.awsRegion',
  PG_HUNT_PROMETHEUS_CA_FILE: 'prometheus.caFile',
  PG_HUNT_PROMETHEUS_CERT_FILE: 'prometheus.certFile',
  PG_HUNT_PROMETHEUS_KEY_FILE: 'prometheus.keyFile',
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

/** Region and workspace in an address of Amazon Managed Service for Prometheus; null where it is none, or says neither. */
export function awsPlace(url: string): { readonly region: string | null; readonly workspace: string | null } {
  const { hostname, pathname } = new URL(url);
  const aws =
    /(?:^|\.)aps-workspaces(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;
  return {
    region: aws.exec(hostname)?.[1] ?? null,
    workspace: /\/workspaces\/(ws-[0-9a-z-]+)/.exec(pathname)?.[1] ?? null,
  };
}

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
  mailFrom: '--mail-from',
  recipients: '--to',
  archiveUrl: '--archive-url',
  pinBaseline: '--pin-baseline',
  'compare.from': '--compare FROM..TO',
  'compare.to': '--compare FROM..TO',
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

  const recalls = [shape.compare !== undefined, shape.unpinBaseline === true, typeof shape.pinBaseline === 'string'];
  if (recalls.filter((one) => one).length > 1 || (shape.unpinBaseline === true && shape.pinBaseline === true)) {
    faults.push('compare, pinBaseline and unpinBaseline: one at a time');
  }
  const recall = isRecall(shape);
  const review = shape.cadence === 'monthly' || shape.cadence === 'quarterly';
  if (needsSource && !recall && !review && document.prometheus === undefined && document.postgres === undefined) {
    faults.push(`no source: give ${place('prometheus.url')}, ${place('postgres.url')}, or both`);
  }
  const store = typeof shape.store === 'string' ? shape.store : './out';
  if (shape.mail === undefined && store.startsWith('s3://') && !recall) {
    faults.push(`${place('mail')}: with a store in S3, say where mail goes: ses, or a folder`);
  }
  if (shape.mail === 'ses' && shape.send !== false && !recall) {
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
    unpinBaseline: rest.unpinBaseline ?? false,
  };
}

/** Asks for nothing but what is kept: no source is read, and nobody gets a mail (lib/recall.ts). */
export function isRecall(asked: Pick<Parsed, 'compare' | 'pinBaseline' | 'unpinBaseline'>): boolean {
  return asked.compare !== undefined || asked.unpinBaseline === true || typeof asked.pinBaseline === 'string';
}

function fromEnvironment(env: ConfigInput['env'], faults: string[]): Record<string, unknown> {
  let document = wholeDocument(env.PG_HUNT_CONFIG ?? '', faults);
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('PG_HUNT_') || value === undefined || value === '') continue;
    const path = variables[name as VariableName];
    if (path === undefined) {
      faults.push(`${name}: no such variable; there are ${Object.keys(variables).join(', ')}`);
      continue;
    }
    if (path === '') continue;
    const list = path === 'targets' || path === 'recipients';
    document = merge(document, nest(path, list ? value.split(',').map((part) => part.trim()) : referenceIn(value)));
  }
  return document;
}

function wholeDocument(text: string, faults: string[]): Record<string, unknown> {
  if (text === '') return {};
  const value = jsonOf(text);
  if (isObject(value)) return value;
  // Without the parser's words, which quote what may be a secret.
  faults.push('PG_HUNT_CONFIG: is no JSON object');
  return {};
}

/** A variable may say where its secret is, as the document may: `{"secretsManager":"team/db","field":"password"}`. */
function referenceIn(value: string): unknown {
  const parsed = value.startsWith('{') ? jsonOf(value) : null;
  return isReference(parsed) ? parsed : value;
}

/** Names of all secrets in Secrets Manager that a document refers to, sorted. */
export function secretNames(document: unknown): readonly string[] {
  const inside = (value: unknown): readonly string[] => {
    if (typeof value !== 'object' || value === null) return [];
    if (isReference(value)) return 'secretsManager' in value ? [value.secretsManager] : [];
    return Object.values(value).flatMap(inside);
  };
  return [...new Set(inside(document))].sort();
}

/** What is wrong with a document that stands beside `others`; the stack asks before it deploys. */
export function documentFaults(document: unknown, others: Readonly<Record<string, unknown>>): readonly string[] {
  if (!isObject(document)) return ['is no JSON object'];
  const parsed = documentSchema.safeParse(merge(document, others));
  return parsed.success ? [] : parsed.error.issues.flatMap(faultsOf);
}

function place(path: string): string {
  const variable = Object.entries(variables).find(([, target]) => target === path && path !== '')?.[0];
  return [path, [flags[path], variable].filter((name) => name !== undefined).join(', ')]
    .filter((part) => part !== '')
    .map((part, index) => (index === 0 ? part : `(${part})`))
    .join(' ');
}

function faultsOf(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : String(part)));
  const name = path.join('.').replaceAll('.[', '[');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${name === '' ? key : `${name}.${key}`}: no such setting`);
  }
  const [, index = ''] = /(\[\d+\])$/.exec(name) ?? [];
  return [`${place(name.slice(0, name.length - index.length))}${index}: ${wordsOf(issue)}`];
}

/** zod's own words are for programmers. None of them repeats the value. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `is none of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small' && (issue.origin === 'string' || issue.origin === 'array')) return 'is empty';
  // What the schema says itself is already for readers.
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return issue.message;
  if (issue.input === undefined && / undefined$/.test(issue.message)) return 'is missing';
  const kinds: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    array: 'a list',
    object: 'an object',
  };
  return `must be ${kinds[issue.expected] ?? (issue.expected === 'boolean' ? 'true or false' : issue.expected)}`;
}
