/** node_exporter, for the machine a server runs on. */
import { bind, type HostDialect } from '../dialect.ts';

const host = bind(
  "Let Prometheus scrape a node_exporter on the server's host, under the same host name as the server.",
);

export const nodeExporter: HostDialect = {
  id: 'node-exporter',
  title: 'node_exporter',
  family: 'node_(cpu_seconds_total|memory_MemTotal_bytes|filesystem_avail_bytes)',
  bindings: {
    cpuCount: host('count', 'node_cpu_seconds_total', { matching: 'mode="idle"', within: ['cpu'] }),
    // Waiting for the disk is idle too.
    cpuBusyShare: host('share', 'node_cpu_seconds_total', {
      matching: 'mode=~"user|nice|system|irq|softirq|steal"',
      within: ['cpu', 'mode'],
    }),
    memoryBytes: host('now', 'node_memory_MemTotal_bytes'),
    diskFreeBytes: host('now', 'node_filesystem_avail_bytes', { within: ['mountpoint'] }),
  },
};
