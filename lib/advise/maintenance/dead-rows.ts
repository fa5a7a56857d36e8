import type { DoneSign, Finding } from '../../model/finding.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { hadNoChance, looksSeldom, type Trigger, tooEarly, vacuumTrigger } from '../autovacuum.ts';
import {
  isOurs,
  isVacuumed,
  lookBeforeVacuum,
  nameOf,
  rolledUp,
  standbyIsBlind,
  storageRollback,
  storageStep,
  subjectOf,
  vacuumAtTwoPercent,
  vacuumStep,
} from '../upkeep.ts';
import { approaches, causeOf } from '../vacuum-cause.ts';
import { about, percent, plural } from '../words.ts';

const OVER_TRIGGER = 1.5;
const DEAD_FLOOR = 10_000;
const MOST = 10;

type Counted = With<'table', 'liveRows' | 'deadRows'>;

export const deadRows = defineAdvisor({
  card: {
    id: 'dead-rows',
    area: 'maintenance',
    title: 'Dead rows above autovacuum’s own trigger',
    clear: 'No table keeps more dead rows than autovacuum’s own trigger allows.',
    why: 'Every scan reads dead rows too, and they keep index entries and pages in memory. Far above the trigger, autovacuum is off, starved, or not allowed to remove them.',
    source: 'PostgreSQL manual, 24.1.6 The Autovacuum Daemon',
    thresholds: [
      {
        name: 'dead rows ÷ trigger of the table',
        value: '≥ 1.5',
        reason: 'just above it a table only waits for the next round; the trigger counts the table’s own parameters',
      },
      { name: 'dead rows', value: '≥ 10,000', reason: 'fewer fit into some hundred pages and cost nothing to read' },
      {
        name: 'oldest idle transaction, or other holder of dead rows',
        value:
          '≥ 1 hour, or the whole window if that is 5 minutes or more; of a slot or standby ≥ 10 million transactions',
        reason: 'then nothing that died since can be removed, and tuning would not help',
      },
    ],
  },
  needs: { table: ['liveRows', 'deadRows'] },
  advise({ table }, { snapshot }) {
    const { server } = snapshot;
    const blind = standbyIsBlind(server);
    if (blind !== null) return { findings: [], examined: 0, blind };
    // No live rows: freshly loaded, emptied, or the counters were lost; a ratio would mean nothing.
    const judged = table.filter((row) => isOurs(row) && row.liveRows > 0);
    const over = judged
      .map((row) => ({ ...row, trigger: vacuumTrigger(row, server, row.liveRows) }))
      .filter((row) => row.deadRows >= DEAD_FLOOR && row.deadRows >= OVER_TRIGGER * row.trigger.rows)
      .sort((a, b) => b.deadRows - a.deadRows || (nameOf(a) < nameOf(b) ? -1 : 1));
    const early = hadNoChance(snapshot);
    const waiting = over.filter((row) => !isVacuumed(row, snapshot));
    const busy = over.length - waiting.length;
    const assumed = [...new Set(over.flatMap((row) => row.trigger.assumed))];
    const empty = table.length - table.filter((row) => row.liveRows > 0).length;
    return {
      findings: rolledUp(early === null ? waiting : [])
        .slice(0, MOST)
        .map(({ row, siblings }) => finding(row, row.trigger, siblings, snapshot)),
      examined: judged.length,
      caveats: [
        ...tooEarly(over.length, early),
        ...(busy > 0
          ? [`${plural(busy, 'table')} above the trigger ${busy === 1 ? 'was' : 'were'} being vacuumed.`]
          : []),
        ...(assumed.length > 0 ? [`Settings that could not be read were assumed: ${assumed.join(', ')}.`] : []),
        ...(judged.some((row) => row.storage === undefined)
          ? [
              'Storage parameters of the tables were not seen; a table with a trigger of its own was judged by the server’s.',
            ]
          : []),
        ...(empty > 0
          ? [`${plural(empty, 'table')} without live rows could not be judged; ANALYZE makes them visible.`]
          : []),
      ],
    };
  },
});

