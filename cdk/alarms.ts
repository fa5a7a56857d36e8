/** What wakes somebody: a hunt that failed, that was not delivered, and the week in which nothing happened at all. */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  CfnAlarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { metricNames, metricNamespace } from '../lib/config.ts';
import { timeout } from './hunt-function.ts';
import { setDimension } from './mail-identity.ts';
import type { Settings } from './settings.ts';

export interface AlarmsProps {
  readonly settings: Settings;
  readonly lambda: Lambda;
  readonly failedRuns: IQueue;
  readonly group: IScheduleGroup;
  readonly configurationSetName: string;
  readonly topic: ITopic;
}

const MINUTES = Duration.minutes(5);
const WEEK = Duration.days(7);

export class Alarms extends Construct {
  private readonly all: IAlarm[] = [];
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
    const { lambda, failedRuns, group, settings } = props;
    const late = timeout.toMilliseconds() * 0.8;
    this.any('Errors', 'a hunt or its verification failed', lambda.metricErrors({ period: MINUTES }));
    this.any('Throttles', 'Lambda had no room for the function', lambda.metricThrottles({ period: MINUTES }));
    this.any('Duration', `took longer than ${late / 60_000} minutes of 15`, slowest(lambda), late);
    this.any('Dropped', 'Lambda gave an event up', ofLambda(lambda, 'AsyncEventsDropped'));
    this.any('DeadLetters', 'events or failed runs wait in the dead-letter queue', waiting(failedRuns));
    this.any(
      'NotInvoked',
      'Scheduler could not call',
      group.metricTargetErrors({ period: MINUTES, statistic: Stats.SUM }),
    );
    this.any('GivenUp', 'Scheduler gave a call up', group.metricDropped({ period: MINUTES, statistic: Stats.SUM }));
    this.any('MailFailures', 'a mail was not sent, or nobody knows whether it was', this.own(metricNames.mailFailures));
    this.any('TargetsFailed', 'a target could not be read', this.own(metricNames.targetsFailed));
    this.any('Bounces', 'a mail bounced', this.ofMail('Bounce'));
    this.any('Complaints', 'a mail was called spam', this.ofMail('Complaint'));
    this.any('Rejects', 'SES refused a mail', this.ofMail('Reject'));
    if (settings.schedule.weekly !== false && settings.schedule.enabled) this.silence();
    this.dashboard();
  }

  private any(id: string, words: string, metric: IMetric, above = 0): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `pg-hunt: ${words}`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING, // it runs once a week; silence() is about no data at all
    });
    alarm.addAlarmAction(new SnsAction(this.props.topic));
    this.all.push(alarm);
  }

  /**
   * A calendar week without a delivered digest. A sliding window of eight days is more than CloudWatch allows, and one of
   * seven would ring whenever a run is a minute later than the last; so the window is the calendar's.
   */
  private silence(): void {
    const { topic, lambda, settings } = this.props;
    const alarm = new CfnAlarm(this, 'NothingDelivered', {
      alarmDescription: 'pg-hunt: a week has ended in which no weekly digest was delivered',
      namespace: metricNamespace,
      metricName: metricNames.delivered,
      dimensions: [
        { name: 'FunctionName', value: lambda.functionName },
        { name: 'Cadence', value: 'weekly' },
      ],
      statistic: Stats.SUM,
      period: WEEK.toSeconds(),
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      evaluationWindow: { wallClockWindow: { timezone: settings.schedule.timeZone } },
      alarmActions: [topic.topicArn],
      okActions: [topic.topicArn],
    });
    this.all.push(Alarm.fromAlarmArn(this, 'NothingDeliveredArn', alarm.attrArn));
  }

  private own(metricName: string, period = MINUTES): Metric {
    const dimensionsMap = { FunctionName: this.props.lambda.functionName };
    return new Metric({ namespace: metricNamespace, metricName, dimensionsMap, statistic: Stats.SUM, period });
  }

  private ofMail(metricName: string, period = MINUTES): Metric {
    const dimensionsMap = { [setDimension]: this.props.configurationSetName };
    return new Metric({ namespace: 'AWS/SES', metricName, dimensionsMap, statistic: Stats.SUM, period });
  }

  private dashboard(): void {
    const { lambda } = this.props;
    const day = Duration.days(1);
    const { delivered, targets, targetsFailed, opportunities, regressions, mailFailures } = metricNames;
    const graph = (title: string, left: IMetric[]) =>
      new GraphWidget({ title, left, width: 12, region: Stack.of(this).region });
    new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(91),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: this.all, width: 24 })],
        [
          graph('Delivered', [this.own(delivered, day), this.own(mailFailures, day)]),
          graph('Targets', [this.own(targets, day), this.own(targetsFailed, day)]),
        ],
        [
          graph('Found', [this.own(opportunities, day), this.own(regressions, day)]),
          graph(
            'Mail',
            ['Send', 'Delivery', 'Bounce', 'Complaint', 'Reject'].map((name) => this.ofMail(name, day)),
          ),
        ],
        [
          graph('Function', [lambda.metricErrors({ period: day }), lambda.metricThrottles({ period: day })]),
          graph('Duration', [lambda.metricDuration({ period: day, statistic: Stats.MAXIMUM })]),
        ],
      ],
    });
  }
}

function slowest(lambda: Lambda): Metric {
  return lambda.metricDuration({ period: MINUTES, statistic: Stats.MAXIMUM });
}

function ofLambda(lambda: Lambda, metricName: string): Metric {
  return lambda.metric(metricName, { period: MINUTES, statistic: Stats.SUM });
}

function waiting(queue: IQueue): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({ period: MINUTES, statistic: Stats.MAXIMUM });
}
