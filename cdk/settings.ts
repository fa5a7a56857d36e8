/** What the operator decides, from the context `pg-hunt` of cdk.json. All faults are named at once, at synth. */
import * as z from 'zod';
import { awsPlace, documentFaults } from '../lib/config.ts';
import { scheduleSchema } from './schedule-settings.ts';

const secret = z.strictObject({
  /** Name or ARN in Secrets Manager. */
  name: z.string().min(1),
  /** Of a JSON secret, as RDS makes them. */
  field: z.string().min(1).optional(),
});

export const settingsSchema = z
  .strictObject({
    prometheus: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        username: z.string().optional(),
        password: secret.optional(),
        bearerToken: secret.optional(),
        tenant: z.string().optional(),
        /** Signs for Amazon Managed Service for Prometheus where its address does not name the region. */
        awsRegion: z.string().min(1).optional(),
        /** That may be queried, where the address does not name it. */
        workspaceArn: z.string().startsWith('arn:').optional(),
        /** PEM files that a layer brings, such as /opt/ca.pem. */
        caFile: z.string().min(1).optional(),
        certFile: z.string().min(1).optional(),
        keyFile: z.string().min(1).optional(),
      })
      .optional(),
    postgres: z
      .strictObject({
        url: z.url({ protocol: /^postgres(ql)?$/ }),
        password: secret.optional(),
        /** Instead of a password, a token by the function's own rights; `db-…` or `cluster-…` of the instance. */
        rdsIam: z
          .strictObject({
            resourceId: z.string().regex(/^(db|cluster|prx)-[A-Za-z0-9]+$/, 'is no DbiResourceId, such as db-ABC'),
          })
          .optional(),
      })
      .optional(),
    targets: z.array(z.string().regex(/^[^,]+$/, 'has a comma')).default([]),
    /** Of the weekly hunt. */
    window: z.string().default('7d'),
    mail: z.strictObject({
      /** Domain or address that SES may send for. */
      identity: z.string().min(1),
      /** The identity is verified already; the stack leaves it alone. */
      existing: z.boolean().default(false),
      from: z.email(),
      recipients: z.array(z.email()).min(1),
    }),
    /** The document of the flags: headers, own measures and all else that has no setting of its own here. */
    config: z.record(z.string(), z.unknown()).default({}),
    archiveUrl: z.url({ protocol: /^https?$/ }).optional(),
    schedule: scheduleSchema.prefault({}),
    keep: z
      .strictObject({ oldVersionsDays: z.int().min(1).default(90), logsDays: z.int().min(1).default(90) })
      .prefault({}),
    alarms: z
      .strictObject({
        /** Who is told; default: the recipients of the mails. Each has to confirm once. */
        emails: z.array(z.email()).optional(),
      })
      .prefault({}),
    layers: z.array(z.string().startsWith('arn:')).max(5).default([]),
    /** For databases that are reached inside a VPC only. */
    network: z
      .strictObject({
        subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'is no subnet')).min(1),
        securityGroupIds: z.array(z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'is no security group')).min(1),
        /** Makes the endpoints that the function needs; without them, a NAT or endpoints of your own. */
        endpoints: z
          .strictObject({
            vpcId: z.string().regex(/^vpc-[0-9a-f]{8,17}$/, 'is no VPC'),
            routeTableIds: z.array(z.string().regex(/^rtb-[0-9a-f]{8,17}$/, 'is no route table')).min(1),
          })
          .optional(),
      })
      .optional(),
  })
  .check(({ value, issues }) => {
    const fault = (path: string[], message: string) => issues.push({ code: 'custom', path, message, input: value });
    if (value.prometheus === undefined && value.postgres === undefined) {
      fault([], 'no source: give prometheus, postgres, or both');
    }
    for (const source of ['prometheus', 'postgres'] as const) {
      const url = value[source]?.url;
      if (url !== undefined && URL.canParse(url) && new URL(url).password !== '') {
        fault([source, 'url'], 'has a password, which would stand in the template: give the name of a secret');
      }
    }
    if (value.postgres?.rdsIam !== undefined) {
      if (value.postgres.password !== undefined) fault(['postgres', 'rdsIam'], 'and a password: give one of them');
      if (!/[?&]sslmode=(require|verify-ca|verify-full)/.test(value.postgres.url))
        fault(['postgres', 'url'], 'needs ?sslmode=verify-full: RDS takes a token over TLS only');
      if (!/@[^/]*\.rds\.amazonaws\.com/.test(value.postgres.url))
        fault(['postgres', 'url'], 'has no user, or is no endpoint of RDS, whose name a token is made for');
    }
    const { prometheus } = value;
    if (prometheus !== undefined && URL.canParse(prometheus.url)) {
      const { region, workspace } = awsPlace(prometheus.url);
      const isSigned = region !== null || prometheus.awsRegion !== undefined;
      if (isSigned && workspace === null && prometheus.workspaceArn === undefined) {
        fault(['prometheus', 'workspaceArn'], 'is needed: the address does not say which workspace may be queried');
      }
    }
    const given = (['prometheus', 'postgres'] as const).flatMap((source) => {
      const url = value[source]?.url;
      return url === undefined ? [] : [[source, { url }] as const];
    });
    for (const words of documentFaults(value.config, Object.fromEntries(given))) fault(['config'], words);
    const { window, targets } = value;
    for (const words of documentFaults({ window, targets }, {})) fault([], words);
    // Lambda takes 4 KB of variables, all together.
    if (JSON.stringify(value.config).length > 2_500)
      fault(['config'], 'is too long: 2,500 characters fit into the function');
    const { from, identity } = value.mail;
    if (from !== identity && !from.endsWith(`@${identity}`) && !from.endsWith(`.${identity}`)) {
      fault(['mail', 'from'], `does not belong to the identity ${identity}`);
    }
  });