function finding(row: Counted, trigger: Trigger, siblings: number, snapshot: Snapshot): Finding {
  const cause = causeOf(row, snapshot);
  const tuning = ['held', 'pinned', 'seldom', 'off-everywhere', 'off-here'].includes(cause)
    ? null
    : vacuumAtTwoPercent(row.liveRows, trigger.rows);
  const vacuum = vacuumStep(row);
  const share = row.deadRows / (row.liveRows + row.deadRows);
  const many = siblings > 0 ? ` ${plural(siblings, 'more partition')} of ${row.partitionOf} need the same.` : '';
  return {
    subject: subjectOf(row),
    title:
      cause === 'held'
        ? `End the transaction that keeps ${about(row.deadRows)} dead rows in ${nameOf(row)}`
        : cause === 'pinned'
          ? `Release what keeps ${about(row.deadRows)} dead rows in ${nameOf(row)}`
          : `Remove ${about(row.deadRows)} dead rows from ${nameOf(row)}${cause === 'off-here' ? '' : ' and keep them away'}`,
    evidence: [
      { label: 'Dead rows', value: row.deadRows, unit: 'rows', source: 'pg_stat_user_tables.n_dead_tup' },
      { label: 'Live rows', value: row.liveRows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
      { label: 'Dead share', value: share, unit: 'share', source: 'pg_stat_user_tables' },
      { label: 'Autovacuum’s trigger', value: trigger.rows, unit: 'rows', source: triggerSource(trigger) },
      ...(row.autovacuums === undefined
        ? []
        : [
            {
              label: 'Autovacuum runs',
              value: row.autovacuums,
              unit: 'count',
              source: 'pg_stat_user_tables.autovacuum_count',
            } as const,
          ]),
      ...(row.lastAutovacuumAt === undefined
        ? []
        : [
            {
              label: 'Last autovacuum',
              value: row.lastAutovacuumAt,
              unit: 'unix-s',
              source: 'pg_stat_user_tables.last_autovacuum',
            } as const,
          ]),
    ],
    approach: approaches[cause] + many,
    benefit: {
      kind: 'risk',
      basis: `${percent(share)} of the rows a scan reads are dead. What that costs in time is not measured here; compare the statements of this table before and after.`,
      confidence:
        trigger.assumed.length > 0 || cause === 'unknown'
          ? 'low'
          : cause === 'held' || cause === 'pinned'
            ? 'medium'
            : 'high',
    },
    work: tuning === null ? 'vacuum' : 'change-storage',
    ...(vacuum.durationEstimate === undefined ? {} : { machineMinutes: vacuum.durationEstimate.likely / 60 }),
    risk: {
      level: 'low',
      technical: 'VACUUM changes no row that anybody can see. It needs no extra disk and can be cancelled.',
      business: 'None; reads and writes go on.',
      performance: 'It reads the table and its indexes once; start it in a quiet hour if the disk is near its limit.',
      mitigation:
        'Set vacuum_cost_delay = 2 in the session to slow it down. Do not use VACUUM FULL: it locks everybody out.',
      rollback: tuning === null ? [] : storageRollback(row, tuning.parameters),
    },
    steps: [
      ...(cause === 'off-here'
        ? [
            {
              text: 'Ask the table’s owner why autovacuum_enabled is false here, and leave it so until there is an answer.',
            },
          ]
        : []),
      ...lookBeforeVacuum(row),
      vacuum,
      ...(cause === 'seldom'
        ? [
            {
              text: `Set autovacuum_naptime, which is ${looksSeldom(snapshot.server)}, back to 1min: in postgresql.conf and a reload, or in the service’s parameter group.`,
            },
          ]
        : []),
      ...(cause === 'off-everywhere'
        ? [
            {
              text: 'Switch autovacuum on for the server: in postgresql.conf and a reload, or in the service’s parameter group.',
            },
          ]
        : []),
      ...(tuning === null
        ? []
        : [
            storageStep(
              row,
              tuning.parameters,
              `Let autovacuum come at about ${about(tuning.rows)} dead rows instead of ${about(trigger.rows)}.`,
            ),
          ]),
    ],
    maintenanceWindow: 'none needed',
    acceptance: `Dead rows of ${nameOf(row)} stay below ${about(tuning?.rows ?? trigger.rows)} on average`,
    done: doneSign(row, tuning !== null),
    gain: { kind: 'table-measure', database: row.database, schema: row.schema, table: row.table, measure: 'deadRows' },
  };
}

function triggerSource({ assumed, own }: Trigger): string {
  if (assumed.length > 0) return `assumed: ${assumed.join(', ')}`;
  return own ? 'storage parameters of the table and pg_settings' : 'pg_settings, autovacuum_vacuum_*';
}

function doneSign(row: Counted, tuned: boolean): DoneSign {
  // Without the former value a later run could not tell a change from what was there.
  if (!tuned || row.storage === undefined) return { kind: 'measure-moved' };
  const parameter = 'autovacuum_vacuum_scale_factor';
  const { database, schema, table } = row;
  return { kind: 'storage-changed', database, schema, table, parameter, from: row.storage[parameter] ?? null };
}
