import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { HuntStack } from '../../cdk/hunt-stack.ts';
import { readSettings } from '../../cdk/settings.ts';
import { readConfig, variables } from '../../lib/config.ts';

const project = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

const everything = {
  prometheus: {
    url: 'https://prometheus.example.com',
    username: 'hunter',
    password: { name: 'team/prometheus', field: 'password' },
    bearerToken: { name: 'team/token' },
    tenant: 'shop',
    awsRegion: 'eu-west-1',
    workspaceArn: 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-abc',
    caFile: '/opt/ca.pem',
    certFile: '/opt/cert.pem',
    keyFile: '/opt/key.pem',
  },
  layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tls:1'],
  postgres: {
    url: 'postgres://pghunt@db.example.com:5432/postgres',
    password: { name: 'team/db', field: 'password' },
  },
  targets: ['shop', 'billing'],
  config: {
    prometheus: { headers: { 'X-Key': { secretsManager: 'team/key' }, 'X-Own': 'yes' }, allowLinkLocal: true },
  },
  window: '7d',
  mail: { identity: 'example.com', from: 'pg-hunt@example.com', recipients: ['ada@example.org', 'bob@example.org'] },
  archiveUrl: 'https://hunt.example.com',
  schedule: { expression: 'cron(30 5 ? * TUE *)', timeZone: 'Europe/Berlin', flexibleMinutes: 20 },
};

/** Without the bundle, which has a test of its own. */
function synth(settings: unknown): Template {
  const app = new App({ context: { ...project.context, 'aws:cdk:bundling-stacks': [] } });
  return Template.fromStack(new HuntStack(app, 'Test', { settings: readSettings(settings) }));
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function statementsOf(template: Template): Statement[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement as Statement[],
  );
}
const actionsOf = ({ Action }: Statement) => [Action].flat();

