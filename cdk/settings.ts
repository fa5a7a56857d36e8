/** What the operator decides, from the context `pg-hunt` of cdk.json. All faults are named at once, at synth. */
import { IANAZone } from 'luxon';
import * as z from 'zod';
import { awsPlace, documentFaults } from '../lib/config.ts';

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
    postgres: z.strictObject({ url: z.url({ protocol: /^postgres(ql)?$/ }), password: secret.optional() }).optional(),
    targets: z.array(z.string().regex(/^[^,]+$/, 'has a comma')).default([]),
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
    schedule: z
      .strictObject({
        expression: z
          .string()
          .regex(/^(cron|rate)\([^()]+\)$/, 'is no cron(…) or rate(…)')
          .default('cron(0 6 ? * MON *)'),
        timeZone: z
          .string()
          .refine((name) => IANAZone.isValidZone(name), 'is no time zone, such as Europe/Berlin')
          .default('UTC'),
        flexibleMinutes: z.int().min(1).max(1440).default(15),
        enabled: z.boolean().default(true),
      })
      .prefault({}),
    keep: z
      .strictObject({ oldVersionsDays: z.int().min(1).default(90), logsDays: z.int().min(1).default(90) })
      .prefault({}),
    layers: z.array(z.string().startsWith('arn:')).max(5).default([]),
    /** For databases that are reached inside a VPC only. */
    network: z
      .strictObject({
        subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'is no subnet')).min(1),
        securityGroupIds: z.array(z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'is no security group')).min(1),
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
}

export function readSettings(context: unknown): Settings {
  if (context === undefined) throw new SettingsError('cdk.json has no context "pg-hunt"');
  const parsed = settingsSchema.safeParse(context);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.flatMap((issue) => {
    const path = ['pg-hunt', ...issue.path].join('.');
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${path}.${key}: no such setting`);
    return [`${path}: ${issue.message}`];
  });
  throw new SettingsError(`the context in cdk.json has faults:\n${lines.map((line) => `  - ${line}`).join('\n')}`);
}
