import { Duration, TimeZone } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

export interface WeeklyScheduleProps {
  readonly settings: Settings['schedule'];
  readonly lambda: IFunction;
  readonly failedRuns: IQueue;
}

/** The time it was due names the window's end, so that a repeated or late delivery is the same run. */
export class WeeklySchedule extends Schedule {
  constructor(scope: Construct, id: string, { settings, lambda, failedRuns }: WeeklyScheduleProps) {
    const zone = TimeZone.of(settings.timeZone);
    super(scope, id, {
      description: 'pg-hunt: the weekly hunt',
      schedule: ScheduleExpression.expression(settings.expression, zone),
      timeWindow: TimeWindow.flexible(Duration.minutes(settings.flexibleMinutes)),
      enabled: settings.enabled,
      target: new LambdaInvoke(lambda, {
        input: ScheduleTargetInput.fromObject({ end: ContextAttribute.scheduledTime, cadence: 'weekly' }),
        retryAttempts: 5,
        maxEventAge: Duration.hours(6),
        deadLetterQueue: failedRuns,
      }),
    });
  }
}
