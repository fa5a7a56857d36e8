import { defineAdvisor } from '../advisor.ts';
import { indexesOf } from '../lookup.ts';
import { riskFinding } from '../plain.ts';
import { quoteName, quoteQualified, quoteRegclass } from '../sql/quote.ts';
import { about } from '../words.ts';
import { buildAgain } from './drop.ts';
import { isForeignObject } from './shape.ts';

const ROWS = 10_000;

export const tablesWithoutPrimaryKey = defineAdvisor({
  card: {
    id: 'tables-without-primary-key',
    area: 'index',
    title: 'Large tables that are changed and have no primary key',
    clear: 'Every large table that is changed has a primary key.',
    why: 'Without a key a single row cannot be addressed: duplicates creep in, logical replication cannot pass on updates, pg_repack refuses the table, and each lookup needs another way in.',
    source: 'PostgreSQL manual, 5.5.4 Primary keys; 29.1.1 Replica identity',
    thresholds: [
      {
        name: 'rows',
        value: '≥ 10,000, with updates or deletes',
        reason: 'logs and load tables that only grow can do without',
      },
    ],
  },
  needs: { table: ['liveRows', 'rowsUpdated', 'rowsDeleted'] },
  advise({ table: tables }, { snapshot }) {
    const { indexes } = snapshot;
    if (!indexes.some((index) => index.keys !== undefined) && tables.length > 0) {
      return { findings: [], examined: 0, blind: 'Keys are in the catalog only. Connect pg-hunt to PostgreSQL.' };
    }
    const bare = tables.filter(
      (table) =>
        table.liveRows >= ROWS &&
        table.rowsUpdated + table.rowsDeleted > 0 &&
        table.partitionOf === undefined &&
        (table.persistence ?? 'permanent') === 'permanent' &&
        table.materializedView !== true &&
        !isForeignObject(table) &&
        !indexesOf(indexes, table).some((index) => index.primary === true),
    );
    const findings = bare.map((table) => {
      const where = `${table.schema}.${table.table}`;
      const name = quoteQualified(table.schema, table.table);
      const usable = indexesOf(indexes, table).find(
        (index) =>
          index.unique === true &&
          index.valid !== false &&
          index.predicate === undefined &&
          index.constraint === undefined &&
          index.method === 'btree' &&
          index.partitioned !== true &&
          index.keys?.every(
            ({ expression, name: column }) =>
              !expression && table.columns?.find((one) => one.name === column)?.notNull === true,
          ) === true,
      );
      return riskFinding({
        subject: { database: table.database, schema: table.schema, table: table.table },
        title: `Give ${where} a primary key`,
        evidence: [
          { label: 'Rows in the table', value: table.liveRows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
          {
            label: 'Rows updated and deleted',
            value: table.rowsUpdated + table.rowsDeleted,
            unit: 'rows',
            source: 'pg_stat_user_tables',
          },
        ],
        approach:
          usable === undefined
            ? `About ${about(table.liveRows)} rows, and no key. Look for columns that identify a row; if there are none, add an identity column. Build the unique index concurrently, look for duplicates first, then make it the primary key.`
            : `The unique index ${usable.index} on columns that are NOT NULL can become the primary key at once.`,
        basis:
          'Averts duplicates, and makes logical replication and online rebuilding of the table possible. No time is promised.',
        work: 'change-schema',
        steps:
          usable === undefined
            ? [
                {
                  text: 'Find the columns that identify a row, and check that no two rows share them: GROUP BY them HAVING count(*) > 1.',
                },
                {
                  text: 'CREATE UNIQUE INDEX CONCURRENTLY on them, then ALTER TABLE … ADD PRIMARY KEY USING INDEX. Dropping the constraint undoes it.',
                },
              ]
            : [
                {
                  sql: `ALTER TABLE ${name} ADD PRIMARY KEY USING INDEX ${quoteName(usable.index)};`,
                  text: 'Make the unique index the primary key; it keeps its name, which the constraint takes over. Dropping the constraint undoes it, and drops the index with it: create the index again then.',
                  lock: `ACCESS EXCLUSIVE on ${where}`,
                  blocks: 'all reads and writes for a moment; set lock_timeout and try again rather than wait',
                  inTransaction: true,
                },
              ],
        risk: {
          level: 'low',
          rollback:
            usable === undefined || usable.definition === undefined
              ? []
              : [`ALTER TABLE ${name} DROP CONSTRAINT ${quoteName(usable.index)};`, buildAgain(usable.definition)],
        },
        measuredBy: {
          language: 'sql',
          query: `SELECT conname FROM pg_constraint WHERE conrelid = ${quoteRegclass(table.schema, table.table)}::regclass AND contype = 'p';`,
        },
        acceptance: `${where} has a primary key`,
      });
    });
    return { findings, examined: tables.length };
  },
});
