/** The stack and the bundle against other people's AWS: cfn-lint, and moto's CloudFormation, S3 and SES. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSendQuotaCommand, SESClient, VerifyDomainIdentityCommand } from '@aws-sdk/client-ses';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../cdk/bundling.ts';
import { HuntStack } from '../../cdk/hunt-stack.ts';
import { readSettings } from '../../cdk/settings.ts';
import { testCredentials } from '../support/aws-signature.ts';
import { runBundle } from '../support/bundle.ts';
import { type FakePrometheus, startFakePrometheus } from '../support/fake-prometheus.ts';
import { startFakeS3 } from '../support/fake-s3.ts';
import { startFakeSes } from '../support/fake-ses.ts';
import { functionEnvironment } from '../support/function-env.ts';
import { shopSeries } from '../support/shop-series.ts';
import { freePort } from './servers.ts';
import { find, needs } from './tools.ts';

const { missing, skip } = needs('moto', 'cfn-lint');
const region = 'eu-central-1';
const { accessKeyId, secretAccessKey } = testCredentials;
const credentials = { accessKeyId, secretAccessKey };
const end = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000).toISOString().replace('.000Z', 'Z');
const event = { end, cadence: 'weekly', send: true };

/** moto's CloudFormation makes none of these; all others have to be made. */
const UNKNOWN_TO_MOTO = [
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::S3::BucketPolicy',
  'AWS::SES::ConfigurationSet',
  'AWS::SES::ConfigurationSetEventDestination',
  'AWS::SES::EmailIdentity',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
];

type Resources = Record<string, { Type: string; DependsOn?: unknown }>;

