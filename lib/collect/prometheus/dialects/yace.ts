/** CloudWatch as YACE (yet another cloudwatch exporter) publishes it: statistic in the name, dimension in a label. */
import { type BindingsOf, bind, type HostDialect } from '../dialect.ts';

/** The exporters make the same names of CloudWatch's; it has neither CPUs nor the sizes of memory and disk. */
export const cloudWatch = (remedy: (metric: string) => string, matching?: string) => {
  const of = (metric: string, name: string, factor = 1) =>
    bind(remedy(metric))('average', name, { factor, ...(matching === undefined ? {} : { matching }) });
  return {
    cpuBusyShare: of('CPUUtilization', 'aws_rds_cpuutilization_average', 0.01),
    memoryAvailableBytes: of('FreeableMemory', 'aws_rds_freeable_memory_average'),
    // Aurora has no volume of its own, hence no such metric.
    diskFreeBytes: { ...of('FreeStorageSpace', 'aws_rds_free_storage_space_average'), verb: 'now' },
    readIops: of('ReadIOPS', 'aws_rds_read_iops_average'),
    writeIops: of('WriteIOPS', 'aws_rds_write_iops_average'),
    diskQueue: of('DiskQueueDepth', 'aws_rds_disk_queue_depth_average'),
    // CloudWatch counts in seconds.
    readLatencyMs: of('ReadLatency', 'aws_rds_read_latency_average', 1000),
    writeLatencyMs: of('WriteLatency', 'aws_rds_write_latency_average', 1000),
  } as const satisfies BindingsOf<'host'>;
};

export const noSizes =
  "Switch on Enhanced Monitoring of the instance and let Prometheus scrape Percona's rds_exporter, or look up the instance's class.";

export const yace: HostDialect = {
  id: 'yace',
  title: 'YACE',
  family: 'aws_rds_.+',
  host: ['dimension_DBInstanceIdentifier'],
  managed: true,
  lacking: noSizes,
  bindings: cloudWatch((metric) => `Add ${metric} of AWS/RDS with the statistic Average to the configuration of YACE.`),
};
