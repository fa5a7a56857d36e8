/**
 * What CloudWatch's namespace AWS/RDS says about the machine of an instance (Amazon RDS User Guide: Amazon CloudWatch
 * metrics for Amazon RDS; Aurora User Guide: likewise). Data, like a dialect of Prometheus.
 */
import type { MeasureOf } from '../../model/measures.ts';

export interface Metric {
  readonly measure: MeasureOf<'host'> | 'connectionsAverage' | 'connectionsPeak';
  readonly name: string;
  readonly stat: 'Average' | 'Maximum' | 'Minimum';
  /** How the periods of the window become one number; `weighted`: by the metric named in `by`, period by period. */
  readonly over: 'average' | 'newest' | 'most' | 'least' | 'weighted';
  readonly by?: string;
  /** Multiplies into the canonical unit. Default 1. */
  readonly factor?: number;
  /** Where it exists. Default both. */
  readonly only?: 'rds' | 'aurora';
  /** Of the cluster, not of one of its instances. */
  readonly ofCluster?: true;
  /** Not every class and volume has it: its absence is no gap. */
  readonly mayLack?: true;
}

export const metrics: readonly Metric[] = [
  { measure: 'cpuBusyShare', name: 'CPUUtilization', stat: 'Average', over: 'average', factor: 0.01 },
  { measure: 'memoryAvailableBytes', name: 'FreeableMemory', stat: 'Average', over: 'average' },
  { measure: 'diskFreeBytes', name: 'FreeStorageSpace', stat: 'Average', over: 'newest', only: 'rds' },
  { measure: 'temporaryFreeBytes', name: 'FreeLocalStorage', stat: 'Minimum', over: 'least', only: 'aurora' },
  {
    ...{ measure: 'clusterVolumeBytes', name: 'VolumeBytesUsed', stat: 'Average', over: 'newest', only: 'aurora' },
    ofCluster: true,
  },
  { measure: 'readIops', name: 'ReadIOPS', stat: 'Average', over: 'average' },
  { measure: 'writeIops', name: 'WriteIOPS', stat: 'Average', over: 'average' },
  // Seconds of one operation: a period with many of them counts for more.
  {
    ...{ measure: 'readLatencyMs', name: 'ReadLatency', stat: 'Average', over: 'weighted', by: 'ReadIOPS' },
    factor: 1000,
  },
  {
    ...{ measure: 'writeLatencyMs', name: 'WriteLatency', stat: 'Average', over: 'weighted', by: 'WriteIOPS' },
    factor: 1000,
  },
  { measure: 'diskQueue', name: 'DiskQueueDepth', stat: 'Average', over: 'average' },
  ...['BurstBalance', 'EBSIOBalance%', 'EBSByteBalance%'].map(
    (name): Metric => ({
      ...{ measure: 'diskCreditShare', name, stat: 'Minimum', over: 'least', factor: 0.01, mayLack: true },
    }),
  ),
  { measure: 'connectionsAverage', name: 'DatabaseConnections', stat: 'Average', over: 'average' },
  { measure: 'connectionsPeak', name: 'DatabaseConnections', stat: 'Maximum', over: 'most' },
];
