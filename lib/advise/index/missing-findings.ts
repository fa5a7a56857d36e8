/** The words of missing-indexes: an index to create, or a table to look at where nobody can say which index. */
import type { Evidence, Finding } from '../../model/finding.ts';
import type { IndexRow } from '../../model/rows.ts';
import type { Context } from '../advisor.ts';
import { indexesOf, statementsNaming } from '../lookup.ts';
import { about, listed, percent, plural } from '../words.ts';
import { type Design, described } from './design.ts';
import { takenOver } from './extension.ts';
import { builtOn } from './partitioned.ts';
import { type HeavyTable, type Price, type Proposal, writeCostMs } from './proposals.ts';
import { LOOKUP_MS } from './saved-share.ts';

const SHOWN_STATEMENTS = 3;

function tableEvidence(table: HeavyTable): readonly Evidence[] {
  const source = 'pg_stat_user_tables';
  return [
    {
      label: 'Rows read sequentially',
      value: table.sequentialRowsRead,
      unit: 'rows',
      source: `${source}.seq_tup_read`,
    },
    ...(table.sequentialScans === undefined
      ? []
      : [
          {
            label: 'Sequential scans',
            value: table.sequentialScans,
            unit: 'count',
            source: `${source}.seq_scan`,
          } as const,
        ]),
    { label: 'Rows in the table', value: table.liveRows, unit: 'rows', source: `${source}.n_live_tup` },
    ...(table.heapBytes === undefined
      ? []
      : [{ label: 'Size of the table', value: table.heapBytes, unit: 'bytes', source: 'pg_table_size' } as const]),
  ];
}

/** Honest about what a cost is. */
function plannerBasis({ costShare, asked, using, hurt }: Price): string {
  const dearer =
    hurt.length === 0 ? '' : ` ${plural(hurt.length, 'other statement')} would cost more, less than is saved.`;
  return `Shown to the planner with HypoPG, ${using} of ${plural(asked, 'statement')} would use it, and ${percent(costShare)} of their planner cost goes away.${dearer} Cost is not time: where the model from rows promises less, that counts. `;
}

/** Why it looks as it does, where that is not plain. */
function words({ keys, where, include }: Design): string {
  const all = [
    keys.length > 1 ? 'Columns compared for equality come first, then those that order or bound the result.' : null,
    where.length > 0
      ? 'It holds only the rows that these statements always ask for, which is a fraction of them; a statement without that condition cannot use it, and an update that makes the condition true or false cannot be HOT.'
      : null,
    include.length > 0
      ? 'The columns it includes are all that the statements read besides, so the table itself is not read where VACUUM has marked its pages.'
      : null,
  ];
  return all.map((sentence) => (sentence === null ? '' : ` ${sentence}`)).join('');
}

/** The drop is a decision of its own, taken when the new index is there: duplicate-indexes sees it then. */
function instead(replaced: readonly IndexRow[]): string {
  if (replaced.length === 0) return '';
  const names = listed(replaced.map(({ index }) => index));
  return ` It extends ${names}: whatever ${replaced.length === 1 ? 'that one answers' : 'those answer'}, it answers too. An index cannot be extended in place, so build this one first; the next run that sees it valid advises dropping ${names}.`;
}

