import type { Finding } from '../../model/finding.ts';
import type { TableRow } from '../../model/rows.ts';
import { spanSeconds } from '../../model/snapshot.ts';
import { WEEK_SECONDS } from '../../model/units.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { switchedOffHere, vacuumTrigger } from '../autovacuum.ts';
import {
  isOurs,
  nameOf,
  rolledUp,
  standbyIsBlind,
  storageRollback,
  storageStep,
  subjectOf,
  vacuumAtTwoPercent,
} from '../upkeep.ts';
import { about, bytes, plural } from '../words.ts';

const DEAD_ROWS = 1_000_000;
const DEAD_BYTES = 1024 ** 3;
const CHURN_PER_WEEK = 0.05;
const MOST = 10;

type Counted = With<'table', 'liveRows'>;

export const defaultVacuumSettingsOnLargeTables = defineAdvisor({
  card: {
    id: 'default-vacuum-settings-on-large-tables',
    area: 'maintenance',
    title: 'Large tables on the server’s vacuum settings',
    clear: 'No large, changing table waits for a share of its rows to die before it is vacuumed.',
    why: 'The default trigger is a share of the rows. On a large table that is so many dead rows that each vacuum is rare, long and late.',
    source: 'PostgreSQL manual, 19.10 Automatic Vacuuming; CREATE TABLE, Storage Parameters',
    thresholds: [
      {
        name: 'rows that must die before a vacuum',
        value: '≥ 1,000,000, or rows of 1 GiB',
        reason:
          'at default settings 5 million rows or 5 GiB: from there one vacuum is minutes of reading instead of seconds',
      },
      {
        name: 'rows updated or deleted in a week',
        value: '≥ 5 % of the rows',
        reason: 'a table that hardly dies needs no earlier vacuum; scales with the window',
      },
    ],
  },
  needs: { table: ['liveRows'] },
  advise({ table }, { snapshot }) {
    const { server } = snapshot;
    const ours = table.filter((row) => isOurs(row) && row.liveRows > 0);
    const blind = standbyIsBlind(server) ?? unseenStorage(ours);
    if (blind !== null) return { findings: [], examined: 0, blind };
    const seconds = spanSeconds(snapshot, 'table');
    const judged = ours.filter((row) => row.storage !== undefined && !switchedOffHere(row));
    const large = judged
      .map((row) => ({
        ...row,
        trigger: vacuumTrigger(row, server, row.liveRows),
        churn: seconds === null ? null : churnPerWeek(row, seconds),
      }))
      .filter(({ trigger }) => !trigger.own)
      .filter((row) => row.trigger.rows >= DEAD_ROWS || deadBytes(row, row.trigger.rows) >= DEAD_BYTES)
      .filter((row) => row.churn === null || row.churn >= CHURN_PER_WEEK)
      .sort((a, b) => b.trigger.rows - a.trigger.rows || (nameOf(a) < nameOf(b) ? -1 : 1));
    const assumed = [...new Set(large.flatMap((row) => row.trigger.assumed))];
    return {
      findings: rolledUp(large)
        .flatMap(({ row, siblings }) => finding(row, row.trigger.rows, row.churn, siblings))
        .slice(0, MOST),
      examined: judged.length,
      caveats: assumed.length > 0 ? [`Settings that could not be read were assumed: ${assumed.join(', ')}.`] : [],
    };
  },
});

/** A table that has been tuned looks like one that has not, as long as nobody shows its parameters. */
function unseenStorage(rows: readonly TableRow[]): string | null {
  if (rows.some((row) => row.storage !== undefined)) return null;
  return 'The tables’ storage parameters were not seen, so tuned tables cannot be told from others. Give the hunt a PostgreSQL connection.';
}

/** Share of the rows that die in a week; null when nobody counted. Inserts kill nothing. */
function churnPerWeek(row: Counted, seconds: number): number | null {
  if (row.rowsUpdated === undefined || row.rowsDeleted === undefined) return null;
  return (((row.rowsUpdated + row.rowsDeleted) / row.liveRows) * WEEK_SECONDS) / seconds;
}

function deadBytes(row: Counted, rows: number): number {
  return row.heapBytes === undefined ? 0 : (row.heapBytes / row.liveRows) * rows;
}

function finding(row: Counted, trigger: number, churn: number | null, siblings: number): readonly Finding[] {
  const tuning = vacuumAtTwoPercent(row.liveRows, trigger);
  if (tuning === null) return [];
  const waste = deadBytes(row, trigger);
  const many = siblings > 0 ? ` ${plural(siblings, 'more partition')} of ${row.partitionOf} need the same.` : '';
  const { database, schema, table } = row;
  return [
    {
      subject: subjectOf(row),
      title: `Vacuum ${nameOf(row)} earlier than at ${about(trigger)} dead rows`,
      evidence: [
        { label: 'Live rows', value: row.liveRows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
        {
          label: 'Dead rows before a vacuum',
          value: trigger,
          unit: 'rows',
          source: 'pg_settings, autovacuum_vacuum_*',
        },
        ...(row.heapBytes === undefined
          ? []
          : [{ label: 'Table size', value: row.heapBytes, unit: 'bytes', source: 'pg_table_size' } as const]),
        ...(churn === null
          ? []
          : [
              {
                label: 'Rows updated or deleted in a week, of all',
                value: Math.min(1, churn),
                unit: 'share',
                source: 'pg_stat_user_tables',
              } as const,
            ]),
      ],
      approach: `Give the table a trigger of its own at about 2 % of its rows. Each vacuum is then shorter, and the total work hardly grows, because pages without dead rows are skipped.${many}`,
      benefit: {
        kind: 'risk',
        basis: `Before each vacuum up to ${about(trigger)} rows${waste >= 1024 ** 2 ? `, about ${bytes(waste)},` : ''} lie dead among the living. What scans lose by that is not measured here.`,
        confidence: churn === null ? 'low' : 'medium',
      },
      work: 'change-storage',
      risk: {
        level: 'low',
        technical:
          'It changes when autovacuum comes, nothing else. A running autovacuum of this table is cancelled once.',
        business: 'None; reads and writes go on.',
        performance: 'More frequent and shorter vacuums; every index of the table is read each time.',
        mitigation:
          'Watch the workers for a week; if all are busy, raise autovacuum_vacuum_cost_limit, which they share.',
        rollback: storageRollback(row, tuning.parameters),
      },
      steps: [
        storageStep(
          row,
          tuning.parameters,
          `Let autovacuum come at about ${about(tuning.rows)} dead rows instead of ${about(trigger)}.`,
        ),
      ],
      maintenanceWindow: 'none needed',
      acceptance: `Dead rows of ${nameOf(row)} stay below ${about(tuning.rows)} on average`,
      done: {
        kind: 'storage-changed',
        database,
        schema,
        table,
        parameter: 'autovacuum_vacuum_scale_factor',
        from: row.storage?.autovacuum_vacuum_scale_factor ?? null,
      },
      gain: { kind: 'table-measure', database, schema, table, measure: 'deadRows' },
    },
  ];
}
