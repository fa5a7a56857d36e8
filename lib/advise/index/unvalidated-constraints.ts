import type { TableRow } from '../../model/rows.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteName, quoteQualified, quoteRegclass, quoteText } from '../sql/quote.ts';
import { isForeignObject } from './shape.ts';

export const unvalidatedConstraints = defineAdvisor({
  card: {
    id: 'unvalidated-constraints',
    area: 'index',
    title: 'Constraints that were never checked against the rows there are',
    clear: 'Every foreign key and check constraint is validated.',
    why: 'A constraint added NOT VALID guards new rows only. The planner may not rely on it, and the old rows may break it; the second step of the migration was forgotten.',
    source: 'PostgreSQL manual, ALTER TABLE: ADD CONSTRAINT NOT VALID, VALIDATE CONSTRAINT',
    thresholds: [{ name: 'validated', value: 'no', reason: 'a fact of the catalog' }],
  },
  needs: {},
  advise(_rows, { snapshot }) {
    const seen = snapshot.tables.filter((table) => table.foreignKeys !== undefined && !isForeignObject(table));
    if (snapshot.tables.every((table) => table.foreignKeys === undefined)) {
      return {
        findings: [],
        examined: 0,
        blind: 'Constraints are in the catalog only. Connect pg-hunt to PostgreSQL.',
      };
    }
    const findings = seen.flatMap((table) => {
      const keys = (table.foreignKeys ?? []).filter((key) => key.validated === false && key.enforced !== false);
      const checks = (table.checks ?? []).filter((check) => !check.validated);
      return [...keys, ...checks].map(({ name }) => finding(table, name));
    });
    return { findings, examined: seen.length };
  },
});

function finding(table: TableRow, constraint: string) {
  const where = `${table.schema}.${table.table}`;
  return riskFinding({
    subject: {
      database: table.database,
      schema: table.schema,
      table: table.table,
      setting: `constraint ${constraint}`,
    },
    title: `Validate constraint ${constraint} of ${where}`,
    evidence: [{ label: 'Validated', value: 'no', source: 'pg_constraint.convalidated' }],
    approach:
      'Validate it: PostgreSQL reads the table once and names the first row that breaks the constraint, if there is one. Such rows have to be mended first; what is right for them only their owner knows.',
    basis: 'Averts wrong rows that everybody believes impossible; the planner can then rely on it too.',
    confidence: 'high',
    work: 'change-schema',
    steps: [
      {
        sql: `ALTER TABLE ${quoteQualified(table.schema, table.table)} VALIDATE CONSTRAINT ${quoteName(constraint)};`,
        text: 'Check the rows there are. It reads the whole table; there is nothing to undo.',
        lock: `SHARE UPDATE EXCLUSIVE on ${where}; for a foreign key also ROW SHARE on the table it refers to`,
        blocks: 'VACUUM, index builds and other ALTER TABLE; reads and writes go on',
        inTransaction: true,
      },
    ],
    measuredBy: {
      language: 'sql',
      query: `SELECT conname, convalidated FROM pg_constraint WHERE conrelid = ${quoteRegclass(table.schema, table.table)}::regclass AND conname = ${quoteText(constraint)};`,
    },
    acceptance: `pg_constraint.convalidated of ${constraint} is true`,
  });
}
