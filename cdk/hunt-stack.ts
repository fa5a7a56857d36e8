import { CfnOutput, Duration, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { awsPlace } from '../lib/config.ts';
import { acknowledge } from './acknowledged.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { ArchiveBucket } from './archive-bucket.ts';
import { HuntFunction } from './hunt-function.ts';
import { MailIdentity } from './mail-identity.ts';
import { addEndpoints, servicesOf } from './network.ts';
import { secretsOf } from './rights.ts';
import { Schedules } from './schedules.ts';
import type { Settings } from './settings.ts';

export interface HuntStackProps extends StackProps {
  readonly settings: Settings;
}

export class HuntStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: HuntStackProps) {
    super(scope, id, { description: 'pg-hunt: a weekly PostgreSQL optimization hunt', ...props });
    const archive = new ArchiveBucket(this, 'Archive', settings.keep);
    const topic = new AlarmTopic(this, 'Told', { emails: settings.alarms.emails ?? settings.mail.recipients });
    const mail = new MailIdentity(this, 'Mail', { ...settings.mail, topic });
    // Events that Scheduler could not hand over, and runs that failed after Lambda's own retries.
    const failedRuns = new Queue(this, 'FailedRuns', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const { lambda } = new HuntFunction(this, 'Hunt', { settings, archive, mail, failedRuns });
    if (settings.network !== undefined) addEndpoints(this, settings.network, servicesOf(usesOf(settings)));
    const invoke = (target: ConstructorParameters<typeof LambdaInvoke>[1]) => new LambdaInvoke(lambda, target);
    const { group } = new Schedules(this, 'Schedules', { settings, hunt: invoke, verify: invoke, failedRuns });
    const { configurationSetName } = mail;
    new Alarms(this, 'Alarms', { settings, lambda, failedRuns, group, configurationSetName, topic });
    acknowledge({ settings, archive, failedRuns, lambda });

    Tags.of(this).add('app', 'pg-hunt');
    new CfnOutput(this, 'ArchiveBucketName', { value: archive.bucketName });
    new CfnOutput(this, 'FunctionName', { value: lambda.functionName });
    new CfnOutput(this, 'FailedRunsUrl', { value: failedRuns.queueUrl });
  }
}

function usesOf(settings: Settings): Record<string, boolean> {
  const { prometheus, config } = settings;
  return {
    usesSecrets: secretsOf(settings).length > 0,
    usesWorkspace:
      prometheus !== undefined && (prometheus.awsRegion !== undefined || awsPlace(prometheus.url).region !== null),
    usesMetrics: config.cloudwatch !== undefined,
  };
}
