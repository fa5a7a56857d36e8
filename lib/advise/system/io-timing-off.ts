import { defineAdvisor } from '../advisor.ts';
import { changeSetting, doneSign, serverSetting } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';

const SETTING = 'track_io_timing';
const READS = 1_000_000;

export const ioTimingOff = defineAdvisor({
  card: {
    id: 'io-timing-off',
    area: 'system',
    title: 'Time spent on the disk is not measured',
    clear: 'The time of reads and writes is measured, or hardly anything is read.',
    why: 'Blocks “read” may come from the operating system’s cache in microseconds or from a disk in milliseconds; only the time tells whether memory or storage is worth money.',
    source: 'PostgreSQL manual, 19.9.1 track_io_timing; pg_test_timing',
    thresholds: [
      { name: 'setting', value: 'off', reason: 'a fact of the settings' },
      {
        name: 'blocks read',
        value: '≥ 1,000,000 in the window',
        reason: 'where little is read there is nothing to time',
      },
    ],
  },
  needs: { database: ['blocksRead'] },
  advise({ database }, { snapshot: { server } }) {
    const setting = serverSetting(server, SETTING);
    if (setting === undefined) {
      return {
        findings: [],
        examined: 0,
        blind: `${SETTING} could not be read. Connect pg-hunt to PostgreSQL, or use an exporter that exports settings.`,
      };
    }
    const read = database.reduce((sum, row) => sum + row.blocksRead, 0);
    if (setting.value !== false || read < READS) return { findings: [], examined: 1 };
    const change = changeSetting(server, SETTING, 'on', false);
    const finding = riskFinding({
      subject: { setting: SETTING },
      title: `Measure the time of reads and writes (${SETTING})`,
      evidence: [
        { label: SETTING, value: 'off', source: 'pg_settings' },
        { label: 'Blocks read', value: read, unit: 'blocks', source: 'pg_stat_database.blks_read' },
      ],
      approach:
        'Switch it on: on today’s machines reading the clock costs some ten nanoseconds. pg_test_timing on the server shows it; below 100 ns it is not felt.',
      basis: 'Lets the next report tell a slow disk from a small cache. No time is saved by itself.',
      confidence: 'high',
      work: 'change-setting',
      steps: change.steps,
      risk: { rollback: change.rollback, technical: 'None but on virtual machines with a slow clock source.' },
      maintenanceWindow: change.maintenanceWindow,
      measuredBy: { language: 'sql', query: 'SELECT datname, blk_read_time, blks_read FROM pg_stat_database;' },
      acceptance: 'pg_stat_database.blk_read_time grows',
      done: doneSign(server, SETTING),
    });
    return { findings: [finding], examined: 1 };
  },
});
