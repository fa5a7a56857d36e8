/** Counts → one line in CloudWatch's embedded metric format: CloudWatch makes metrics of what it finds in the log. */
import { metricNamespace } from '../lib/metric-names.ts';

export interface Counts {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly functionName: string;
  readonly cadence: string;
  readonly counts: Readonly<Record<string, number>>;
}

export function metricLine({ at, functionName, cadence, counts }: Counts): string {
  const Metrics = Object.keys(counts).map((Name) => ({ Name, Unit: 'Count' }));
  const Dimensions = [['FunctionName'], ['FunctionName', 'Cadence']];
  const _aws = { Timestamp: at, CloudWatchMetrics: [{ Namespace: metricNamespace, Dimensions, Metrics }] };
  return `${JSON.stringify({ _aws, FunctionName: functionName, Cadence: cadence, ...counts })}\n`;
}
