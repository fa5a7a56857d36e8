import { type Context, defineAdvisor, type With } from '../advisor.ts';
import { statementsNaming } from '../lookup.ts';
import { quoteName, quoteQualified } from '../sql/quote.ts';
import { bytes, percent } from '../words.ts';
import { newIndex } from './build.ts';
import { columnOf } from './selectivity.ts';
import { isForeignObject, isWhole, tableOf } from './shape.ts';

const NULLS = 0.8;
const BYTES = 50 * 1024 ** 2;

export const mostlyNullIndexes = defineAdvisor({
  card: {
    id: 'mostly-null-indexes',
    area: 'index',
    title: 'Indexes that hold mostly NULL',
    clear: 'No large index consists mostly of NULLs.',
    why: 'An index on a column that is mostly NULL keeps an entry for each of these rows, though hardly anybody looks for them. A partial index without the NULLs is a fraction of its size and of its write cost.',
    source: 'PostgreSQL manual, 11.8 Partial indexes',
    thresholds: [
      { name: 'share of NULLs', value: '≥ 80 %', reason: 'below it little is gained' },
      { name: 'size of the index', value: '≥ 50 MiB', reason: 'a smaller one is cached anyway' },
    ],
  },
  needs: { index: ['sizeBytes'] },
  advise({ index: indexes }, context) {
    const { snapshot } = context;
    const readable = indexes.filter((row) => row.keys !== undefined);
    const known = snapshot.tables.some((table) => table.columns?.some((column) => column.nullShare !== undefined));
    if (readable.length === 0 || !known) {
      const blind =
        'The keys of indexes and the share of NULLs in columns were not seen. Connect pg-hunt to PostgreSQL as a role with SELECT on the tables.';
      return { findings: [], examined: 0, blind };
    }
    const findings = readable.flatMap((row) => {
      const found = nullsIn(row, context);
      return found === null ? [] : [finding(row, found.share, context)];
    });
    return { findings, examined: readable.length };
  },
});

type Sized = With<'index', 'sizeBytes'>;

/** A plain, whole, single-column btree that nothing else depends on. */
function nullsIn(index: Sized, { snapshot, parse }: Context): { readonly share: number } | null {
  const { keys = [], included = [], method } = index;
  const [key] = keys;
  if (key === undefined || keys.length > 1 || key.expression || included.length > 0 || method !== 'btree') return null;
  const depended =
    index.unique === true ||
    index.constraint !== undefined ||
    index.clustered === true ||
    index.replicaIdentity === true;
  if (depended || !isWhole(index) || index.sizeBytes < BYTES || isForeignObject(index)) return null;
  if (index.partitioned === true || index.partitionOf !== undefined) return null;
  const table = tableOf(index, snapshot.tables);
  const share = table === null ? undefined : columnOf(table, key.name)?.nullShare;
  if (table === null || share === undefined || share < NULLS) return null;
  const asked = statementsNaming(snapshot.statements, index).some((row) => {
    const parsed = row.textCut === true ? null : parse(row.text);
    // Who looks for the NULLs, or sorts by the column, needs them in the index; so may a statement nobody could read.
    const mentions = parsed?.tables.some(({ name }) => name === index.table) === true;
    const nulls = parsed?.predicates.some(({ column, op }) => column.name === key.name && op === 'null') === true;
    const sorts = parsed?.orderBy.some(({ column }) => column?.name === key.name) === true;
    return mentions && (nulls || sorts);
  });
  return asked ? null : { share };
}

function finding(index: Sized, share: number, { snapshot }: Context) {
  const table = tableOf(index, snapshot.tables);
  const column = index.keys?.[0]?.name ?? '';
  if (table === null) throw new Error(`the table of ${index.index} is gone`);
  const rows = (table.liveRows ?? 0) * (1 - share);
  const built = newIndex({ ...table, liveRows: rows }, [column], snapshot.indexes, {
    where: `${quoteName(column)} IS NOT NULL`,
  });
  const saved = index.sizeBytes * share;
  const [look, create, ...after] = built.steps;
  if (look === undefined || create === undefined) throw new Error('an index is built in steps');
  return {
    subject: { database: index.database, schema: index.schema, table: index.table, index: index.index },
    title: `Leave the NULLs out of index ${index.schema}.${index.index}`,
    evidence: [
      { label: 'Share of NULLs', value: share, unit: 'share', source: 'pg_stats.null_frac' },
      { label: 'Size of the index', value: index.sizeBytes, unit: 'bytes', source: 'pg_relation_size' },
      {
        label: 'Expected size without them',
        value: Math.min(built.sizeBytes, index.sizeBytes),
        unit: 'bytes',
        source: 'rows × width of the column',
      },
    ],
    approach: `${percent(share)} of ${column} is NULL, and no statement seen looks for NULLs or sorts by it. Build the same index WHERE ${column} IS NOT NULL, which every comparison with a value can use, then drop the old one.`,
    benefit: {
      kind: 'space',
      bytes: { low: saved * 0.3, likely: saved * 0.8, high: saved },
      confidence: 'medium',
      basis: `The entries of NULLs are stored compactly since PostgreSQL 13, so less than ${percent(share)} of its ${bytes(index.sizeBytes)} may come back. Writes of rows with NULL no longer touch it.`,
    },
    work: 'rebuild-index',
    machineMinutes: built.machineMinutes,
    risk: {
      ...built.risk,
      technical: 'A statement with IS NULL, or one that sorts all rows by the column, can no longer use the index.',
      mitigation: 'Keep the old index until the new one has been used for a week; both cost writes only.',
      rollback: [
        ...(index.definition === undefined
          ? []
          : [`${index.definition.replace(/^CREATE INDEX /, 'CREATE INDEX CONCURRENTLY ')};`]),
        ...built.risk.rollback,
      ],
    },
    steps: [
      look,
      create,
      ...after,
      {
        sql: `DROP INDEX CONCURRENTLY ${quoteQualified(index.schema, index.index)};`,
        text: 'Drop the old index when pg_stat_user_indexes shows that the new one is used. The rollback beside it can undo it.',
        lock: `SHARE UPDATE EXCLUSIVE on ${index.schema}.${index.table}`,
        blocks: 'VACUUM and other DDL; neither reads nor writes',
        inTransaction: false,
      },
    ],
    maintenanceWindow: 'none needed',
    acceptance: `The old index is gone, and the statements that look for ${column} are as fast as before`,
    done: { kind: 'index-dropped', database: index.database, schema: index.schema, index: index.index },
    gain: { kind: 'object-gone' },
  } as const;
}
