/** Percona's rds_exporter: CloudWatch's metrics, and those of Enhanced Monitoring under node_exporter's names. */
import { bind, type HostDialect } from '../dialect.ts';
import { cloudWatch } from './yace.ts';

const enhanced = bind(
  'Switch on Enhanced Monitoring of the instance, and let Prometheus scrape /enhanced of rds_exporter.',
);
const scrape = 'Let Prometheus scrape /basic of rds_exporter with honor_labels: true.';
const basic = bind(scrape);
/** It names the machine in `instance`; the other exporters of CloudWatch use one of these labels. */
const notTheirs = 'dimension_DBInstanceIdentifier="",dbinstance_identifier=""';
/** FreeableMemory is node_memory_Cached_bytes here, a name which Enhanced Monitoring has for the page cache. */
const { memoryAvailableBytes: _ambiguous, ...ofCloudWatch } = cloudWatch(() => scrape, notTheirs);

export const rdsExporter: HostDialect = {
  id: 'rds-exporter',
  title: "Percona's rds_exporter",
  family: 'aws_rds_.+|node_(cpu_average|filesystem_free_bytes)|rdsosmetrics_General_numVCPUs',
  host: ['instance'],
  managed: true,
  lacking: 'Let YACE or cloudwatch_exporter publish FreeableMemory of the instance, or look into CloudWatch.',
  signs: ['node_cpu_average', 'rdsosmetrics_General_numVCPUs'],
  bindings: {
    ...ofCloudWatch,
    cpuCount: enhanced('now', 'rdsosmetrics_General_numVCPUs'),
    // CloudWatch's has no mode, that of Enhanced Monitoring one of several.
    cpuBusyShare: basic('average', 'node_cpu_average', { matching: 'mode=~"total|"', factor: 0.01 }),
    memoryBytes: enhanced('now', 'node_memory_MemTotal_bytes'),
    diskBytes: enhanced('now', 'node_filesystem_size_bytes', { within: ['mountpoint'] }),
    diskFreeBytes: basic('now', ['node_filesystem_avail_bytes', 'node_filesystem_free_bytes'], {
      within: ['mountpoint'],
    }),
  },
};
