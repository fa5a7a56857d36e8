import type { Finding } from '../../model/finding.ts';
import type { TableRow } from '../../model/rows.ts';
import { spanSeconds } from '../../model/snapshot.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { indexesOf, statementsNaming, tablesIn } from '../lookup.ts';
import { plural } from '../words.ts';
import { newIndex, shapeOf } from './build.ts';
import { candidateOf } from './candidates.ts';
import { columnsOf } from './design.ts';
import { createFinding, investigateFinding } from './missing-findings.ts';
import { wholeTables } from './partitioned.ts';
import { doesHarm, pricedShare, priceOf } from './prices.ts';
import { type HeavyTable, type Proposal, proposalsFor, worthItsWrites, writeCostMs } from './proposals.ts';
import { isForeignObject } from './shape.ts';

const ROWS_FLOOR = 10_000;
const BYTES_FLOOR = 10 * 1024 ** 2;
const ROWS_PER_SECOND_FLOOR = 1_000;
const WHOLE_READS_FLOOR = 5;
/** Rarer than hourly is an export or a dump, which reads everything by design. */
const SCANS_PER_HOUR_FLOOR = 1;
const MOST_PER_TABLE = 3;
const MOST_UNEXPLAINED = 5;

export const missingIndexes = defineAdvisor({
  card: {
    id: 'missing-indexes',
    area: 'index',
    title: 'Large tables read from end to end for a few rows',
    clear: 'No large table is read sequentially again and again for rows that an index would find.',
    why: 'A sequential scan reads every row to return a few, and takes longer each week as the table grows. An index on the right columns reads only those few.',
    source: 'PostgreSQL manual, 11.1 Indexes; 11.3 Multicolumn indexes',
    thresholds: [
      { name: 'rows', value: '≥ 10,000', reason: 'reading a smaller table is right' },
      { name: 'size', value: '≥ 10 MiB', reason: 'the same, where the size is known' },
      {
        name: 'rows read sequentially',
        value: '≥ 1,000 per second, and ≥ 5 times the table',
        reason: 'work counts, not the share of scans; scales with the window',
      },
      {
        name: 'sequential scans',
        value: '≥ 1 per hour',
        reason: 'rarer ones are exports, which an index does not help',
      },
      {
        name: 'rows a condition keeps',
        value: '≤ 5 %',
        reason: 'above it the sequential scan is often the better plan',
      },
    ],
  },
  needs: { table: ['liveRows', 'sequentialRowsRead'] },
  advise({ table: tables }, context) {
    const seconds = spanSeconds(context.snapshot, 'table');
    if (seconds === null) {
      return {
        findings: [],
        examined: 0,
        blind:
          'It is not known how long the table counters have been counting. Run again: the next run subtracts this one.',
      };
    }
    const heavy = heavyTables(context.snapshot.tables, seconds);
    const verdicts = heavy.map((table) => judge(table, context));
    const unexplained = verdicts.filter((verdict) => verdict.kind === 'unseen').slice(0, MOST_UNEXPLAINED);
    const unhelped = verdicts.filter((verdict) => verdict.kind === 'no-index-helps').length;
    const count = (of: 'costly' | 'ignored' | 'harmful') =>
      verdicts.reduce((total, verdict) => total + (verdict.kind === 'indexes' ? verdict[of] : 0), 0);
    const [costly, ignored, harmful] = [count('costly'), count('ignored'), count('harmful')];
    const known = new Set(
      context.snapshot.tables.map(({ database, schema, table }) => `${database} ${schema}.${table}`),
    );
    const parts = tables.filter(
      (table) =>
        table.partitionOf !== undefined &&
        !known.has(`${table.database} ${table.partitionOf}`) &&
        isHeavy(table, seconds),
    ).length;
    const caveats = [
      unhelped > 0
        ? `${plural(unhelped, 'large table')} ${unhelped === 1 ? 'is' : 'are'} read sequentially by statements that need most of it, have an index already, or were not among those seen.`
        : null,
      costly > 0 ? `${plural(costly, 'index', 'indexes')} would cost more at writes than reads would gain.` : null,
      ignored > 0
        ? `${plural(ignored, 'index', 'indexes')} that column statistics speak for ${ignored === 1 ? 'was' : 'were'} shown to the planner with HypoPG, and no statement would use ${ignored === 1 ? 'it' : 'them'}.`
        : null,
      harmful > 0
        ? `${plural(harmful, 'index', 'indexes')} would, as the planner sees it, cost other statements more than half of what ${harmful === 1 ? 'it saves' : 'they save'}.`
        : null,
      parts > 0
        ? `${plural(parts, 'partition')} read sequentially ${parts === 1 ? 'was' : 'were'} not judged: an index on a partitioned table is built on each partition first, and the table above was not seen.`
        : null,
    ];
    return {
      findings: [
        ...verdicts.flatMap((verdict) => (verdict.kind === 'indexes' ? verdict.findings : [])),
        ...unexplained.map((verdict) => investigateFinding(verdict.table, context)),
      ],
      examined: tables.length,
      caveats: caveats.filter((caveat) => caveat !== null),
    };
  },
});

