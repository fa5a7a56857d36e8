import type { Finding } from '../../model/finding.ts';
import type { TableRow } from '../../model/rows.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import {
  analyzeTrigger,
  hadNoChance,
  looksSeldom,
  switchedOffEverywhere,
  switchedOffHere,
  tooEarly,
} from '../autovacuum.ts';
import { analyzeStep, isOurs, isUnseen, nameOf, rolledUp, standbyIsBlind, subjectOf } from '../upkeep.ts';
import { about, percent, plural } from '../words.ts';

const OVER_TRIGGER = 1.5;
const MODIFIED_FLOOR = 1_000;
const FRESH_SECONDS = 3600;
const PARENT_CHANGED_SHARE = 0.1;
const MOST = 10;

type Counted = With<'table', 'liveRows' | 'modifiedSinceAnalyze'>;

export const staleStatistics = defineAdvisor({
  card: {
    id: 'stale-statistics',
    area: 'maintenance',
    title: 'Planner statistics that no longer fit the data',
    clear: 'Every table was analysed after its last large change.',
    why: 'The planner guesses row counts from these statistics. Where they are old, it picks plans for data that is gone.',
    source: 'PostgreSQL manual, 24.1.3 Updating Planner Statistics; 14.2 Statistics Used by the Planner',
    thresholds: [
      {
        name: 'rows modified since ANALYZE ÷ trigger of the table',
        value: '≥ 1.5',
        reason: 'just above it a table only waits for the next round; an old ANALYZE without changes is not stale',
      },
      {
        name: 'rows modified since ANALYZE',
        value: '≥ 1,000',
        reason: 'fewer cannot move the planner’s histogram of a real table',
      },
      {
        name: 'last ANALYZE',
        value: 'over 1 hour ago, or never',
        reason: 'a load that just ended is analysed within minutes',
      },
      {
        name: 'changed rows of a partitioned table',
        value: '≥ 10 % since its parent was analysed',
        reason: 'autovacuum never analyses the parent, so nobody else does; 10 % is its own default for tables',
      },
    ],
  },
  needs: { table: ['liveRows', 'modifiedSinceAnalyze'] },
  advise({ table }, { snapshot }) {
    const { server } = snapshot;
    const blind = standbyIsBlind(server);
    if (blind !== null) return { findings: [], examined: 0, blind };
    const plain = table.filter((row) => isOurs(row) && row.liveRows > 0);
    const end = Date.parse(snapshot.window.end) / 1000;
    const stale = plain
      .map((row) => ({ ...row, trigger: analyzeTrigger(row, server, row.liveRows) }))
      .filter((row) => row.modifiedSinceAnalyze >= MODIFIED_FLOOR)
      .filter((row) => row.modifiedSinceAnalyze >= OVER_TRIGGER * row.trigger.rows)
      .filter((row) => end - (lastAnalyzedAt(row) ?? 0) > FRESH_SECONDS)
      .sort((a, b) => b.modifiedSinceAnalyze / b.liveRows - a.modifiedSinceAnalyze / a.liveRows || byName(a, b));
    const early = hadNoChance(snapshot);
    const parents = snapshot.tables.filter((row) => row.partitioned === true && row.extension === undefined);
    const assumed = [...new Set(stale.flatMap((row) => row.trigger.assumed))];
    return {
      findings: [
        ...rolledUp(early === null ? stale : [])
          .slice(0, MOST)
          .map(({ row, siblings }) => staleFinding(row, row.trigger.rows, siblings, snapshot)),
        ...parents.flatMap((parent) => parentFinding(parent, snapshot)),
      ],
      examined: plain.length + parents.length,
      caveats: [
        ...tooEarly(stale.length, early),
        ...(assumed.length > 0 ? [`Settings that could not be read were assumed: ${assumed.join(', ')}.`] : []),
      ],
    };
  },
});

