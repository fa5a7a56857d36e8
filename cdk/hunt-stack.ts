import { CfnOutput, Duration, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ArchiveBucket } from './archive-bucket.ts';
import { HuntFunction } from './hunt-function.ts';
import { MailIdentity } from './mail-identity.ts';
import type { Settings } from './settings.ts';
import { WeeklySchedule } from './weekly-schedule.ts';

export interface HuntStackProps extends StackProps {
  readonly settings: Settings;
}

export class HuntStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: HuntStackProps) {
    super(scope, id, { description: 'pg-hunt: a weekly PostgreSQL optimization hunt', ...props });
    const archive = new ArchiveBucket(this, 'Archive', settings.keep);
    const mail = new MailIdentity(this, 'Mail', settings.mail);
    // Events that Scheduler could not hand over, and runs that failed after Lambda's own retries.
    const failedRuns = new Queue(this, 'FailedRuns', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const { lambda } = new HuntFunction(this, 'Hunt', { settings, archive, mail, failedRuns });
    new WeeklySchedule(this, 'Weekly', { settings: settings.schedule, lambda, failedRuns });

    Tags.of(this).add('app', 'pg-hunt');
    new CfnOutput(this, 'ArchiveBucketName', { value: archive.bucketName });
    new CfnOutput(this, 'FunctionName', { value: lambda.functionName });
    new CfnOutput(this, 'FailedRunsUrl', { value: failedRuns.queueUrl });
  }
}
