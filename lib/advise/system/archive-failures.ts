import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';

export const archiveFailures = defineAdvisor({
  card: {
    id: 'archive-failures',
    area: 'system',
    title: 'WAL that cannot be archived',
    clear: 'The last WAL file was archived, or archiving is not used.',
    why: 'Until a file is archived it stays in pg_wal, which fills the disk; and what was not archived is missing from every later restore to a point in time.',
    source: 'PostgreSQL manual, 25.3.1 Setting up WAL archiving; 27.2 pg_stat_archiver',
    thresholds: [
      {
        name: 'last failure',
        value: 'later than the last success',
        reason: 'a failure that a retry has mended is none',
      },
    ],
  },
  needs: { server: ['walArchiveFailures'] },
  advise({ server }) {
    const findings = server.flatMap((row) => {
      const { lastArchiveFailureAt: failed, lastArchivedAt: archived = 0 } = row;
      if (failed === undefined || failed <= archived) return [];
      return riskFinding({
        subject: { setting: 'archive_command' },
        title: 'Mend WAL archiving: its last try failed',
        evidence: [
          {
            label: 'Last failure',
            value: failed,
            unit: 'unix-s',
            source: 'pg_stat_archiver.last_failed_time',
          },
          row.lastArchivedAt === undefined
            ? { label: 'Last success', value: 'never', source: 'pg_stat_archiver.last_archived_time' }
            : {
                label: 'Last success',
                value: row.lastArchivedAt,
                unit: 'unix-s',
                source: 'pg_stat_archiver.last_archived_time',
              },
          ...(row.walArchiveFailures === undefined
            ? []
            : [
                {
                  label: 'Failures in the window',
                  value: row.walArchiveFailures,
                  unit: 'count',
                  source: 'pg_stat_archiver.failed_count',
                } as const,
              ]),
        ],
        approach:
          'Read the server’s log for the output of archive_command, mend what it names (rights, space, network, a file that is there already), and watch pg_wal shrink.',
        basis: 'Averts a full disk and a gap in the backups.',
        confidence: 'high',
        averts: 'outage',
        steps: [
          {
            sql: 'SELECT archived_count, last_archived_wal, last_archived_time, failed_count, last_failed_wal, last_failed_time FROM pg_stat_archiver;',
            text: 'See which file it cannot archive, and since when.',
            inTransaction: true,
          },
          { text: 'Run the archive_command by hand for that file, as the server’s user, and mend what it says.' },
        ],
        acceptance: 'last_archived_time of pg_stat_archiver is later than last_failed_time',
      });
    });
    return { findings, examined: server.length };
  },
});