/** Most rows read first. */
export function heavyTables(tables: readonly TableRow[], seconds: number): readonly HeavyTable[] {
  return wholeTables(tables)
    .filter((table) => isHeavy(table, seconds))
    .sort(byWork);
}

function isHeavy(table: HeavyTable, seconds: number): boolean {
  const kept = table.persistence === undefined || table.persistence === 'permanent';
  if (!kept || isForeignObject(table)) return false;
  if (table.liveRows < ROWS_FLOOR || (table.heapBytes !== undefined && table.heapBytes < BYTES_FLOOR)) return false;
  const scansPerHour = ((table.sequentialScans ?? Infinity) / seconds) * 3600;
  return (
    table.sequentialRowsRead / seconds >= ROWS_PER_SECOND_FLOOR &&
    table.sequentialRowsRead >= WHOLE_READS_FLOOR * table.liveRows &&
    scansPerHour >= SCANS_PER_HOUR_FLOOR
  );
}

function byWork(a: HeavyTable, b: HeavyTable): number {
  const name = ({ database, schema, table }: TableRow): string => JSON.stringify([database, schema, table]);
  return b.sequentialRowsRead - a.sequentialRowsRead || (name(a) < name(b) ? -1 : 1);
}

type Verdict =
  | {
      readonly kind: 'indexes';
      readonly findings: readonly Finding[];
      readonly costly: number;
      readonly ignored: number;
      readonly harmful: number;
    }
  | { readonly kind: 'no-index-helps' }
  /** Heavy, but neither columns nor statement texts to say why. */
  | { readonly kind: 'unseen'; readonly table: HeavyTable };

/** null: neither columns nor statement texts were seen that could say why the table is read. */
export function proposalsOf(table: HeavyTable, { snapshot, parse }: Context): readonly Proposal[] | null {
  const here = statementsNaming(snapshot.statements, table);
  const readable = snapshot.statements.some(
    (row) => row.database === table.database && row.textCut !== true && parse(row.text) !== null,
  );
  const known = table.columns?.some((column) => column.distinct !== undefined) === true;
  const hasIndexes = snapshot.indexes.some((index) => index.keys !== undefined);
  if (!readable || !known || !hasIndexes) return null;
  const indexes = indexesOf(snapshot.indexes, table);
  const tables = tablesIn(snapshot.tables, table.database);
  const candidates = here.flatMap((row) => candidateOf(row, { table, indexes, tables, parse }) ?? []);
  return proposalsFor(candidates, table, {
    costMs: (design) => writeCostMs({ design }, { table, statements: here, parse }),
    sizeBytes: (design) => newIndex(table, columnsOf(design), indexes, shapeOf(design, table)).sizeBytes,
  });
}

function judge(table: HeavyTable, context: Context): Verdict {
  const { snapshot, parse } = context;
  const modelled = proposalsOf(table, context);
  if (modelled === null) return { kind: 'unseen', table };
  if (modelled.length === 0) return { kind: 'no-index-helps' };
  const asked = modelled.map((proposal) => ({ proposal, price: priceOf(proposal, table, snapshot) }));
  const used = asked.filter(({ price }) => price === null || price.using > 0);
  const harmless = used.filter(({ proposal, price }) => price === null || !doesHarm(price, proposal, snapshot));
  const proposals = harmless.map(({ proposal, price }) =>
    price === null ? proposal : { ...proposal, price, reduces: pricedShare(price, proposal) },
  );
  const statements = statementsNaming(snapshot.statements, table);
  const worthwhile = proposals.filter((proposal) => worthItsWrites(proposal, { table, statements, parse }));
  const chosen = worthwhile.slice(0, MOST_PER_TABLE);
  return {
    kind: 'indexes',
    findings: chosen.map((proposal) => createFinding(proposal, table, context, nthOf(proposal, chosen))),
    costly: proposals.length - worthwhile.length,
    ignored: asked.length - used.length,
    harmful: used.length - harmless.length,
  };
}

/** Among those on the same columns, in an order that the week's load does not change: each keeps its name, and its key. */
function nthOf({ design }: Proposal, all: readonly Proposal[]): number {
  const columns = JSON.stringify(columnsOf(design));
  const own = JSON.stringify(design);
  const before = all.filter(
    (other) => JSON.stringify(columnsOf(other.design)) === columns && JSON.stringify(other.design) < own,
  );
  return before.length + 1;
}