describe.skipIf(skip)(`AWS by others${skip ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pg-hunt-aws-'));
  const started: ChildProcess[] = [];
  let template: { Resources: Resources; Outputs?: unknown };
  let moto = '';
  let prometheus: FakePrometheus;

  beforeAll(async () => {
    expect(missing, 'tools that are missing').toEqual([]);
    const project = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
    const app = new App({ context: { ...project.context, 'aws:cdk:bundling-stacks': [] } });
    template = Template.fromStack(
      new HuntStack(app, 'Hunt', { settings: readSettings(project.context['pg-hunt']) }),
    ).toJSON() as typeof template;
    moto = await start(find('moto') ?? '', (port) => ['-H', '127.0.0.1', '-p', String(port)], '/moto-api/data.json');
    await bundle(folder);
    prometheus = await startFakePrometheus({ series: shopSeries(end) });
  });

  afterAll(async () => {
    for (const child of started) child.kill();
    await prometheus?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The address it listens at, once it answers. */
  async function start(program: string, args: (port: number) => string[], path: string, env = {}): Promise<string> {
    const port = await freePort();
    started.push(
      spawn(program, args(port), { stdio: 'ignore', env: { ...process.env, VALIDATE_LAMBDA_S3: 'false', ...env } }),
    );
    const address = `http://127.0.0.1:${port}`;
    for (let tries = 0; ; tries += 1) {
      const up = await fetch(`${address}${path}`).catch(() => null);
      if (up !== null) return address;
      if (tries > 200) throw new Error(`${program} did not get ready`);
      await sleep(200);
    }
  }

  /** What the client of this service would sign; moto reads only the service out of it. */
  const headersOf = (service: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261122/${region}/${service}/aws4_request, SignedHeaders=host, Signature=x`,
  });

  async function cloudFormation(parameters: Record<string, string>): Promise<string> {
    const body = new URLSearchParams({ Version: '2010-05-15', StackName: 'hunt', ...parameters });
    const answer = await fetch(moto, { method: 'POST', headers: headersOf('cloudformation'), body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  }

  it('cfn-lint has no errors, and only the warning that the toolkit itself causes', () => {
    const file = join(folder, 'template.json');
    writeFileSync(file, JSON.stringify(template));
    const { stdout } = spawnSync(find('cfn-lint') ?? '', ['--format', 'json', file], { encoding: 'utf8' });
    const rules = (JSON.parse(stdout) as { Rule: { Id: string } }[]).map(({ Rule }) => Rule.Id);
    // W3005: DependsOn beside a reference that says the same.
    expect([...new Set(rules)].filter((id) => id !== 'W3005')).toEqual([]);
  });

  it('moto makes of the template all that it knows, function, archive and queue among it', async () => {
    await fetch(moto, {
      method: 'POST',
      headers: {
        ...headersOf('ssm'),
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonSSM.PutParameter',
      },
      body: JSON.stringify({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '21', Type: 'String' }),
    });
    const unknown = Object.entries(template.Resources).filter(([, { Type }]) => UNKNOWN_TO_MOTO.includes(Type));
    const none = UNKNOWN_TO_MOTO.filter((type) => !unknown.some(([, { Type }]) => Type === type));
    expect(none.filter((type) => type !== 'AWS::CDK::Metadata')).toEqual([]);
    const gone = new Set(unknown.map(([id]) => id));
    const { Outputs: _, ...rest } = template;
    const known = Object.fromEntries(Object.entries(rest.Resources).filter(([id]) => !gone.has(id)));
    const without = JSON.stringify({ ...rest, Resources: known }, (key, value) => {
      if (key === 'DependsOn') return [value].flat().filter((id: string) => !gone.has(id));
      const [of] = [value?.Ref, value?.['Fn::GetAtt']].flat(2).filter((id) => typeof id === 'string');
      return of !== undefined && gone.has(of) ? 'unknown-to-moto' : value;
    });
    await cloudFormation({ Action: 'CreateStack', TemplateBody: without, 'Capabilities.member.1': 'CAPABILITY_IAM' });
    const status = await cloudFormation({ Action: 'DescribeStacks' });
    expect(status).toContain('<StackStatus>CREATE_COMPLETE</StackStatus>');
    const made = await cloudFormation({ Action: 'DescribeStackResources' });
    const types = [...made.matchAll(/<ResourceType>(.*?)<\/ResourceType>/g)].map(([, type]) => type).sort();
    expect(types).toEqual(
      Object.values(known)
        .map(({ Type }) => Type)
        .sort(),
    );
    expect(types).toEqual(expect.arrayContaining(['AWS::Lambda::Function', 'AWS::S3::Bucket', 'AWS::SQS::Queue']));
  });

  it('the bundle hunts with its S3 and SES: one mail, though the event comes twice', async () => {
    const s3 = { endpoint: moto, bucket: 'hunt-on-moto' };
    await new S3Client({ region, credentials, endpoint: moto, forcePathStyle: true }).send(
      new CreateBucketCommand({ Bucket: s3.bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    const client = new SESClient({ region, credentials, endpoint: moto });
    await client.send(new VerifyDomainIdentityCommand({ Domain: 'example.com' }));
    const { PG_HUNT_CONFIGURATION_SET: _, ...env } = functionEnvironment({ s3, ses: { endpoint: moto }, prometheus });
    const run = async (requestId: string) => {
      const { answers } = await runBundle({
        file: join(folder, 'index.mjs'),
        env,
        invocations: [{ event, requestId }],
      });
      const { SentLast24Hours = 0 } = await client.send(new GetSendQuotaCommand({}));
      return { answers, sent: SentLast24Hours };
    };
    const first = await run('one');
    const second = await run('two');
    expect(first.answers).toMatchObject([{ answer: { mailSent: true } }]);
    expect(second.answers).toMatchObject([{ answer: { mailSent: false } }]);
    // moto counts a recipient once for the envelope and once for the header, so the number itself says little.
    expect(first.sent).toBeGreaterThan(0);
    expect(second.sent).toBe(first.sent);
  });

  it('of eight deliveries at once on an S3 with atomic conditional writes, one sends', async () => {
    const s3 = await startFakeS3();
    const ses = await startFakeSes();
    const env = functionEnvironment({ s3, ses, prometheus });
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        runBundle({ file: join(folder, 'index.mjs'), env, invocations: [{ event, requestId: `racer-${at}` }] }),
      ),
    );
    await Promise.all([s3.close(), ses.close()]);
    const answers = runs.flatMap((run) => run.answers);
    expect(answers.filter((one) => 'error' in one)).toEqual([]);
    expect(answers.filter((one) => 'answer' in one && (one.answer as { mailSent: boolean }).mailSent)).toHaveLength(1);
    expect(ses.accepted).toHaveLength(1);
    expect(s3.keys().filter((key) => key.startsWith('history/'))).toHaveLength(1);
    expect(s3.keys().filter((key) => key.startsWith('claims/'))).toHaveLength(1);
    expect(s3.keys().some((key) => /^reports\/.*\/index\.html$/.test(key))).toBe(true);
  });
});