describe('the stack', () => {
  let template: Template;
  beforeAll(() => {
    template = synth(everything);
  });

  test('keeps the archive private, encrypted, versioned, behind TLS, and outlives itself', () => {
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
    const allows = Object.values(template.findResources('AWS::S3::BucketPolicy')).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(({ Effect }: Statement) => Effect === 'Allow'),
    );
    expect(allows).toEqual([]);
  });

  test('grants these actions and no other, none by wildcard, none that deletes', () => {
    const actions = new Set(statementsOf(template).flatMap(actionsOf));
    expect([...actions].sort()).toEqual([
      'aps:GetLabels',
      'aps:GetMetricMetadata',
      'aps:GetSeries',
      'aps:QueryMetrics',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'secretsmanager:GetSecretValue',
      'ses:SendRawEmail',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
    ]);
    expect(statementsOf(template).filter(({ Resource }) => [Resource].flat().includes('*'))).toEqual([]);
    const roles = Object.values(template.findResources('AWS::IAM::Role'));
    expect(roles.flatMap(({ Properties }) => Properties.ManagedPolicyArns ?? [])).toEqual([]);
  });

  test('lets the function read and write in the archive only, and list it', () => {
    const bucket = Object.keys(template.findResources('AWS::S3::Bucket'))[0] ?? '';
    const arn = { 'Fn::GetAtt': [bucket, 'Arn'] };
    const of = (action: string) => statementsOf(template).filter((statement) => actionsOf(statement).includes(action));
    expect(of('s3:PutObject')).toEqual([
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: { 'Fn::Join': ['', [arn, '/*']] } },
    ]);
    expect(of('s3:ListBucket')).toEqual([{ Effect: 'Allow', Action: 's3:ListBucket', Resource: arn }]);
  });

  test('lets it query one workspace of Amazon Managed Prometheus where one is configured, else none', () => {
    const queries = (url: string, more = {}) =>
      statementsOf(synth({ ...everything, prometheus: { ...more, url } })).filter((one) =>
        actionsOf(one).includes('aps:QueryMetrics'),
      );
    const amp = 'https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-0f0f-11';
    expect(queries('https://prometheus.example.com')).toEqual([]);
    expect(JSON.stringify(queries(amp).map(({ Resource }) => Resource))).toMatch(
      /:aps:eu-central-1:",\{"Ref":"AWS::AccountId"\},":workspace\/ws-0f0f-11"/,
    );
    expect(queries('https://proxy.example.com', everything.prometheus).map(({ Resource }) => Resource)).toEqual([
      everything.prometheus.workspaceArn,
    ]);
    expect(() => queries('https://proxy.example.com', { awsRegion: 'eu-west-1' })).toThrow(/workspaceArn: is needed/);
    template.hasResourceProperties('AWS::Lambda::Function', { Layers: everything.layers });
  });

  test('lets it send as one sender only, through identity and configuration set', () => {
    const [statement, ...others] = statementsOf(template).filter((one) => actionsOf(one).includes('ses:SendRawEmail'));
    expect(others).toEqual([]);
    expect(statement?.Condition).toEqual({ StringEquals: { 'ses:FromAddress': 'pg-hunt@example.com' } });
    const resources = JSON.stringify(statement?.Resource);
    expect([statement?.Resource].flat()).toHaveLength(2);
    expect(resources).toContain(':identity/example.com');
    expect(resources).toContain(':configuration-set/');
  });

  test('runs on Node 24 and arm64 for up to 15 minutes and keeps its logs for a while', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 900,
      Handler: 'index.handler',
      LoggingConfig: { LogFormat: 'JSON', LogGroup: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  test('sets every variable that the configuration knows, and no password in plain text', () => {
    const [lambda] = Object.values(template.findResources('AWS::Lambda::Function'));
    const environment: Record<string, unknown> = lambda?.Properties.Environment.Variables;
    expect(Object.keys(environment).sort()).toEqual([...Object.keys(variables), 'NODE_OPTIONS'].sort());
    expect(environment.PG_HUNT_RECIPIENTS).toBe('ada@example.org,bob@example.org');
    expect(environment.PG_HUNT_POSTGRES_PASSWORD).toBe('{"secretsManager":"team/db","field":"password"}');
    expect(environment.PG_HUNT_PROMETHEUS_BEARER_TOKEN).toBe('{"secretsManager":"team/token"}');
    // Nothing in the template makes CloudFormation write a secret where others can read it.
    expect(JSON.stringify(template.toJSON())).not.toContain('{{resolve:');
  });

  test('sets what the function itself can read: the same document with its secrets named', () => {
    const [lambda] = Object.values(template.findResources('AWS::Lambda::Function'));
    const environment: Record<string, unknown> = lambda?.Properties.Environment.Variables ?? {};
    const texts = Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith('PG_HUNT_') && typeof value === 'string' ? [[name, value] as const] : [],
    );
    const now = '2026-11-22T15:00:00.000Z';
    const config = readConfig({ env: { ...Object.fromEntries(texts), PG_HUNT_STORE: 's3://bucket' }, now });
    expect(config.prometheus).toMatchObject({
      url: 'https://prometheus.example.com',
      password: { secretsManager: 'team/prometheus', field: 'password' },
      headers: everything.config.prometheus.headers,
      allowLinkLocal: true,
    });
    expect(config.postgres?.password).toEqual({ secretsManager: 'team/db', field: 'password' });
  });

  test('lets it read the secrets it names and no other', () => {
    const [statement, ...others] = statementsOf(template).filter((one) =>
      actionsOf(one).includes('secretsmanager:GetSecretValue'),
    );
    expect(others).toEqual([]);
    expect([statement?.Resource].flat().map((arn) => /:secret:[^"]+/.exec(JSON.stringify(arn))?.[0])).toEqual(
      ['team/db', 'team/key', 'team/prometheus', 'team/token'].map((name) => `:secret:${name}-??????`),
    );
    const none = statementsOf(synth(project.context['pg-hunt'])).flatMap(actionsOf);
    expect(none).not.toContain('secretsmanager:GetSecretValue');
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-AbCdEf';
    const exact = synth({
      ...everything,
      config: {},
      prometheus: undefined,
      postgres: { url: everything.postgres.url, password: { name: arn } },
    });
    expect(statementsOf(exact).find((one) => actionsOf(one).includes('secretsmanager:GetSecretValue'))?.Resource).toBe(
      arn,
    );
  });

  test('lets it read metrics of CloudWatch only where they are configured', () => {
    const with_ = synth({ ...everything, config: { cloudwatch: { instances: { shop: 'shop-db' } } } });
    expect(statementsOf(with_).filter((one) => actionsOf(one).includes('cloudwatch:GetMetricData'))).toEqual([
      { Effect: 'Allow', Action: 'cloudwatch:GetMetricData', Resource: '*' },
    ]);
  });

  test('sets no variable for what was not given', () => {
    const [lambda] = Object.values(synth(project.context['pg-hunt']).findResources('AWS::Lambda::Function'));
    const names = Object.keys(lambda?.Properties.Environment.Variables);
    expect(names).not.toContain('PG_HUNT_POSTGRES_URL');
    expect(names).not.toContain('PG_HUNT_TARGETS');
    expect(names).toContain('PG_HUNT_PROMETHEUS_URL');
  });

  test('invokes weekly in the given time zone, with the due time as end, a window to be late in and a dead-letter queue', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(30 5 ? * TUE *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 20 },
      State: 'ENABLED',
      Target: {
        Input: '{"end":"<aws.scheduler.scheduled-time>","cadence":"weekly"}',
        DeadLetterConfig: { Arn: Match.anyValue() },
      },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  });

  test('makes the mail identity with its DNS records, unless it is there already', () => {
    template.hasResourceProperties('AWS::SES::EmailIdentity', { EmailIdentity: 'example.com' });
    template.hasResourceProperties('AWS::SES::ConfigurationSet', { DeliveryOptions: { TlsPolicy: 'REQUIRE' } });
    expect(Object.keys(template.findOutputs('*')).filter((name) => /Dkim/.test(name))).toHaveLength(3);
    synth({ ...everything, mail: { ...everything.mail, existing: true } }).resourceCountIs(
      'AWS::SES::EmailIdentity',
      0,
    );
  });

  test('enters a network when one is given', () => {
    const network = { subnetIds: ['subnet-0123abcd', 'subnet-4567abcd'], securityGroupIds: ['sg-0123abcd'] };
    synth({ ...everything, network }).hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: network.subnetIds, SecurityGroupIds: network.securityGroupIds },
    });
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: Match.absent() });
  });

  test('names nothing by hand, so that two of it fit into one account', () => {
    const named = Object.entries(
      template.toJSON().Resources as Record<string, { Properties?: Record<string, unknown> }>,
    ).filter(([, { Properties = {} }]) =>
      ['BucketName', 'FunctionName', 'RoleName', 'QueueName', 'LogGroupName'].some(
        (key) => typeof Properties[key] === 'string',
      ),
    );
    expect(named).toEqual([]);
  });
});
