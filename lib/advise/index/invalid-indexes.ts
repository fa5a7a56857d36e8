import type { Finding, Step } from '../../model/finding.ts';
import type { IndexRow } from '../../model/rows.ts';
import { defineAdvisor } from '../advisor.ts';
import { quoteName, quoteQualified, quoteRegclass } from '../sql/quote.ts';
import { plural } from '../words.ts';
import { buildAgain, doneWhenDropped, dropStep, sizeEvidence, spaceOf } from './drop.ts';
import { NO_DEFINITIONS } from './duplicate-indexes.ts';
import { isForeignObject } from './shape.ts';

/** What REINDEX CONCURRENTLY leaves when it fails; the index it was made from is another one. */
const LEFTOVER = /_cc(new|old)\d*$/;

export const invalidIndexes = defineAdvisor({
  card: {
    id: 'invalid-indexes',
    area: 'index',
    title: 'Indexes left invalid by a failed build',
    clear: 'Every index is valid.',
    why: 'A concurrent build that failed leaves an index that no query may use but that writes may still maintain. Whoever wanted the index believes to have it.',
    source: 'PostgreSQL manual, CREATE INDEX, Building indexes concurrently',
    thresholds: [
      { name: 'invalid indexes', value: '≥ 1, with no build running on them', reason: 'none is ever wanted' },
    ],
  },
  needs: { index: [] },
  advise({ index: rows }) {
    const known = rows.filter((index) => index.valid !== undefined);
    if (known.length === 0) return { findings: [], examined: 0, blind: NO_DEFINITIONS };
    const invalid = known.filter((index) => index.valid === false && !isForeignObject(index));
    const trees = invalid.filter((index) => index.partitioned === true);
    const building = invalid.filter((index) => index.partitioned !== true && index.ready !== true);
    const left = invalid.filter((index) => index.partitioned !== true && index.ready === true);
    const caveats = [
      building.length > 0
        ? `${plural(building.length, 'index', 'indexes')} may be under construction (${building
            .map((index) => index.index)
            .sort()
            .join(', ')}): look into pg_stat_progress_create_index; if nothing builds, it was left behind.`
        : null,
      trees.length > 0
        ? `${plural(trees.length, 'index', 'indexes')} of partitioned tables ${trees.length === 1 ? 'is' : 'are'} invalid until every partition has its part attached; that is no reason to drop ${trees.length === 1 ? 'it' : 'them'}.`
        : null,
    ];
    return { findings: left.map(finding), examined: known.length, caveats: caveats.filter((text) => text !== null) };
  },
});

function finding(index: IndexRow): Finding {
  const leftover = LEFTOVER.test(index.index);
  const owned = index.constraint !== undefined || index.partitionOf !== undefined;
  const name = `${index.schema}.${index.table}`;
  return {
    subject: { database: index.database, schema: index.schema, table: index.table, index: index.index },
    title: leftover
      ? `Drop the leftover index ${index.index} on ${name}`
      : `Rebuild the invalid index ${index.index} on ${name}`,
    evidence: [
      { label: 'Valid', value: 'no', source: 'pg_index.indisvalid' },
      ...(index.definition === undefined
        ? []
        : [{ label: 'Definition', value: index.definition, source: 'pg_get_indexdef' }]),
      ...sizeEvidence(index),
    ],
    approach: leftover
      ? 'A REINDEX CONCURRENTLY that failed left it; the index it was to replace is still there. Drop the leftover.'
      : 'Find out why the build failed (a duplicate value, a deadlock, a cancelled session), then drop it and build it again if it is still wanted.',
    benefit: leftover
      ? spaceOf(index, 'No query may use an invalid index.')
      : {
          kind: 'risk',
          confidence: 'medium',
          basis:
            'No query may use it as it is; what it was meant for runs without an index. That is not measured here.',
        },
    work: leftover ? 'drop-index' : 'rebuild-index',
    machineMinutes: leftover ? 1 : Math.max(1, Math.ceil((index.sizeBytes ?? 0) / (50 * 1024 ** 2 * 60))),
    risk: {
      level: 'low',
      technical: 'If a build is running after all, the drop waits for it or the build fails.',
      business: 'None: no query uses it.',
      performance: 'The new build reads the table twice.',
      mitigation: 'Look into pg_stat_progress_create_index first.',
      rollback: [],
    },
    steps: [
      {
        sql: 'SELECT pid, phase, index_relid::regclass FROM pg_stat_progress_create_index;',
        text: 'Make sure that no build is running on it.',
        inTransaction: true,
      },
      ...repair(index, { leftover, owned }),
    ],
    maintenanceWindow: index.constraintType === 'exclusion' ? 'a quiet hour: writes wait' : 'none needed',
    acceptance: leftover
      ? `${index.index} is gone`
      : `pg_index.indisvalid is true for ${index.index}, or the index is gone`,
    measuredBy: {
      language: 'sql',
      query: `SELECT indisvalid, indisready FROM pg_index WHERE indexrelid = to_regclass(${quoteRegclass(index.schema, index.index)});`,
    },
    done: leftover ? doneWhenDropped(index) : { kind: 'measure-moved' },
    gain: { kind: 'object-gone' },
  };
}

