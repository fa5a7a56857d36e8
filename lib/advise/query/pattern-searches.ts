import type { Step } from '../../model/finding.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { newIndex } from '../index/build.ts';
import { sameTable } from '../index/shape.ts';
import { quoteName } from '../sql/quote.ts';
import { type Like, patternMatches, whereOf } from '../sql/wrapped.ts';
import { type Owned, ownerOf, readsThrough, rowsPerBlock } from './owner.ts';
import { type Pattern, patternAdvice, type ReadLoad, worthThresholds } from './pattern.ts';
import { gainFromIndex } from './waste.ts';

/** Each character of a text begins a trigram; an entry of GIN keeps a compressed pointer for each. */
const BYTES_PER_TRIGRAM = 3;

export const patternSearches = defineAdvisor({
  card: {
    id: 'pattern-searches',
    area: 'query',
    title: 'LIKE searches that read the whole table',
    clear: 'No costly LIKE or ILIKE reads through a large table without an index that can serve it.',
    why: 'A pattern that begins with a wildcard, and every ILIKE, cannot use a btree. A trigram index serves both, at the price of slower writes.',
    source: 'PostgreSQL manual, F.35 pg_trgm; 11.10 Operator classes',
    thresholds: [
      ...worthThresholds,
      { name: 'table', value: '≥ 10,000 rows and ≥ 10 MiB', reason: 'reading a smaller one is right' },
      { name: 'blocks per call', value: '≥ a tenth of the table', reason: 'below it an index leads there already' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'], table: ['liveRows'] },
  advise({ statement, table }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query searches by pattern',
      spot(load) {
        for (const like of patternMatches(whereOf(load.parsed.tree))) {
          const owned = ownerOf(load, like, table);
          if (owned === null || !/^(text|character varying|varchar)/.test(owned.column.type)) continue;
          if (readsThrough(load, owned) && !hasTrigrams(owned, context)) return advice(load, like, owned, context);
        }
        return null;
      },
    });
  },
});

function hasTrigrams({ table, column }: Owned, { snapshot }: Context): boolean {
  return snapshot.indexes.some(
    (index) =>
      sameTable(index, table) &&
      index.valid !== false &&
      index.keys?.some((key) => /trgm_ops$|^gin_bigm/.test(key.opclass) && key.name.includes(column.name)),
  );
}

function advice(load: ReadLoad, { foldsCase }: Like, owned: Owned, { snapshot }: Context): Pattern {
  const { table, column } = owned;
  const where = `${table.schema}.${table.table}`;
  const width = Math.max(8, column.averageBytes ?? 32);
  const built = newIndex(table, [column.name, 'trgm'], snapshot.indexes, {
    method: 'gin',
    keys: [`${quoteName(column.name)} gin_trgm_ops`],
    printedKeys: [column.name],
    entryBytes: width * BYTES_PER_TRIGRAM,
  });
  const extension: Step = {
    sql: 'CREATE EXTENSION IF NOT EXISTS pg_trgm;',
    text: 'Install pg_trgm, which PostgreSQL brings along and every provider allows; it needs CREATE on the database.',
    lock: 'none that matters',
    blocks: 'nothing',
    inTransaction: true,
  };
  const gain = gainFromIndex(load, 'depends-on-values', rowsPerBlock(table));
  return {
    title: `Give ${column.name} a trigram index for`,
    approach: `The statement searches ${column.name} of ${where} by ${foldsCase ? 'ILIKE' : 'LIKE'} and reads through the table. ${foldsCase ? '' : `If the patterns always begin with fixed characters, a plain index on (${column.name} text_pattern_ops) is smaller and cheaper. `}Else create a trigram index: it serves any pattern with three fixed characters in a row; shorter ones go on reading everything. For words in long texts, full-text search is the better tool.`,
    benefit: {
      ...gain,
      basis: `${gain.basis} A trigram index helps only patterns with three fixed characters in a row, which cannot be seen here.`,
      confidence: 'low',
    },
    evidence: [
      { label: 'Rows in the table', value: table.liveRows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
      {
        label: 'Expected size of the index',
        value: built.sizeBytes,
        unit: 'bytes',
        source: 'rows × width × 3, an upper estimate',
      },
    ],
    steps: [...(snapshot.server.extensions?.includes('pg_trgm') === true ? [] : [extension]), ...built.steps],
    work: 'create-index',
    risk: {
      ...built.risk,
      level: 'medium',
      performance: `${built.risk.performance} A GIN index takes several times the write cost of a btree; its pending list makes single writes and searches uneven.`,
    },
    done: built.done,
    machineMinutes: built.machineMinutes * 3,
  };
}