function staleFinding(row: Counted, trigger: number, siblings: number, snapshot: Snapshot): Finding {
  const share = Math.min(1, row.modifiedSinceAnalyze / row.liveRows);
  const last = lastAnalyzedAt(row);
  const unseen = last === undefined && isUnseen(snapshot, 'table', 'lastAutoanalyzeAt');
  const off = switchedOffHere(row)
    ? ' Autovacuum, which also analyses, is switched off for this table on purpose: ask its owner for an ANALYZE after each load.'
    : switchedOffEverywhere(snapshot.server)
      ? ' Autovacuum, which also analyses, is switched off for the whole server: switch it on, or this comes back.'
      : looksSeldom(snapshot.server) !== null
        ? ` Autovacuum, which also analyses, looks only once in ${looksSeldom(snapshot.server)}: set autovacuum_naptime back to 1min, or this comes back.`
        : ' If it comes back, autovacuum does not get to this table: look for long locks on it and for busy workers.';
  const many = siblings > 0 ? ` ${plural(siblings, 'more partition')} of ${row.partitionOf} need the same.` : '';
  return {
    ...common(row),
    title: `Refresh the planner statistics of ${nameOf(row)}`,
    evidence: [
      {
        label: 'Rows modified since ANALYZE',
        value: row.modifiedSinceAnalyze,
        unit: 'rows',
        source: 'pg_stat_user_tables.n_mod_since_analyze',
      },
      { label: 'Live rows', value: row.liveRows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
      {
        label: 'Trigger of automatic ANALYZE',
        value: trigger,
        unit: 'rows',
        source: 'pg_settings, autovacuum_analyze_*',
      },
      last === undefined
        ? {
            label: 'Last ANALYZE',
            value: unseen ? 'not seen' : 'never since the statistics began',
            source: 'pg_stat_user_tables.last_analyze',
          }
        : { label: 'Last ANALYZE', value: last, unit: 'unix-s', source: 'pg_stat_user_tables.last_(auto)analyze' },
    ],
    approach: `${percent(share)} of the rows changed since the statistics were taken. Analyse once now.${off}${many}`,
    steps: [analyzeStep(row, 'Take new statistics; plans use them from the next statement on.')],
    acceptance: `Rows modified since ANALYZE of ${nameOf(row)} stay below ${about(trigger)}`,
  };
}

/** Statistics of a partitioned parent are used for joins and groups over all partitions, and only ANALYZE by hand makes them. */
function parentFinding(parent: TableRow, snapshot: Snapshot): readonly Finding[] {
  const children = snapshot.tables.filter(
    (row) => row.database === parent.database && row.partitionOf === nameOf(parent) && row.liveRows !== undefined,
  );
  const live = sum(children, (row) => row.liveRows);
  const changed = sum(children, (row) => (row.rowsInserted ?? 0) + (row.rowsUpdated ?? 0) + (row.rowsDeleted ?? 0));
  const start = Date.parse(snapshot.spans.table?.start ?? snapshot.window.start) / 1000;
  const never = parent.lastAnalyzeAt === undefined;
  if (live < MODIFIED_FLOOR || (never && !lacksStatistics(parent, children))) return [];
  if (!never && ((parent.lastAnalyzeAt ?? 0) >= start || changed < PARENT_CHANGED_SHARE * live)) return [];
  return [
    {
      ...common(parent),
      title: `Analyse the partitioned table ${nameOf(parent)} on a schedule`,
      evidence: [
        { label: 'Live rows in its partitions', value: live, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
        { label: 'Rows changed in the window', value: changed, unit: 'rows', source: 'pg_stat_user_tables' },
        never
          ? {
              label: 'Last ANALYZE',
              value: 'never',
              source: 'pg_stats has nothing on it',
            }
          : {
              label: 'Last ANALYZE',
              value: parent.lastAnalyzeAt ?? 0,
              unit: 'unix-s',
              source: 'pg_stat_user_tables.last_analyze',
            },
      ],
      approach: `Autovacuum analyses the ${plural(children.length, 'partition')} but never the parent, whose statistics joins and groups over all of them rely on. Run ANALYZE on it now and from a scheduler, once a day or after each load.`,
      steps: [
        analyzeStep(parent, 'Take statistics of the whole; it samples every partition as well.'),
        { text: 'Put the same command into the scheduler that runs your nightly jobs.' },
      ],
      acceptance: `last_analyze of ${nameOf(parent)} is never older than a day`,
    },
  ];
}

/**
 * Not every source tells when a parent was analysed, but a parent without column statistics never was. Statistics of a
 * partition prove that the role may see any.
 */
function lacksStatistics(parent: TableRow, children: readonly TableRow[]): boolean {
  const seen = (row: TableRow) => row.columns?.some((column) => column.distinct !== undefined) ?? false;
  return (
    parent.columnStatistics === undefined && (parent.columns ?? []).length > 0 && !seen(parent) && children.some(seen)
  );
}

function common(row: TableRow): Omit<Finding, 'title' | 'evidence' | 'approach' | 'steps' | 'acceptance'> {
  return {
    subject: subjectOf(row),
    benefit: {
      kind: 'risk',
      basis:
        'Plans chosen on old row counts can be wrong by orders of magnitude. Which statements are hit is not known before.',
      confidence: 'medium',
    },
    work: 'analyze',
    risk: {
      level: 'low',
      technical: 'ANALYZE only writes statistics.',
      business: 'None; reads and writes go on.',
      performance: 'A plan may change, mostly for the better; watch the statements of this table for a day.',
      mitigation: 'There is nothing to roll back: the next ANALYZE replaces the statistics.',
      rollback: [],
    },
    maintenanceWindow: 'none needed',
    done: { kind: 'measure-moved' },
    gain: {
      kind: 'table-measure',
      database: row.database,
      schema: row.schema,
      table: row.table,
      measure: 'modifiedSinceAnalyze',
    },
  };
}

function lastAnalyzedAt(row: TableRow): number | undefined {
  const known = [row.lastAnalyzeAt, row.lastAutoanalyzeAt].filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function byName(a: TableRow, b: TableRow): number {
  return JSON.stringify(subjectOf(a)) < JSON.stringify(subjectOf(b)) ? -1 : 1;
}

function sum(rows: readonly TableRow[], of: (row: TableRow) => number | undefined): number {
  return rows.reduce((total, row) => total + (of(row) ?? 0), 0);
}
