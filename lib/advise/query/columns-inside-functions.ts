import type { IndexRow } from '../../model/rows.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { newIndex } from '../index/build.ts';
import { sameTable } from '../index/shape.ts';
import { quoteName } from '../sql/quote.ts';
import { type Wrapped, whereOf, wrappedColumns } from '../sql/wrapped.ts';
import { type Owned, ownerOf, readsThrough, rowsPerBlock } from './owner.ts';
import { type Pattern, patternAdvice, type ReadLoad, worthThresholds } from './pattern.ts';
import { gainFromIndex, gainFromWaste } from './waste.ts';

/** Functions of one argument that PostgreSQL marks IMMUTABLE for these types: only such may stand in an index. */
const IMMUTABLE = new Map([
  ['lower', /^(text|character varying|varchar)/],
  ['upper', /^(text|character varying|varchar)/],
  ['btrim', /^(text|character varying|varchar)/],
  ['length', /^(text|character varying|varchar|bytea)/],
  ['abs', /^(smallint|integer|bigint|numeric|real|double precision)/],
  ['md5', /^(text|character varying|varchar|bytea)/],
]);
const DATE_OF = /^timestamp( without time zone|\(\d\) without time zone)?$/;

export const columnsInsideFunctions = defineAdvisor({
  card: {
    id: 'columns-inside-functions',
    area: 'query',
    title: 'Filters on a function or cast of a column, past its index',
    clear: 'No costly statement filters a large table by a function or cast of a column without an index for it.',
    why: 'An index on a column holds its values, not what a function makes of them: lower(email) = $1 reads the whole table although email is indexed. Either the condition moves off the column, or the expression gets an index of its own.',
    source: 'PostgreSQL manual, 11.7 Indexes on expressions',
    thresholds: [
      ...worthThresholds,
      { name: 'table', value: '≥ 10,000 rows and ≥ 10 MiB', reason: 'reading a smaller one is right' },
      {
        name: 'blocks per call',
        value: '≥ a tenth of the table',
        reason: 'below it another index leads there already',
      },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'], table: ['liveRows'] },
  advise({ statement, table }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a filter wraps its column',
      spot(load) {
        for (const wrapped of wrappedColumns(whereOf(load.parsed.tree))) {
          const owned = ownerOf(load, wrapped, table);
          if (owned === null || !readsThrough(load, owned) || hasExpression(owned, wrapped, context)) continue;
          return advice(load, wrapped, owned, context);
        }
        return null;
      },
    });
  },
});

/** Any index with an expression that names the column: it was made for this, and why it is not used is another question. */
function hasExpression({ table }: Owned, { column }: Wrapped, { snapshot }: Context): boolean {
  const on = (index: IndexRow) => sameTable(index, table) && index.valid !== false;
  return snapshot.indexes.some(
    (index) => on(index) && index.keys?.some((key) => key.expression && key.name.includes(column)),
  );
}

interface Expression {
  readonly sql: string;
  readonly printed: string;
}

/** The index key, and as pg_get_indexdef will print it; null where the expression may not be indexed, or nobody can be sure. */
function expressionOf({ form, column }: Wrapped, { column: { type } }: Owned): Expression | null {
  const name = quoteName(column);
  if (form.kind === 'cast') {
    return form.type === 'date' && DATE_OF.test(type) ? { sql: `((${name})::date)`, printed: `(${name}::date)` } : null;
  }
  if (IMMUTABLE.get(form.name)?.test(type) !== true) return null;
  const isVarchar = /^(character varying|varchar)/.test(type);
  return { sql: `${form.name}(${name})`, printed: `${form.name}(${isVarchar ? `${name}::text` : name})` };
}

function advice(load: ReadLoad, wrapped: Wrapped, owned: Owned, { snapshot }: Context): Pattern {
  const { table, column } = owned;
  const shown =
    wrapped.form.kind === 'cast'
      ? `${column.name}::${wrapped.form.type}`
      : `${wrapped.form.name.replace(/\/\d+$/, '')}(${column.name})`;
  const expression = expressionOf(wrapped, owned);
  const where = `${table.schema}.${table.table}`;
  const range =
    /^(timestamp|date)/.test(column.type) || wrapped.form.kind === 'cast'
      ? `For a day or month, write a range on the bare column instead: ${column.name} >= $1 AND ${column.name} < $2.`
      : 'Where possible, change the value instead of the column, and leave the column bare.';
  const built =
    expression === null
      ? null
      : newIndex(
          table,
          [wrapped.form.kind === 'cast' ? wrapped.form.type : wrapped.form.name, column.name],
          snapshot.indexes,
          {
            keys: [expression.sql],
            printedKeys: [expression.printed],
            entryBytes: 16 + Math.max(8, column.averageBytes ?? 8),
          },
        );
  return {
    title: built === null ? `Take ${column.name} out of the function in` : `Give ${shown} an index for`,
    approach: `The filter compares ${shown} of ${where}, and no index holds that. ${range}${built === null ? ' The expression itself cannot be indexed safely: it is not immutable, or has further arguments.' : ` Else create the index on the expression; ANALYZE then also gives the planner statistics on it.`}`,
    benefit: {
      ...(built === null ? gainFromWaste(load) : gainFromIndex(load, 'exact', rowsPerBlock(table))),
      confidence: 'low',
    },
    evidence: [
      { label: 'Rows in the table', value: table.liveRows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
    ],
    steps: [
      ...(built?.steps ?? []),
      ...(built === null
        ? [
            {
              text: `Rewrite the condition so that ${column.name} stands alone on its side, and check that an index begins with it.`,
            },
          ]
        : [
            {
              sql: `ANALYZE ${quoteName(table.schema)}.${quoteName(table.table)};`,
              text: 'Let the planner learn about the expression.',
              inTransaction: true,
              lock: `SHARE UPDATE EXCLUSIVE on ${where}`,
            },
          ]),
    ],
    ...(built === null
      ? {}
      : { work: 'create-index' as const, risk: built.risk, done: built.done, machineMinutes: built.machineMinutes }),
  };
}
