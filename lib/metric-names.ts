/** What the function counts in CloudWatch and the stack's alarms watch: by FunctionName, and by FunctionName and Cadence. */
export const metricNamespace = 'pg-hunt';
export const metricNames = {
  /** Mails that SES has taken, from this run or from one before it. */
  delivered: 'MailsDelivered',
  mailFailures: 'MailFailures',
  targets: 'Targets',
  targetsFailed: 'TargetsFailed',
  opportunities: 'Opportunities',
  regressions: 'Regressions',
} as const;
