/** When Scheduler calls: for each cadence the hunt, and some hours later the look whether it was delivered. */
import { Duration, RemovalPolicy, TimeZone } from 'aws-cdk-lib';
import {
  ContextAttribute,
  type IScheduleTarget,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import type { ScheduleTargetBaseProps } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { cadences, hoursLater, longWindows, type ScheduledCadence } from './schedule-settings.ts';
import type { Settings } from './settings.ts';

type TargetOf = (props: ScheduleTargetBaseProps) => IScheduleTarget;

export interface SchedulesProps {
  readonly settings: Settings;
  readonly hunt: TargetOf;
  readonly verify: TargetOf;
  readonly failedRuns: IQueue;
}

export class Schedules extends Construct {
  /** Of our own, because Scheduler counts its failures by group. */
  readonly group: ScheduleGroup;

  constructor(scope: Construct, id: string, { settings, hunt, verify, failedRuns }: SchedulesProps) {
    super(scope, id);
    this.group = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    const { schedule } = settings;
    const zone = TimeZone.of(schedule.timeZone);
    const add = (name: string, target: TargetOf, expression: string, input: Record<string, unknown>) =>
      new Schedule(this, name, {
        description: `pg-hunt: ${name.toLowerCase()}`,
        schedule: ScheduleExpression.expression(expression, zone),
        scheduleGroup: this.group,
        timeWindow: TimeWindow.flexible(Duration.minutes(schedule.flexibleMinutes)),
        enabled: schedule.enabled,
        target: target({
          input: ScheduleTargetInput.fromObject(input),
          retryAttempts: 5,
          maxEventAge: Duration.hours(6),
          deadLetterQueue: failedRuns,
        }),
      });
    for (const cadence of cadences) {
      const expression = schedule[cadence];
      if (typeof expression !== 'string') continue;
      const name = cadence.charAt(0).toUpperCase() + cadence.slice(1);
      // The time it was due names the window's end, so that a repeated or late delivery is the same run.
      const end = ContextAttribute.scheduledTime;
      add(name, hunt, expression, { end, cadence, window: windowOf(cadence, settings), send: true });
      add(`Verify${name}`, verify, hoursLater(expression, schedule.verifyAfterHours), {
        verify: { cadence, end, within: `${schedule.verifyAfterHours + 1}h` },
      });
    }
  }
}

function windowOf(cadence: ScheduledCadence, { window }: Settings): string {
  return cadence === 'weekly' ? window : longWindows[cadence];
}
