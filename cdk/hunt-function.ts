import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as Lambda,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { VariableName } from '../lib/config.ts';
import { bundleNow, handlerName } from './bundling.ts';
import type { MailIdentity } from './mail-identity.ts';
import { rightsOf } from './rights.ts';
import type { Secret, Settings } from './settings.ts';

export interface HuntFunctionProps {
  readonly settings: Settings;
  readonly archive: Bucket;
  readonly mail: MailIdentity;
  readonly failedRuns: IQueue;
}

/** Lambda's longest. */
export const timeout = Duration.minutes(15);

/** The run, with the rights it uses and no other: it can delete nothing and send as nobody else. */
export class HuntFunction extends Construct {
  readonly lambda: Lambda;

  constructor(scope: Construct, id: string, { settings, archive, mail, failedRuns }: HuntFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.keep.logsDays as RetentionDays, // a wrong number of days is refused by the linter at synth
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    for (const statement of [...rightsOf({ settings, archive, logGroup }), mail.sendStatement]) {
      role.addToPolicy(statement);
    }

    this.lambda = new Lambda(this, 'Lambda', {
      description: 'pg-hunt: the weekly PostgreSQL optimization hunt',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: handlerName,
      code: code(),
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      timeout,
      memorySize: 1024, // the peak is near 200 MB; memory buys processor
      environment: {
        ...environmentOf(settings, archive, mail),
        NODE_OPTIONS: '--enable-source-maps',
        // The authorities of RDS, which Node does not know by itself.
        ...(settings.postgres === undefined ? {} : { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }),
      },
      retryAttempts: 2,
      onFailure: new SqsDestination(failedRuns),
    });
    const { layers } = settings;
    if (layers.length > 0) (this.lambda.node.defaultChild as CfnFunction).layers = layers;
    if (settings.network !== undefined) {
      // By hand: the L2 would want to know the whole VPC, or look it up, which needs credentials at synth.
      const { subnetIds, securityGroupIds } = settings.network;
      (this.lambda.node.defaultChild as CfnFunction).vpcConfig = { subnetIds, securityGroupIds };
    }
  }
}

/** Complete by its type: a variable that lib/config.ts gains does not compile until it is decided here. */
function environmentOf(settings: Settings, archive: Bucket, mail: MailIdentity): Record<string, string> {
  const { prometheus, postgres } = settings;
  const document = documentOf(settings);
  const values: Record<VariableName, string | undefined> = {
    PG_HUNT_CONFIG: Object.keys(document).length === 0 ? undefined : Stack.of(archive).toJsonString(document),
    PG_HUNT_PROMETHEUS_URL: prometheus?.url,
    PG_HUNT_PROMETHEUS_USERNAME: prometheus?.username,
    PG_HUNT_PROMETHEUS_PASSWORD: reference(prometheus?.password),
    PG_HUNT_PROMETHEUS_BEARER_TOKEN: reference(prometheus?.bearerToken),
    PG_HUNT_PROMETHEUS_TENANT: prometheus?.tenant,
    PG_HUNT_PROMETHEUS_AWS_REGION: prometheus?.awsRegion,
    PG_HUNT_PROMETHEUS_CA_FILE: prometheus?.caFile,
    PG_HUNT_PROMETHEUS_CERT_FILE: prometheus?.certFile,
    PG_HUNT_PROMETHEUS_KEY_FILE: prometheus?.keyFile,
    PG_HUNT_POSTGRES_URL: postgres?.url,
    PG_HUNT_POSTGRES_PASSWORD: reference(postgres?.password),
    PG_HUNT_TARGETS: settings.targets.join(','),
    PG_HUNT_WINDOW: settings.window,
    // A hunt by hand must not take the place of the week's; the schedules say what theirs is.
    PG_HUNT_CADENCE: 'on-demand',
    PG_HUNT_STORE: `s3://${archive.bucketName}`,
    PG_HUNT_MAIL: 'ses',
    PG_HUNT_MAIL_FROM: settings.mail.from,
    PG_HUNT_RECIPIENTS: settings.mail.recipients.join(','),
    PG_HUNT_CONFIGURATION_SET: mail.configurationSetName,
    PG_HUNT_ARCHIVE_URL: settings.archiveUrl,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
}

/** What no single variable holds. */
function documentOf({ config, postgres }: Settings): Record<string, unknown> {
  if (postgres?.rdsIam === undefined) return config;
  const given = config.postgres as Record<string, unknown> | undefined; // settings.ts has held it against the schema
  return { ...config, postgres: { ...given, rdsIam: true } };
}

/** The function looks it up when it runs: a value that CloudFormation put here could be read by all who may see the function. */
function reference(secret: Secret | undefined): string | undefined {
  if (secret === undefined) return undefined;
  const { name: secretsManager, field } = secret;
  return JSON.stringify({ secretsManager, ...(field === undefined ? {} : { field }) });
}

function code(): Code {
  return Code.fromAsset(fileURLToPath(new URL('../functions', import.meta.url)), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('none'), // never used: the local bundling below answers for it
      local: {
        tryBundle(folder) {
          bundleNow(folder);
          return true;
        },
      },
    },
  });
}
