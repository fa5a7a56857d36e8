/** node_exporter, for the machine a server runs on. */
import { bind, type HostDialect, on } from '../dialect.ts';

const host = bind(
  "Let Prometheus scrape a node_exporter on the server's host, under the same host name as the server.",
);
const collector = (name: string) =>
  bind(`Start node_exporter without --no-collector.${name}.`, on(`--collector.${name}`));
const memory = collector('meminfo');
const disks = collector('diskstats');
const files = collector('filesystem');
/** Disks themselves: what device mapper, RAID and loops stack on them would count everything twice. */
const ofDisks = { within: ['device'], matching: 'device!~"(dm-|md|loop|ram|zram|sr|fd).*"' } as const;

export const nodeExporter: HostDialect = {
  id: 'node-exporter',
  title: 'node_exporter',
  family: 'node_(cpu_seconds_total|memory_Mem(Total|Available)_bytes|filesystem_(avail|size)_bytes|disk_.+_total)',
  host: ['instance'],
  bindings: {
    cpuCount: host('count', 'node_cpu_seconds_total', { kind: 'counter', matching: 'mode="idle"', within: ['cpu'] }),
    // Waiting for the disk is idle too.
    cpuBusyShare: host('share', 'node_cpu_seconds_total', {
      matching: 'mode=~"user|nice|system|irq|softirq|steal"',
      within: ['cpu', 'mode'],
    }),
    memoryBytes: memory('now', 'node_memory_MemTotal_bytes'),
    memoryAvailableBytes: memory('average', 'node_memory_MemAvailable_bytes'),
    diskBytes: files('now', 'node_filesystem_size_bytes', { within: ['mountpoint'] }),
    diskFreeBytes: files('now', 'node_filesystem_avail_bytes', { within: ['mountpoint'] }),
    readIops: disks('rate', 'node_disk_reads_completed_total', ofDisks),
    writeIops: disks('rate', 'node_disk_writes_completed_total', ofDisks),
    diskQueue: disks('rate', 'node_disk_io_time_weighted_seconds_total', ofDisks),
    readLatencyMs: disks('ratio', 'node_disk_read_time_seconds_total', {
      ...ofDisks,
      ratio: ['read_time_seconds', 'reads_completed'],
      factor: 1000,
    }),
    writeLatencyMs: disks('ratio', 'node_disk_write_time_seconds_total', {
      ...ofDisks,
      ratio: ['write_time_seconds', 'writes_completed'],
      factor: 1000,
    }),
  },
};
