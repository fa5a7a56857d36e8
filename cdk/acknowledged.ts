/** What cdk-nag's AwsSolutions pack objects to, and why it stays. Only what a deployed stack really has is listed. */

import type { CfnElement } from 'aws-cdk-lib';
import { Stack, Validations } from 'aws-cdk-lib';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Settings } from './settings.ts';

export interface Acknowledged {
  readonly settings: Settings;
  readonly archive: Bucket;
  readonly failedRuns: IQueue;
  readonly lambda: Lambda;
}

export function acknowledge({ settings, archive, failedRuns, lambda }: Acknowledged): void {
  const stack = Stack.of(archive);
  const nameOf = (one: Bucket | Lambda) => stack.getLogicalId(one.node.defaultChild as CfnElement);
  const accept = (scope: Parameters<typeof Validations.of>[0], rule: string, reason: string) =>
    Validations.of(scope).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });

  accept(
    archive,
    'S1',
    'One function reads and writes here. Who needs to know more switches on data events of CloudTrail, which unlike ' +
      'access logs miss nothing and need no second bucket.',
  );
  accept(failedRuns, 'SQS3', 'It is the dead-letter queue; an alarm is on its depth.');
  accept(
    stack,
    `IAM5[Resource::<${nameOf(archive)}.Arn>/*]`,
    'History, reports and claims lie under names that come from the targets; the bucket holds nothing else.',
  );
  accept(
    stack,
    `IAM5[Resource::<${nameOf(lambda)}.Arn>:*]`,
    'Versions and aliases of the one function that Scheduler calls; the library adds them, and there are none.',
  );
  if (settings.network !== undefined || settings.config.cloudwatch !== undefined) {
    accept(
      stack,
      'IAM5[Resource::*]',
      'cloudwatch:GetMetricData and the actions on network interfaces, for which AWS knows no narrower resource.',
    );
  }
}