function repair(
  index: IndexRow,
  { leftover, owned }: { readonly leftover: boolean; readonly owned: boolean },
): readonly Step[] {
  const build = {
    lock: `SHARE UPDATE EXCLUSIVE on ${index.schema}.${index.table}`,
    blocks: 'VACUUM, ANALYZE and DDL on the table; neither reads nor writes',
    inTransaction: false,
    ...(index.sizeBytes === undefined ? {} : { diskBytes: 2 * index.sizeBytes }),
  };
  if (leftover) return [dropStep(index)];
  if (index.constraintType === 'exclusion') {
    return [
      {
        sql: `REINDEX INDEX ${quoteQualified(index.schema, index.index)};`,
        text: 'Rebuild it in place. PostgreSQL cannot do that concurrently for an exclusion constraint; set lock_timeout.',
        lock: `SHARE on ${index.schema}.${index.table} and ACCESS EXCLUSIVE on the index`,
        blocks: 'all writes, and reads that would use the index, until it is built',
        inTransaction: true,
        ...(index.sizeBytes === undefined ? {} : { diskBytes: 2 * index.sizeBytes }),
      },
    ];
  }
  if (owned) {
    return [
      {
        ...build,
        sql: `REINDEX INDEX CONCURRENTLY ${quoteQualified(index.schema, index.index)};`,
        text: 'Rebuild it in place: a constraint or a partitioned index depends on it, so it cannot be dropped alone.',
      },
    ];
  }
  const unique =
    index.unique === true ? ' It is unique: as long as there are duplicate values, the build fails at its end.' : '';
  return [
    ...duplicatesStep(index),
    dropStep(index),
    ...(index.definition === undefined
      ? []
      : [{ ...build, sql: buildAgain(index.definition), text: `Build it again, if it is still wanted.${unique}` }]),
  ];
}

/** Why a unique build fails, most of the time; which of the rows is right only their owner knows. */
function duplicatesStep({ unique, keys = [], predicate, nullsNotDistinct, schema, table }: IndexRow): readonly Step[] {
  if (unique !== true || keys.length === 0) return [];
  const columns = keys.map(({ name, expression }) => (expression ? `(${name})` : quoteName(name)));
  const conditions = [
    ...(predicate === undefined ? [] : [predicate]),
    ...(nullsNotDistinct === true ? [] : columns.map((column) => `${column} IS NOT NULL`)),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const twice = `FROM ${quoteQualified(schema, table)}${where} GROUP BY ${columns.join(', ')} HAVING count(*) > 1`;
  const reads = {
    lock: `ACCESS SHARE on ${schema}.${table}`,
    blocks: 'nothing but DDL; it reads the whole table',
    inTransaction: true,
  };
  return [
    {
      ...reads,
      sql: `SELECT ${columns.join(', ')}, count(*) ${twice} LIMIT 20;`,
      text: 'Look for duplicate values: this must return no row. As long as it returns one, stop here and have their owner remove them, or the build fails again.',
    },
    {
      ...reads,
      sql: `SELECT 1 / CASE WHEN EXISTS (SELECT 1 ${twice}) THEN 0 ELSE 1 END AS no_duplicates;`,
      text: 'Run this right before the drop: it divides by zero while there are duplicates, so that a script stops here and drops nothing that it could not build again.',
    },
  ];
}
