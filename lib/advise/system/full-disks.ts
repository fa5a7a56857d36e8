import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { bytes, percent } from '../words.ts';

const FREE = 0.15;
const ENOUGH = 500 * 1024 ** 3;

export const fullDisks = defineAdvisor({
  card: {
    id: 'full-disks',
    area: 'system',
    title: 'Disks that fill up',
    clear: 'The disk has room.',
    why: 'A server that cannot write WAL stops. Index builds, sorts and rewrites need as much room again as what they touch, and fail first.',
    source: 'PostgreSQL manual, 27.6.2 Disk full failure',
    thresholds: [
      {
        name: 'free',
        value: '< 15 %, and < 500 GiB',
        reason: 'below it an index build or a day of kept WAL may not fit',
      },
    ],
  },
  needs: { host: ['diskBytes', 'diskFreeBytes'] },
  advise({ host }) {
    const full = host.filter((row) => row.diskFreeBytes / row.diskBytes < FREE && row.diskFreeBytes < ENOUGH);
    const findings = full.map((row) =>
      riskFinding({
        subject: { setting: `disk of ${row.host}` },
        title: `Make room on ${row.host}: ${percent(row.diskFreeBytes / row.diskBytes)} of its disk is free`,
        evidence: [
          { label: 'Free', value: row.diskFreeBytes, unit: 'bytes', source: 'host metrics' },
          { label: 'Size', value: row.diskBytes, unit: 'bytes', source: 'host metrics' },
        ],
        approach: `${bytes(row.diskFreeBytes)} are left. Look first at what may go without anybody missing it: WAL kept by slots or a failing archive, unused and duplicate indexes (this report names them), old partitions and tables. Then enlarge the disk; a cloud volume grows online.`,
        basis: 'Averts a server that stops because it cannot write.',
        confidence: 'high',
        averts: 'outage',
        work: 'change-infrastructure',
        steps: [
          {
            sql: "SELECT c.oid::regclass AS relation, c.relkind, pg_size_pretty(pg_total_relation_size(c.oid)) AS size FROM pg_class c WHERE c.relkind IN ('r', 'm') ORDER BY pg_total_relation_size(c.oid) DESC LIMIT 20;",
            text: 'See the largest tables of each database.',
            inTransaction: true,
          },
          {
            sql: 'SELECT count(*) AS files, pg_size_pretty(sum(size)) AS size FROM pg_ls_waldir();',
            text: 'See how much of it is WAL.',
            inTransaction: true,
          },
          { text: 'Enlarge the volume, or move what may go.' },
        ],
        measuredBy: {
          language: 'promql',
          query: 'min by (instance, mountpoint) (node_filesystem_avail_bytes / node_filesystem_size_bytes)',
          now: row.diskFreeBytes / row.diskBytes,
          target: FREE,
          unit: 'share',
        },
        acceptance: `At least 15 % of the disk of ${row.host} is free`,
      }),
    );
    return { findings, examined: host.length };
  },
});
