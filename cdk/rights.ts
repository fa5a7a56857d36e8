/** What the function may do: written by hand, because the library's grants allow more, such as to delete. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { awsPlace, secretNames } from '../lib/config.ts';
import { interfaceStatement } from './network.ts';
import type { Settings } from './settings.ts';

export interface RightsInput {
  readonly settings: Settings;
  readonly archive: Bucket;
  readonly logGroup: LogGroup;
}

export function rightsOf({ settings, archive, logGroup }: RightsInput): readonly PolicyStatement[] {
  const stack = Stack.of(archive);
  return [
    new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [archive.arnForObjects('*')] }),
    // Without it S3 says "forbidden" instead of "no such key", and the first run could not tell.
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [archive.bucketArn] }),
    new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
    ...queryStatements(settings, stack),
    ...secretStatements(settings, stack),
    ...metricStatements(settings),
    ...connectStatements(settings, stack),
    ...(settings.network === undefined ? [] : [interfaceStatement()]),
  ];
}

/** To ask one workspace of Amazon Managed Service for Prometheus; nothing where another Prometheus is asked. */
function queryStatements({ prometheus }: Settings, stack: Stack): PolicyStatement[] {
  if (prometheus === undefined) return [];
  const place = awsPlace(prometheus.url);
  const region = prometheus.awsRegion ?? place.region;
  if (region === null) return [];
  const resource = `workspace/${place.workspace}`;
  const arn = prometheus.workspaceArn ?? stack.formatArn({ service: 'aps', region, resource });
  const actions = ['aps:QueryMetrics', 'aps:GetLabels', 'aps:GetSeries', 'aps:GetMetricMetadata'];
  return [new PolicyStatement({ actions, resources: [arn] })];
}

/** Names or ARNs of all secrets that the settings name, sorted. */
export function secretsOf({ prometheus, postgres, config }: Settings): readonly string[] {
  const own = [prometheus?.password, prometheus?.bearerToken, postgres?.password].flatMap((one) => one?.name ?? []);
  return [...new Set([...own, ...secretNames(config)])].sort();
}

/** To read exactly the secrets that the settings name. */
function secretStatements(settings: Settings, stack: Stack): PolicyStatement[] {
  const names = secretsOf(settings);
  if (names.length === 0) return [];
  const { COLON_RESOURCE_NAME: arnFormat } = ArnFormat;
  const arnOf = (name: string) =>
    // Secrets Manager ends each ARN with six characters that the name does not have.
    stack.formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: `${name}-??????`, arnFormat });
  const resources = names.map((name) => (name.startsWith('arn:') ? name : arnOf(name)));
  return [new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources })];
}

/** CloudWatch knows no resource of this action. */
function metricStatements({ config }: Settings): PolicyStatement[] {
  if (config.cloudwatch === undefined) return [];
  return [new PolicyStatement({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] })];
}

/** To log in as one user of one instance with a token that lives for 15 minutes. */
function connectStatements({ postgres }: Settings, stack: Stack): PolicyStatement[] {
  if (postgres?.rdsIam === undefined) return [];
  const { hostname, username } = new URL(postgres.url);
  const [, region] = /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com/.exec(hostname) ?? [];
  const resource = stack.formatArn({
    service: 'rds-db',
    resource: 'dbuser',
    resourceName: `${postgres.rdsIam.resourceId}/${decodeURIComponent(username)}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    ...(region === undefined ? {} : { region }),
  });
  return [new PolicyStatement({ actions: ['rds-db:connect'], resources: [resource] })];
}
