import type { TableRow } from '../../model/rows.ts';
import { defineAdvisor } from '../advisor.ts';
import { outermostSelect, selectsStar } from '../sql/form.ts';
import { bytes, listed, percent } from '../words.ts';
import { patternAdvice, type ReadLoad, worthThresholds } from './pattern.ts';

/** From about here values are stored out of line (TOAST_TUPLE_TARGET), so that each costs reads of its own. */
const WIDE_BYTES = 500;
const ROWS_PER_CALL_FLOOR = 10;

export const starOverWideRows = defineAdvisor({
  card: {
    id: 'star-over-wide-rows',
    area: 'query',
    title: 'SELECT * over rows with large values',
    clear: 'No costly statement selects all columns of a table with large values.',
    why: 'SELECT * fetches, decompresses and sends large texts and documents that the caller mostly throws away, and it can never be answered from an index alone.',
    source: 'PostgreSQL manual, 66.2 TOAST; 11.9 Index-only scans and covering indexes',
    thresholds: [
      ...worthThresholds,
      { name: 'average width of a column', value: '≥ 500 bytes', reason: 'narrow columns come with the row for free' },
      { name: 'rows per call', value: '≥ 10', reason: 'a single row is likely shown whole' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'rows'] },
  advise({ statement }, context) {
    const { tables } = context.snapshot;
    if (!tables.some((table) => table.columns?.some((column) => column.averageBytes !== undefined))) {
      const blind =
        'Which columns are wide shows only in pg_stats, and none was seen. Connect to PostgreSQL as a role with SELECT on the tables.';
      return { findings: [], examined: 0, blind };
    }
    return patternAdvice(statement, context, {
      what: 'Whether a query selects all columns',
      spot(load) {
        const select = outermostSelect(load.parsed.tree);
        if (select === null || !selectsStar(select) || (load.rows ?? 0) / load.calls < ROWS_PER_CALL_FLOOR) return null;
        const wide = widest(load, tables);
        if (wide === null) return null;
        return {
          title: 'Name the columns that are needed in',
          evidence: [
            { label: 'Average bytes of a row', value: wide.rowBytes, unit: 'bytes', source: 'pg_stats.avg_width' },
            { label: 'Of these in large columns', value: wide.share, unit: 'share', source: 'pg_stats.avg_width' },
          ],
          approach: `List the columns the caller uses. ${listed(wide.columns)} of ${wide.table} ${wide.columns.length === 1 ? 'makes' : 'make'} up ${percent(wide.share)} of the row (${bytes(wide.rowBytes)} on average); fetch ${wide.columns.length === 1 ? 'it' : 'them'} only where shown.`,
          benefit: {
            reduces: { low: 0, likely: wide.share * 0.3, high: wide.share * 0.8 },
            confidence: 'low',
            basis: `Model from column widths: ${percent(wide.share)} of what a row holds is in large columns; how much of the time goes into fetching and sending them was not measured. Nothing is saved if the caller needs them.`,
          },
          work: 'change-application',
          steps: [
            { text: 'Find what the caller does with the large columns; ORMs can defer them.' },
            { text: 'Replace * by the list of columns. A column added later then has to be added here too.' },
          ],
        };
      },
    });
  },
});

function widest({ parsed, database }: ReadLoad, tables: readonly TableRow[]) {
  const [only, ...more] = parsed.tables;
  if (only === undefined || more.length > 0) return null;
  const named = tables.filter(
    (row) =>
      row.database === database && row.table === only.name && (only.schema === undefined || row.schema === only.schema),
  );
  const [table] = named;
  const columns = table?.columns ?? [];
  if (table === undefined || named.length > 1) return null;
  const width = columns.reduce((sum, column) => sum + (column.averageBytes ?? 0), 0);
  const wide = columns.filter((column) => (column.averageBytes ?? 0) >= WIDE_BYTES);
  if (wide.length === 0) return null;
  const inWide = wide.reduce((sum, column) => sum + (column.averageBytes ?? 0), 0);
  return {
    table: `${table.schema}.${table.table}`,
    columns: wide.map((column) => column.name),
    rowBytes: width,
    share: inWide / width,
  };
}
