import { nodesOf, type PlanNode } from '../../model/query-plan.ts';
import type { IndexRow, TableRow } from '../../model/rows.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { newIndex } from '../index/build.ts';
import { isForeignObject } from '../index/shape.ts';
import { indexesOf } from '../lookup.ts';
import { percent } from '../words.ts';
import { type Pattern, type ReadLoad, worthThresholds } from './pattern.ts';
import { equalColumns, isConjunction, planAdvice, tableOf } from './planned.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

const ROWS = 100_000;
const WASTE = 0.9;
const MOST_KEYS = 4;

export const filtersAfterIndex = defineAdvisor({
  card: {
    id: 'filters-after-index',
    area: 'query',
    title: 'Index scans whose filter throws most rows away',
    clear: 'No costly statement’s plan fetches rows by an index only to filter nine tenths of them out.',
    why: 'What an index cannot decide is decided in the table, row by row. Under ORDER BY with LIMIT the planner even walks an index in order until enough rows pass the filter; an index that holds the filter’s columns first reads only those.',
    source: 'PostgreSQL manual, 11.3 Multicolumn Indexes; 11.4 Indexes and ORDER BY',
    thresholds: [
      ...worthThresholds,
      tooMuchThreshold,
      {
        name: 'blocks that its rows do not explain',
        value: '≥ 90 %',
        reason: 'below it the filter removes too little',
      },
      { name: 'rows of the table', value: '≥ 100,000', reason: 'a smaller one is read in milliseconds' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'rows'] },
  advise({ statement }, context) {
    return planAdvice(statement, context, (load, plan) => {
      const { reduces, basis } = gainFromWaste(load);
      const tables = load.parsed.tables.length;
      if (!readsTooMuch(load) || reduces === null || reduces.high < WASTE || tables !== 1) return null;
      if (load.parsed.kind !== 'select' || load.parsed.aggregatesOnly || load.parsed.grouped) return null;
      const under = nodesOf(plan.root).some(({ type }) => type === 'Limit');
      for (const node of nodesOf(plan.root)) {
        const found = designOf(node, load, context, under);
        if (found !== null) return patternOf(found, { reduces, basis, under }, context);
      }
      return null;
    });
  },
});

interface Found {
  readonly table: TableRow;
  readonly index: IndexRow;
  readonly filter: string;
  readonly columns: readonly string[];
}

/** Equality first, then what the present index holds: its order stays, and its own conditions too. */
function designOf(node: PlanNode, { database }: ReadLoad, context: Context, limited: boolean): Found | null {
  const { type, filter, index: name } = node;
  if (type !== 'Index Scan' || name === undefined || filter === undefined || !isConjunction(filter)) return null;
  // Without a condition and without a limit all of the table is read in order, which is what was asked for.
  if (node.indexCond === undefined && !limited) return null;
  const table = tableOf(node, database, context);
  if (table === null || table.partitionOf !== undefined || table.partitioned === true || isForeignObject(table))
    return null;
  if ((table.liveRows ?? 0) < ROWS) return null;
  const indexes = indexesOf(context.snapshot.indexes, table);
  const index = indexes.find((one) => one.index === name);
  const keys = index?.keys ?? [];
  if (index === undefined || index.method !== 'btree' || index.predicate !== undefined) return null;
  if (keys.length === 0 || keys.some(({ expression, descending }) => expression || descending)) return null;
  const equal = equalColumns(filter, table).filter((column) => !keys.some((key) => key.name === column));
  const columns = [...equal, ...keys.map((key) => key.name)];
  if (equal.length === 0 || columns.length > MOST_KEYS) return null;
  const serves = (one: IndexRow) =>
    one.valid !== false &&
    one.predicate === undefined &&
    columns.every((column, at) => one.keys?.[at]?.name === column);
  return indexes.some(serves) ? null : { table, index, filter, columns };
}

function patternOf(
  { table, index, filter, columns }: Found,
  {
    reduces,
    basis,
    under,
  }: { reduces: NonNullable<ReturnType<typeof gainFromWaste>['reduces']>; basis: string; under: boolean },
  { snapshot }: Context,
): Pattern {
  const built = newIndex(table, columns, indexesOf(snapshot.indexes, table));
  const where = `${table.schema}.${table.table}`;
  return {
    title: `Create an index on ${where} (${columns.join(', ')}) for`,
    evidence: [
      { label: 'Index scanned', value: index.index, source: 'EXPLAIN, generic plan' },
      { label: 'Filtered afterwards', value: filter, source: 'EXPLAIN, generic plan' },
    ],
    approach: `Its plan ${under ? 'walks' : 'searches'} ${index.index} and filters afterwards by ${filter}; ${percent(reduces.high)} of the blocks it reads are not explained by the rows it returns. An index with the filter’s columns in front reads those rows only${under ? ', and still in order' : ''}.`,
    benefit: { reduces, basis, confidence: 'low' },
    work: 'create-index',
    steps: built.steps,
    risk: built.risk,
    done: built.done,
    machineMinutes: built.machineMinutes,
  };
}
