import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { changeSetting, doneSign, numberOf } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';
import { about, bytes } from '../words.ts';

const SETTING = 'wal_buffers';
const PER_SECOND = 10;
/** A single load that is over is no reason for a setting. */
const LEAST = 100_000;
const SMALL = 16 * 1024 ** 2;
const WANTED = 64;

export const walBuffersFull = defineAdvisor({
  card: {
    id: 'wal-buffers-full',
    area: 'system',
    title: 'Sessions that write WAL because its buffers are full',
    clear: 'Sessions find room in the WAL buffers, or these are large already.',
    why: 'When the WAL buffers are full, whoever writes next has to empty them first, in the middle of its statement. The default, a 32nd of shared_buffers up to 16 MiB, is small for bulk writes of many sessions.',
    source: 'PostgreSQL manual, 19.5.1 wal_buffers; 27.2.25 pg_stat_wal: wal_buffers_full',
    thresholds: [
      {
        name: 'writes because buffers were full',
        value: '≥ 10 per second, and ≥ 100,000',
        reason: 'each is a disk write within a statement',
      },
      { name: 'wal_buffers', value: '≤ 16 MiB', reason: 'what is larger was set on purpose; beyond, it rarely helps' },
    ],
  },
  needs: { server: ['walBuffersFull'] },
  advise({ server }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'server');
    const now = numberOf(snapshot.server, SETTING);
    if (seconds === null || now === undefined) {
      const blind =
        'wal_buffers, or how long its overflows were counted, was not seen. Connect pg-hunt to PostgreSQL and run again.';
      return { findings: [], examined: 0, blind };
    }
    const findings = server
      .filter((row) => row.walBuffersFull >= LEAST && row.walBuffersFull / seconds >= PER_SECOND && now <= SMALL)
      .map((row) => {
        const change = changeSetting(row, SETTING, `${WANTED}MB`, true);
        return riskFinding({
          subject: { setting: SETTING },
          title: `Raise ${SETTING} to ${WANTED} MiB at the next restart`,
          evidence: [
            {
              label: 'Writes because buffers were full',
              value: row.walBuffersFull,
              unit: 'count',
              source: 'pg_stat_wal.wal_buffers_full',
            },
            { label: SETTING, value: now, unit: 'bytes', source: 'pg_settings' },
          ],
          approach: `The buffers of ${bytes(now)} were full ${about(row.walBuffersFull / seconds)} times a second. Raise them to ${WANTED} MiB with the next planned restart; it is not worth one of its own unless the writes are bulk loads that must be quicker.`,
          basis:
            'Averts disk writes in the middle of statements. How long they took is counted only with track_wal_io_timing.',
          work: 'change-setting',
          steps: change.steps,
          risk: {
            level: 'medium',
            technical: 'It takes a restart, which ends all connections.',
            business: 'Seconds to minutes without the database, unless it goes along with a planned restart.',
            performance: 'After the restart the cache is cold for a while.',
            mitigation: 'Let it go along with the next minor upgrade.',
            rollback: change.rollback,
          },
          maintenanceWindow: change.maintenanceWindow,
          acceptance: `wal_buffers_full grows by fewer than ${PER_SECOND} a second at the same load`,
          measuredBy: { language: 'sql', query: 'SELECT wal_buffers_full, stats_reset FROM pg_stat_wal;' },
          done: doneSign(row, SETTING),
        });
      });
    return { findings, examined: server.length };
  },
});
