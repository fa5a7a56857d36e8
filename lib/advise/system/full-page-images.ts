import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { changeSetting, doneSign, serverSetting } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';
import { bytes, percent } from '../words.ts';

const SHARE = 0.5;
const PER_DAY = 20 * 1024 ** 3;
const BLOCK = 8192;

export const fullPageImages = defineAdvisor({
  card: {
    id: 'full-page-images',
    area: 'system',
    title: 'WAL that consists mostly of whole pages',
    clear: 'Whole-page images are less than half of the WAL, or there is little WAL.',
    why: 'The first change of a page after each checkpoint writes the whole page to WAL. Frequent checkpoints multiply that, and archives and replicas carry it along; compression takes most of it away.',
    source: 'PostgreSQL manual, 28.5 WAL configuration; 19.5.1 wal_compression',
    thresholds: [
      {
        name: 'whole pages ÷ WAL',
        value: '≥ 50 %, as if uncompressed',
        reason: 'below it changes themselves are the larger part',
      },
      { name: 'WAL a day', value: '≥ 20 GiB', reason: 'less is cheap to write, keep and send' },
    ],
  },
  needs: { server: ['walBytes', 'walFullPageImages'] },
  advise({ server }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'server');
    const compression = serverSetting(snapshot.server, 'wal_compression');
    if (seconds === null || compression === undefined) {
      const blind =
        seconds === null
          ? 'It is not known how long the WAL has been counted. Run again: the next run subtracts this one.'
          : 'wal_compression could not be read. Connect pg-hunt to PostgreSQL.';
      return { findings: [], examined: 0, blind };
    }
    const off = compression.value === false || compression.value === 'off';
    const heavy = server.filter(
      (row) =>
        off &&
        row.walBytes > 0 &&
        (row.walFullPageImages * BLOCK) / row.walBytes >= SHARE &&
        (row.walBytes / seconds) * 86_400 >= PER_DAY,
    );
    const findings = heavy.map((row) => {
      const share = Math.min(1, (row.walFullPageImages * BLOCK) / row.walBytes);
      // Of less than a day, a day's WAL would be made up.
      const all = seconds < 86_400 ? 'it' : `${bytes((row.walBytes / seconds) * 86_400)} a day`;
      const change = changeSetting(row, 'wal_compression', 'on', false);
      return riskFinding({
        subject: { setting: 'wal_compression' },
        title: `Compress the whole pages in WAL, ${percent(share)} of ${all}`,
        evidence: [
          { label: 'WAL in the window', value: row.walBytes, unit: 'bytes', source: 'pg_stat_wal.wal_bytes' },
          { label: 'Whole pages', value: row.walFullPageImages, unit: 'count', source: 'pg_stat_wal.wal_fpi' },
          { label: 'Their share at most', value: share, unit: 'share', source: 'wal_fpi × 8 KiB ÷ wal_bytes' },
          { label: 'wal_compression', value: 'off', source: 'pg_settings' },
        ],
        approach: `Switch wal_compression on (pglz; since PostgreSQL 15, lz4 is cheaper where the build has it): it costs a little processor time per page and takes typically half to two thirds of these images away. Fewer checkpoints (max_wal_size, checkpoint_timeout) spare them altogether.`,
        basis:
          'Fewer bytes to write, archive and send to replicas. How well the pages compress is not known before; time saved is not counted.',
        confidence: 'medium',
        work: 'change-setting',
        steps: change.steps,
        risk: {
          technical: 'Recovery and standbys unpack what was compressed; what the WAL says stays the same.',
          performance: 'Some processor time for each first change of a page after a checkpoint.',
          rollback: change.rollback,
        },
        maintenanceWindow: change.maintenanceWindow,
        measuredBy: { language: 'sql', query: 'SELECT wal_bytes, wal_fpi, wal_records, stats_reset FROM pg_stat_wal;' },
        acceptance: 'The WAL written a day (pg_stat_wal.wal_bytes) falls at the same load',
        done: doneSign(row, 'wal_compression'),
      });
    });
    return { findings, examined: server.length };
  },
});
