import { readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, test } from 'vitest';
import { HuntStack } from '../../cdk/hunt-stack.ts';
import { readSettings } from '../../cdk/settings.ts';
import { readEvent } from '../../functions/event.ts';
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
  schedule: {
    weekly: 'cron(30 5 ? * TUE *)',
    monthly: 'cron(0 7 1 * ? *)',
    quarterly: 'cron(0 8 1 1,4,7,10 ? *)',
    timeZone: 'Europe/Berlin',
    flexibleMinutes: 20,
  },
};

const inside = {
  subnetIds: ['subnet-0123abcd', 'subnet-4567abcd'],
  securityGroupIds: ['sg-0123abcd'],
  endpoints: { vpcId: 'vpc-0123abcd', routeTableIds: ['rtb-0123abcd'] },
};
const now = '2026-11-22T15:00:00.000Z';

/** Without the bundle, which has a test of its own. */
function appWith(settings: unknown) {
  const app = new App({ context: { ...project.context, 'aws:cdk:bundling-stacks': [] } });
  return { app, stack: new HuntStack(app, 'Test', { settings: readSettings(settings) }) };
}

function synth(settings: unknown): Template {
  return Template.fromStack(appWith(settings).stack);
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
    expect(Object.keys(environment).sort()).toEqual(
      [...Object.keys(variables), 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'].sort(),
    );
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

  test('hunts weekly, monthly and quarterly in the given time zone, each with its own window and the due time as end', () => {
    const of = (name: RegExp) =>
      Object.entries(template.findResources('AWS::Scheduler::Schedule'))
        .filter(([id]) => name.test(id))
        .map(([, { Properties }]) => Properties);
    const end = '<aws.scheduler.scheduled-time>';
    const expected = [
      ['weekly', 'cron(30 5 ? * TUE *)', '7d', 'cron(30 10 ? * TUE *)'],
      ['monthly', 'cron(0 7 1 * ? *)', '30d', 'cron(0 12 1 * ? *)'],
      ['quarterly', 'cron(0 8 1 1,4,7,10 ? *)', '90d', 'cron(0 13 1 1,4,7,10 ? *)'],
    ] as const;
    for (const [cadence, expression, window, later] of expected) {
      const [hunt, ...more] = of(new RegExp(`^Schedules${cadence}`, 'i'));
      expect(more).toEqual([]);
      expect(hunt).toMatchObject({
        ScheduleExpression: expression,
        ScheduleExpressionTimezone: 'Europe/Berlin',
        FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 20 },
        State: 'ENABLED',
        Target: { RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 21_600 } },
      });
      expect(hunt.Target.DeadLetterConfig.Arn).toBeDefined();
      const input = JSON.parse(hunt.Target.Input);
      expect(input).toEqual({ end, cadence, window, send: true });
      const [verify] = of(new RegExp(`^SchedulesVerify${cadence}`, 'i'));
      expect(verify.ScheduleExpression).toBe(later);
      expect(JSON.parse(verify.Target.Input)).toEqual({ verify: { cadence, end, within: '6h' } });
      // The function takes both as they are.
      const due = (text: string) => JSON.parse(text.replace(end, '2026-11-16T05:30:00Z'));
      const now = '2026-11-16T05:31:00Z';
      const asked = readEvent(due(hunt.Target.Input));
      const env = { PG_HUNT_POSTGRES_URL: 'postgres://db/x' };
      const config = 'request' in asked ? readConfig({ env, flags: asked.request, now }) : null;
      expect(config).toMatchObject({ cadence, send: true, windowSeconds: Number.parseInt(window, 10) * 86_400 });
      expect(readEvent(due(verify.Target.Input))).toEqual({
        verify: { cadence, end: '2026-11-16T05:30:00.000Z', within: 21_600 },
      });
    }
    template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    const plain = synth(project.context['pg-hunt']);
    expect(Object.keys(plain.findResources('AWS::Scheduler::Schedule'))).toHaveLength(2);
  });

  test('rings on failures of every kind, and tells somebody', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
    const watched = alarms.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`).sort();
    expect(watched).toEqual([
      'AWS/Lambda AsyncEventsDropped',
      'AWS/Lambda Duration',
      'AWS/Lambda Errors',
      'AWS/Lambda Throttles',
      'AWS/SES Bounce',
      'AWS/SES Complaint',
      'AWS/SES Reject',
      'AWS/SQS ApproximateNumberOfMessagesVisible',
      'AWS/Scheduler InvocationDroppedCount',
      'AWS/Scheduler TargetErrorCount',
      'pg-hunt MailFailures',
      'pg-hunt MailsDelivered',
      'pg-hunt TargetsFailed',
    ]);
    const [topic] = Object.keys(template.findResources('AWS::SNS::Topic'));
    for (const { AlarmActions } of alarms) expect(AlarmActions).toEqual([{ Ref: topic }]);
    const told = Object.values(template.findResources('AWS::SNS::Subscription')).map(({ Properties }) => Properties);
    expect(told.map(({ Endpoint, Protocol }) => `${Protocol} ${Endpoint}`).sort()).toEqual([
      'email ada@example.org',
      'email bob@example.org',
    ]);
    const other = synth({ ...everything, alarms: { emails: ['ops@example.org'] } });
    expect(Object.values(other.findResources('AWS::SNS::Subscription'))).toHaveLength(1);
    const [duration] = alarms.filter(({ MetricName }) => MetricName === 'Duration');
    expect(duration).toMatchObject({ Statistic: 'Maximum', Threshold: 720_000 });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  });

  test('rings when a calendar week ends without a delivered digest, data or not', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'pg-hunt',
      MetricName: 'MailsDelivered',
      Dimensions: [
        { Name: 'FunctionName', Value: Match.anyValue() },
        { Name: 'Cadence', Value: 'weekly' },
      ],
      Statistic: 'Sum',
      Period: 604_800,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
      EvaluationWindow: { WallClockWindow: { Timezone: 'Europe/Berlin' } },
    });
    // CloudWatch refuses longer ones when it deploys.
    for (const { Properties } of Object.values(template.findResources('AWS::CloudWatch::Alarm'))) {
      expect(Properties.Period * Properties.EvaluationPeriods).toBeLessThanOrEqual(604_800);
    }
  });

  test('has CloudWatch, SES and nobody else publish its alarms', () => {
    const statements = Object.values(template.findResources('AWS::SNS::TopicPolicy')).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement,
    );
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ Principal }) => Principal.Service).sort()).toEqual([
      'cloudwatch.amazonaws.com',
      'ses.amazonaws.com',
    ]);
    for (const { Condition } of allowed) expect(JSON.stringify(Condition)).toMatch(/source-?account/i);
    expect(statements.some(({ Effect, Condition }) => Effect === 'Deny' && 'Bool' in Condition)).toBe(true);
  });

  test('makes the mail identity with its DNS records, unless it is there already', () => {
    template.hasResourceProperties('AWS::SES::EmailIdentity', { EmailIdentity: 'example.com' });
    template.hasResourceProperties('AWS::SES::ConfigurationSet', {
      DeliveryOptions: { TlsPolicy: 'REQUIRE' },
      SuppressionOptions: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
    });
    const events = Object.values(template.findResources('AWS::SES::ConfigurationSetEventDestination')).map(
      ({ Properties }) => Properties.EventDestination,
    );
    expect(events.find(({ SnsDestination }) => SnsDestination !== undefined).MatchingEventTypes).toEqual(
      expect.arrayContaining(['bounce', 'complaint', 'reject', 'renderingFailure']),
    );
    expect(events.find(({ CloudWatchDestination }) => CloudWatchDestination !== undefined)).toMatchObject({
      CloudWatchDestination: { DimensionConfigurations: [{ DimensionName: 'ses:configuration-set' }] },
    });
    expect(Object.keys(template.findOutputs('*')).filter((name) => /Dkim/.test(name))).toHaveLength(3);
    synth({ ...everything, mail: { ...everything.mail, existing: true } }).resourceCountIs(
      'AWS::SES::EmailIdentity',
      0,
    );
  });

  test('enters a network when one is given, by its own doors where they are asked for', () => {
    const { endpoints: _, ...bare } = inside;
    const plain = synth({ ...everything, network: bare });
    plain.hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: bare.subnetIds, SecurityGroupIds: bare.securityGroupIds },
    });
    plain.resourceCountIs('AWS::EC2::VPCEndpoint', 0);
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: Match.absent() });
    expect(statementsOf(template).flatMap(actionsOf)).not.toContain('ec2:CreateNetworkInterface');
    const doors = synth({ ...everything, network: inside, config: { cloudwatch: {} } }).findResources(
      'AWS::EC2::VPCEndpoint',
    );
    const services = Object.values(doors).map(({ Properties }) => {
      const [, parts] = Properties.ServiceName['Fn::Join'];
      return `${Properties.VpcEndpointType} ${parts.at(-1)}`;
    });
    // `.email` is the API of SES; `.email-smtp` would be the other one.
    expect(services.sort()).toEqual([
      'Gateway .s3',
      'Interface .aps-workspaces',
      'Interface .email',
      'Interface .monitoring',
      'Interface .secretsmanager',
    ]);
  });

  test('logs in to RDS with a token as one user of one instance, where that is configured', () => {
    const url = 'postgres://pghunt@db.c1ab.eu-west-1.rds.amazonaws.com:5432/app?sslmode=verify-full';
    const { prometheus: _, ...rest } = everything;
    const iam = synth({ ...rest, config: {}, postgres: { url, rdsIam: { resourceId: 'db-ABC123' } } });
    const [statement] = statementsOf(iam).filter((one) => actionsOf(one).includes('rds-db:connect'));
    expect(JSON.stringify(statement?.Resource)).toMatch(/:rds-db:eu-west-1:".*":dbuser:db-ABC123\/pghunt"/);
    const [lambda] = Object.values(iam.findResources('AWS::Lambda::Function'));
    const env = lambda?.Properties.Environment.Variables;
    expect(env.NODE_EXTRA_CA_CERTS).toBe('/var/runtime/ca-cert.pem');
    const config = readConfig({ env: { PG_HUNT_CONFIG: env.PG_HUNT_CONFIG, PG_HUNT_POSTGRES_URL: url }, now });
    expect(config.postgres).toEqual({ url, rdsIam: true });
    expect(env.PG_HUNT_POSTGRES_PASSWORD).toBeUndefined();
  });

  test('gives nothing a name of its own, so that two of it fit into one account', () => {
    const [one, other] = ['First', 'Second'].map((id) => {
      const app = new App({ context: { ...project.context, 'aws:cdk:bundling-stacks': [] } });
      return Template.fromStack(new HuntStack(app, id, { settings: readSettings(everything) })).toJSON().Resources;
    });
    const names = (resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>) =>
      // Inline policies are named within their role.
      Object.values(resources)
        .filter(({ Type }) => Type !== 'AWS::IAM::Policy')
        .flatMap(({ Type, Properties = {} }) =>
          Object.entries(Properties).flatMap(([key, value]) =>
            /^(\w*Name)$/.test(key) && typeof value === 'string' && !/^(Metric|Display|HostHeader)Name$/.test(key)
              ? [`${Type} ${value}`]
              : [],
          ),
        );
    expect(names(one).filter((name) => names(other).includes(name))).toEqual([]);
  });

  test.each([
    ['least', project.context['pg-hunt']],
    ['everything', everything],
    ['in a network', { ...everything, network: inside, config: { cloudwatch: {} } }],
  ])('has nothing that cdk-nag or the built-in linter objects to: %s', (_, settings) => {
    const { app } = appWith(settings);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });

  test('is looked at by cdk-nag in earnest: what nobody has acknowledged is an error', () => {
    const { app, stack } = appWith(everything);
    new Queue(stack, 'Bare');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/);
  });
});
