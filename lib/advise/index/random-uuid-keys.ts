import type { Finding } from '../../model/finding.ts';
import type { Column, TableRow } from '../../model/rows.ts';
import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { indexesOf } from '../lookup.ts';
import { riskFinding } from '../plain.ts';
import { quoteName, quoteQualified, quoteText } from '../sql/quote.ts';
import { about, bytes } from '../words.ts';
import { isForeignObject } from './shape.ts';

const PER_SECOND = 20;
const BYTES = 1024 ** 3;
/** Version 4: no two of them are neighbours. */
const RANDOM = /^(gen_random_uuid|uuid_generate_v4)$/;
const V7_SINCE = 180_000;

export const randomUuidKeys = defineAdvisor({
  card: {
    id: 'random-uuid-keys',
    area: 'index',
    title: 'Large indexes on random UUIDs that every insert hits elsewhere',
    clear: 'No large, busy index takes random UUIDs.',
    why: 'Random UUIDs put each new entry on another page of the index: the whole of it has to be in memory, and after each checkpoint nearly every insert writes a whole page to WAL. UUIDs ordered by time go to its end.',
    source: 'PostgreSQL manual, 9.14 UUID Functions: uuidv7; RFC 9562, 6.11',
    thresholds: [
      { name: 'inserts', value: '≥ 20 per second', reason: 'below it the pages in memory are few' },
      { name: 'index on the column', value: '≥ 1 GiB', reason: 'a smaller one stays in memory' },
    ],
  },
  needs: { table: ['rowsInserted'] },
  advise({ table }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'table');
    if (seconds === null || !snapshot.tables.some(({ columns }) => columns !== undefined)) {
      const blind = 'Columns and their defaults are in the catalog only. Connect pg-hunt to PostgreSQL, and run again.';
      return { findings: [], examined: 0, blind };
    }
    const judged = table.filter(
      (row) => row.columns !== undefined && !isForeignObject(row) && row.partitionOf === undefined,
    );
    const findings = judged
      .filter((row) => row.rowsInserted / seconds >= PER_SECOND)
      .flatMap((row) =>
        (row.columns ?? []).flatMap((column) => {
          if (column.type !== 'uuid' || !RANDOM.test(column.defaultFunction ?? '')) return [];
          const own = indexesOf(snapshot.indexes, row).filter(({ keys }) => keys?.[0]?.name === column.name);
          const size = own.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
          return size < BYTES
            ? []
            : [finding(row, column, { size, seconds, version: snapshot.server.versionNum ?? 0 })];
        }),
      );
    return { findings, examined: judged.length };
  },
});

function finding(
  row: With<'table', 'rowsInserted'> & TableRow,
  column: Column,
  { size, seconds, version }: { size: number; seconds: number; version: number },
): Finding {
  const where = `${row.schema}.${row.table}`;
  const name = quoteQualified(row.schema, row.table);
  const set = (to: string) => `ALTER TABLE ${name} ALTER COLUMN ${quoteName(column.name)} SET DEFAULT ${to};`;
  const native = version >= V7_SINCE;
  return riskFinding({
    subject: { database: row.database, schema: row.schema, table: row.table, setting: `default of ${column.name}` },
    title: `Order the UUIDs of ${where}.${column.name} by time`,
    evidence: [
      { label: 'Default', value: `${column.defaultFunction}()`, source: 'pg_attrdef' },
      { label: 'Indexes on it', value: size, unit: 'bytes', source: 'pg_relation_size' },
      { label: 'Rows inserted', value: row.rowsInserted, unit: 'rows', source: 'pg_stat_user_tables.n_tup_ins' },
    ],
    approach: `${about(row.rowsInserted / seconds)} inserts a second go to random pages of ${bytes(size)}. ${
      native
        ? 'uuidv7() is built in: make it the default.'
        : 'Until PostgreSQL 18 brings uuidv7(), let the application make UUIDs of version 7.'
    } Old values stay valid; the time of its making can be read from a version 7 UUID, so do not show it to those who must not know.`,
    basis: 'Fewer pages in memory, and less WAL, for inserts. How much depends on the cache and is not measured here.',
    work: native ? 'change-storage' : 'change-application',
    steps: native
      ? [
          {
            sql: set('uuidv7()'),
            text: 'Change the default for rows to come; present rows are not touched. Applications that send their own UUIDs have to change too. The rollback sets the former default.',
            lock: `ACCESS EXCLUSIVE on ${where}`,
            blocks: 'all reads and writes for a moment; set lock_timeout and try again rather than wait',
            inTransaction: true,
          },
        ]
      : [
          {
            text: 'Let the application or its driver make UUIDs of version 7; releasing the former version undoes it.',
          },
        ],
    risk: {
      technical: 'Values of both kinds stand side by side; both are uuid, and compare as before.',
      business: 'A version 7 UUID tells when it was made: mind keys that are shown outside.',
      performance: 'Inserts meet at the end of the index, which PostgreSQL is good at.',
      mitigation: 'Begin with a table whose keys are not shown outside.',
      rollback: native ? [set(`${column.defaultFunction}()`)] : [],
    },
    acceptance: `New values of ${where}.${column.name} are of version 7, and full-page images fall at the same load`,
    measuredBy: {
      language: 'sql',
      query: `SELECT column_default FROM information_schema.columns WHERE table_schema = ${quoteText(row.schema)} AND table_name = ${quoteText(row.table)} AND column_name = ${quoteText(column.name)};`,
    },
  });
}