/** `nth`: of the new indexes on the same columns. */
export function createFinding(
  proposal: Proposal,
  table: HeavyTable,
  { snapshot, parse }: Context,
  nth: number,
): Finding {
  const { design, candidates, reduces, confirmed, price } = proposal;
  const built = builtOn(table, design, snapshot, nth);
  const shown = described(design);
  const replaced = takenOver(design, indexesOf(snapshot.indexes, table));
  const name = `${table.schema}.${table.table}`;
  const statements = [...new Set(candidates.map(({ row }) => row.statement))].sort();
  const kept = Math.max(...candidates.map(({ selectivity }) => selectivity));
  const here = statementsNaming(snapshot.statements, table);
  const cost = writeCostMs(proposal, { table, statements: here, parse });
  const calls = candidates.reduce((total, { row }) => total + (row.calls ?? 0), 0);
  return {
    subject: { database: table.database, schema: table.schema, table: table.table, index: built.name },
    title: `Create an index on ${name} ${shown}`,
    evidence: [
      ...tableEvidence(table),
      {
        label: 'Execution time of its statements',
        value: proposal.totalTimeMs,
        unit: 'ms',
        source: 'pg_stat_statements',
      },
      { label: 'Calls', value: calls, unit: 'count', source: 'pg_stat_statements' },
      { label: 'Rows the condition keeps', value: kept, unit: 'share', source: 'pg_stats' },
      ...candidates.slice(0, SHOWN_STATEMENTS).map(({ row }) => ({
        label: `Statement ${row.queryid}`,
        value: row.text ?? '',
        source: 'pg_stat_statements',
      })),
      {
        label: 'Expected size of the index',
        value: price?.sizeBytes ?? built.sizeBytes,
        unit: 'bytes',
        source: price === undefined ? 'rows × width of the columns' : 'HypoPG',
      },
      ...replaced.map((index) => ({
        label: 'Index that it takes over from',
        value: index.definition ?? index.index,
        source: 'pg_get_indexdef',
      })),
      ...(price === undefined
        ? []
        : [{ label: 'Planner cost that goes away', value: price.costShare, unit: 'share', source: 'HypoPG' } as const]),
    ],
    approach: `${plural(statements.length, 'statement')} ${statements.length === 1 ? 'looks' : 'look'} for rows of ${name} that an index on ${shown} finds, and no index leads there.${words(design)}${instead(replaced)} Check the plan with EXPLAIN (ANALYZE, BUFFERS) on staging before and after, with rare and common values.`,
    benefit: {
      kind: 'time',
      statements,
      reduces,
      confidence:
        confirmed >= 0.5 && (price?.using === candidates.length || candidates.every(({ shared }) => !shared))
          ? 'medium'
          : 'low',
      basis: `${price === undefined ? '' : plannerBasis(price)}Model from rows: the condition keeps about ${about(kept * table.liveRows)} of ${about(table.liveRows)} rows, in as many blocks as their order in the table makes likely, and a lookup takes ${LOOKUP_MS} ms besides; what is left is known to a factor of three. The sequential reads counted on the table confirm ${percent(confirmed)} of the scans these calls could have made. Lock waits and work on other tables stay. Maintaining the index costs writes about ${about(cost / 1000)} s in the same time, assumed at 0.02 ms per entry, not deducted.`,
    },
    work: 'create-index',
    machineMinutes: built.machineMinutes,
    risk: built.risk,
    steps: built.steps,
    maintenanceWindow: 'none needed; a quiet hour is better',
    acceptance: `The mean time of these statements (total_exec_time ÷ calls) falls, pg_stat_user_indexes.idx_scan of ${built.name} rises, and seq_tup_read of ${name} stops growing at its former pace`,
    done: built.done,
    gain: { kind: 'statement-time', statements },
  };
}

export function investigateFinding(table: HeavyTable, { snapshot }: Context): Finding {
  const name = `${table.schema}.${table.table}`;
  const blindTo =
    table.columns === undefined
      ? 'its columns and the statements that read it'
      : 'the statements that read it, or column statistics';
  const connected = snapshot.quality.sources.includes('postgres');
  return {
    subject: { database: table.database, schema: table.schema, table: table.table },
    title: `Find out who reads all of ${name} again and again`,
    evidence: tableEvidence(table),
    approach: `The table is read from end to end many times, but ${blindTo} were not seen, so no index can be named. ${connected ? 'Give the role pg_read_all_stats and SELECT on the table' : 'Connect pg-hunt to PostgreSQL as a role with pg_monitor'} and the next run names the columns, or follow the steps.`,
    benefit: {
      kind: 'risk',
      confidence: 'low',
      basis: `Reads grow with the table: ${about(table.sequentialRowsRead)} rows were read from ${about(table.liveRows)}. What part of any statement's time this is was not measured.`,
    },
    work: 'investigate',
    risk: {
      level: 'low',
      technical: 'Looking changes nothing.',
      business: 'Users notice nothing of the look; the table stays as slow to read as it is.',
      performance: 'Reading counters and plans costs the server next to nothing.',
      mitigation: 'Use a replica for EXPLAIN ANALYZE.',
      rollback: [],
    },
    steps: [
      {
        sql: 'SELECT queryid, calls, total_exec_time, rows, query FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC LIMIT 50;',
        text: `In database ${table.database}, find the statements that read ${name} and take most time.`,
        inTransaction: true,
      },
      {
        text: 'Look at their plans with EXPLAIN (ANALYZE, BUFFERS) on staging: a filter that removes most rows of a sequential scan names the columns to index. A report or an export that needs the whole table does not.',
      },
    ],
    maintenanceWindow: 'none needed',
    acceptance: `pg_stat_user_tables.seq_tup_read of ${name} grows more slowly than before, or the scans are known to be wanted`,
    done: { kind: 'measure-moved' },
    gain: { kind: 'statement-time', statements: [] }, // no statement is known yet, so none can be verified
  };
}
