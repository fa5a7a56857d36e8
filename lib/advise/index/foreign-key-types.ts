import type { TableRow } from '../../model/rows.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteRegclass, quoteText } from '../sql/quote.ts';
import { isForeignObject } from './shape.ts';

export const foreignKeyTypes = defineAdvisor({
  card: {
    id: 'foreign-key-types',
    area: 'index',
    title: 'Foreign keys between columns of different types',
    clear: 'Foreign keys and the columns they refer to have the same type.',
    why: 'A narrower type on one side runs out of numbers first, and a comparison across types (numeric with bigint, varchar with bpchar) converts one side and may not use its index.',
    source: 'PostgreSQL manual, 10.2 Operators; 5.5.5 Foreign keys',
    thresholds: [
      {
        name: 'types',
        value: 'different, lengths aside',
        reason: 'varchar(40) and varchar(80) compare without conversion',
      },
    ],
  },
  needs: {},
  advise(_rows, { snapshot }) {
    const seen = snapshot.tables.filter(
      (table) => table.foreignKeys !== undefined && table.columns !== undefined && !isForeignObject(table),
    );
    if (snapshot.tables.every((table) => table.foreignKeys === undefined)) {
      return {
        findings: [],
        examined: 0,
        blind: 'Foreign keys are in the catalog only. Connect pg-hunt to PostgreSQL.',
      };
    }
    const byName = new Map(
      snapshot.tables.map((table) => [JSON.stringify([table.database, table.schema, table.table]), table]),
    );
    const findings = seen
      .filter((table) => table.partitionOf === undefined)
      .flatMap((table) =>
        (table.foreignKeys ?? []).flatMap((key) => {
          const other = byName.get(JSON.stringify([table.database, key.referencedSchema, key.referencedTable]));
          const pairs = key.columns.flatMap((column, at) => {
            const here = typeOf(table, column);
            const there = other === undefined ? null : typeOf(other, key.referencedColumns[at] ?? '');
            return here === null || there === null || here === there
              ? []
              : [{ column, here, there, referenced: key.referencedColumns[at] ?? '' }];
          });
          const [first] = pairs;
          return first === undefined
            ? []
            : [finding(table, key.name, `${key.referencedSchema}.${key.referencedTable}`, first)];
        }),
      );
    return { findings, examined: seen.length };
  },
});

/** Lengths and precisions aside. */
function typeOf(table: TableRow, column: string): string | null {
  const type = table.columns?.find(({ name }) => name === column)?.type;
  return type === undefined ? null : type.replace(/\(.*?\)/, '').trim();
}

function finding(
  table: TableRow,
  key: string,
  other: string,
  pair: { readonly column: string; readonly here: string; readonly there: string; readonly referenced: string },
) {
  const where = `${table.schema}.${table.table}`;
  return riskFinding({
    subject: { database: table.database, schema: table.schema, table: table.table, setting: `constraint ${key}` },
    title: `Give ${where}.${pair.column} the type of ${other}.${pair.referenced}`,
    evidence: [
      { label: `Type of ${pair.column}`, value: pair.here, source: 'pg_attribute' },
      { label: `Type of ${pair.referenced}`, value: pair.there, source: 'pg_attribute' },
    ],
    approach: `${where}.${pair.column} is ${pair.here}, the column it refers to is ${pair.there}. Bring both to the wider type at the next change of the schema; on a large table by a second column that is filled in batches and exchanged.`,
    basis:
      'Averts inserts that fail when the narrower type is full, and comparisons that convert. Time saved is not predicted.',
    confidence: 'medium',
    work: 'change-schema',
    steps: [
      { text: 'Find out which side is narrower and how far its numbers are used.' },
      {
        text: 'Plan the change with the application; an ALTER COLUMN TYPE rewrites the table under an exclusive lock. Until it is released, undo it by keeping the former column.',
      },
    ],
    risk: {
      level: 'medium',
      technical: 'A change of type rewrites the table and its indexes.',
      mitigation: 'Rehearse it on a copy and take the way with a second column for large tables.',
    },
    maintenanceWindow: 'one for the exchange',
    measuredBy: {
      language: 'sql',
      query: `SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_constraint c JOIN pg_attribute a ON (a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) OR (a.attrelid = c.confrelid AND a.attnum = ANY (c.confkey)) WHERE c.conrelid = ${quoteRegclass(table.schema, table.table)}::regclass AND c.conname = ${quoteText(key)};`,
    },
    acceptance: 'Both columns have the same type, and inserts on both sides go on as before',
  });
}