export type Settings = z.output<typeof settingsSchema>;
export type Secret = z.output<typeof secret>;

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(faults: readonly string[]) {
    super(`the context in cdk.json has faults:\n${faults.map((line) => `  - ${line}`).join('\n')}`);
  }
}

/** One stack's settings. Throws SettingsError with all that is wrong. */
export function readSettings(context: unknown, at = 'pg-hunt'): Settings {
  const read = attempt(context, at);
  if ('settings' in read) return read.settings;
  throw new SettingsError(read.faults);
}

/**
 * Name of a stack → its settings: one stack, or one for each entry of `stages`, which lies over what stands beside it.
 */
export function readStages(context: unknown): Readonly<Record<string, Settings>> {
  if (!isObject(context) || context.stages === undefined) return { PgHunt: readSettings(context) };
  const { stages, ...base } = context;
  if (!isObject(stages)) throw new SettingsError(['pg-hunt.stages: is no object of stages']);
  const faults: string[] = [];
  const read = Object.entries(stages).flatMap(([stage, over]) => {
    const at = `pg-hunt.stages.${stage}`;
    if (!/^[A-Za-z][A-Za-z0-9-]{0,40}$/.test(stage)) faults.push(`${at}: is no name of a stage: letters, digits, dash`);
    const one = isObject(over) ? attempt(merged(base, over), at) : { faults: [`${at}: is no object`] };
    if ('settings' in one) return [[`PgHunt-${stage}`, one.settings] as const];
    faults.push(...one.faults);
    return [];
  });
  if (read.length === 0 && faults.length === 0) faults.push('pg-hunt.stages: is empty');
  if (faults.length > 0) throw new SettingsError(faults);
  return Object.fromEntries(read);
}

function attempt(context: unknown, at: string): { readonly settings: Settings } | { readonly faults: string[] } {
  if (context === undefined) return { faults: ['there is no context "pg-hunt"'] };
  const parsed = settingsSchema.safeParse(context);
  if (parsed.success) return { settings: parsed.data };
  const faults = parsed.error.issues.flatMap((issue) => {
    const path = [at, ...issue.path].join('.');
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${path}.${key}: no such setting`);
    return [`${path}: ${issue.message}`];
  });
  return { faults };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects are laid over each other; lists and single values are replaced. */
function merged(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const both = Object.entries(over).map(([key, value]) => {
    const below = under[key];
    return [key, isObject(below) && isObject(value) ? merged(below, value) : value] as const;
  });
  return { ...under, ...Object.fromEntries(both) };
}
