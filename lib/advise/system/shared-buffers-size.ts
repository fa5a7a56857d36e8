import { databaseTimeMs } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { readsWereTimed } from '../cache-advice.ts';
import { changeSetting, doneSign, numberOf, waitsCaveat, waitsForRestart } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';
import { bytes, percent } from '../words.ts';

const SMALL = 0.15;
const WANTED = 0.25;
const LARGE = 0.5;
const MOST = 64 * 1024 ** 3;
const MIB = 1024 ** 2;
const READ_TIME_SHARE = 0.1;

export const sharedBuffersSize = defineAdvisor({
  card: {
    id: 'shared-buffers-size',
    area: 'system',
    title: 'shared_buffers that does not fit the memory of the machine',
    clear: 'shared_buffers fits the machine, or reads cost too little time to matter.',
    why: 'The default of 128 MB is for laptops. A quarter of the memory is where to begin; more than half leaves too little for sorts, connections and the operating system’s cache.',
    source: 'PostgreSQL manual, 19.4.1 shared_buffers',
    thresholds: [
      {
        name: 'too small',
        value: '< 15 % of memory, < 64 GiB, and reads ≥ 10 % of database time',
        reason: 'a small cache that costs no time needs no restart',
      },
      {
        name: 'too large',
        value: '> 50 % of memory',
        reason: 'the same pages are then kept twice, and nothing is left for work_mem',
      },
    ],
  },
  needs: { host: ['memoryBytes'], database: ['sizeBytes'] },
  advise({ host, database }, { snapshot }) {
    const { server, statements } = snapshot;
    const now = numberOf(server, 'shared_buffers');
    const [machine, ...others] = host;
    if (now === undefined || machine === undefined || machine.memoryBytes <= 0 || others.length > 0) {
      const blind =
        now === undefined
          ? 'shared_buffers could not be read. Connect pg-hunt to PostgreSQL, or use an exporter that exports settings.'
          : others.length > 0
            ? 'Which of several machines the server runs on is not known.'
            : 'The memory of the machine was reported as zero. Look at what its exporter says.';
      return { findings: [], examined: 0, blind };
    }
    // Aurora sizes it itself and has no cache of the operating system below.
    if (server.platform === 'aurora')
      return {
        findings: [],
        examined: 1,
        caveats: ['On Aurora the default, three quarters of memory, is right; it was not judged.'],
      };
    if (waitsForRestart(server, 'shared_buffers'))
      return { findings: [], examined: 1, caveats: [waitsCaveat('shared_buffers')] };
    const share = now / machine.memoryBytes;
    const data = database.reduce((sum, row) => sum + row.sizeBytes, 0);
    const total = databaseTimeMs(snapshot);
    const timed = statements.filter((row) => row.blockReadTimeMs !== undefined && row.totalTimeMs !== undefined);
    const reading =
      total === null || !readsWereTimed(snapshot)
        ? null
        : timed.reduce((sum, row) => sum + (row.blockReadTimeMs ?? 0), 0) / Math.max(1, total);
    const caveats =
      reading === null && share < SMALL
        ? [
            'How much time reads take is not measured (track_io_timing), so a small shared_buffers was not held against the server.',
          ]
        : [];
    const small = share < SMALL && now < MOST && data > now && reading !== null && reading >= READ_TIME_SHARE;
    const large = share > LARGE;
    if (!small && !large) return { findings: [], examined: 1, caveats };
    const wanted = Math.min(MOST, Math.round((machine.memoryBytes * WANTED) / MIB / 64) * 64 * MIB);
    const to = `${wanted / MIB}MB`;
    const change = changeSetting(server, 'shared_buffers', to, true);
    const finding = riskFinding({
      subject: { setting: 'shared_buffers' },
      title: `${small ? 'Raise' : 'Lower'} shared_buffers to ${to}, a quarter of the memory`,
      evidence: [
        { label: 'shared_buffers', value: now, unit: 'bytes', source: 'pg_settings' },
        { label: 'Memory of the machine', value: machine.memoryBytes, unit: 'bytes', source: 'host metrics' },
        { label: 'Share', value: share, unit: 'share', source: 'shared_buffers ÷ memory' },
        { label: 'Size of all databases', value: data, unit: 'bytes', source: 'pg_database_size' },
        ...(reading === null
          ? []
          : [
              {
                label: 'Reads ÷ database time',
                value: Math.min(1, reading),
                unit: 'share',
                source: 'pg_stat_statements, block read time',
              } as const,
            ]),
      ],
      approach: small
        ? `${bytes(now)} are ${percent(share)} of the memory while reads take ${percent(Math.min(1, reading ?? 0))} of the database time. Set a quarter of the memory and look at the read time again after a week; go further only if it fell.`
        : `${bytes(now)} are ${percent(share)} of the memory. What sorts, sessions and the operating system need has to fit into the rest.`,
      basis: small
        ? 'What of the read time goes is not predicted: it depends on how often the same pages are read again.'
        : 'Averts the operating system’s out-of-memory killer, which restarts the server.',
      confidence: 'medium',
      ...(large ? { averts: 'outage' as const } : {}),
      work: 'change-setting',
      steps: change.steps,
      risk: {
        level: 'medium',
        technical:
          'The new value takes a restart; with huge pages the kernel’s number has to be raised first, or the server does not start.',
        business:
          'Seconds to minutes without connections; the first minutes afterwards are slow, as the cache is empty.',
        mitigation: 'Restart in the maintenance window and prewarm the largest tables (pg_prewarm).',
        rollback: change.rollback,
      },
      maintenanceWindow: change.maintenanceWindow,
      acceptance: small
        ? 'The read time as a share of the database time falls over a full week'
        : 'The memory that programs can still get stays above 10 %',
      done: doneSign(server, 'shared_buffers'),
    });
    return { findings: [finding], examined: 1, caveats };
  },
});
