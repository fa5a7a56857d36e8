import type { Sequence } from '../../model/server-facts.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteName, quoteQualified, quoteRegclass, quoteText } from '../sql/quote.ts';
import { about, percent } from '../words.ts';

const USED = 0.75;

export const sequencesNearTheirEnd = defineAdvisor({
  card: {
    id: 'sequences-near-their-end',
    area: 'maintenance',
    title: 'Sequences and key columns that run out of numbers',
    clear: 'No sequence, and no column that takes its numbers, has used three quarters of its range.',
    why: 'When a sequence or the integer column behind it is full, every insert into the table fails. Making the column wider rewrites the table, which takes longest exactly when it is most urgent.',
    source: 'PostgreSQL manual, CREATE SEQUENCE; 8.1.1 Integer types',
    thresholds: [{ name: 'range used', value: '≥ 75 %', reason: 'a change of type has to be planned for months' }],
  },
  needs: {},
  advise(_rows, { snapshot }) {
    const seen = snapshot.databases.filter((row) => row.sequences !== undefined);
    if (seen.length === 0) {
      const blind =
        'Sequences were not seen. Connect pg-hunt to PostgreSQL as a role with USAGE or SELECT on them (pg_read_all_data).';
      return { findings: [], examined: 0, blind };
    }
    const full = seen.flatMap(({ database, sequences = [] }) =>
      sequences.filter((one) => !one.cycle && one.usedShare >= USED).map((one) => ({ database, sequence: one })),
    );
    const unseen = snapshot.databases.length - seen.length;
    return {
      findings: full.map(({ database, sequence }) => finding(database, sequence)),
      examined: seen.length,
      caveats:
        unseen === 0 ? [] : [`The sequences of ${unseen} of ${snapshot.databases.length} databases were not seen.`],
    };
  },
});

function finding(database: string, { schema, sequence, lastValue, maxValue, usedShare, column }: Sequence) {
  const narrow = column !== undefined && column.maxValue <= maxValue;
  const limit = Math.min(maxValue, column?.maxValue ?? maxValue);
  const where = column === undefined ? `${schema}.${sequence}` : `${column.schema}.${column.table}.${column.column}`;
  const table = column === undefined ? null : quoteQualified(column.schema, column.table);
  return riskFinding({
    subject:
      column === undefined
        ? { database, schema, setting: `sequence ${sequence}` }
        : { database, schema: column.schema, table: column.table, setting: `sequence ${sequence}` },
    title: `Plan a wider type for ${where}: ${percent(usedShare)} of its numbers are used`,
    evidence: [
      { label: 'Last number given', value: lastValue, unit: 'count', source: 'pg_sequences.last_value' },
      {
        label: 'Largest number possible',
        value: limit,
        unit: 'count',
        source: narrow ? `type ${column.type}` : 'pg_sequences.max_value',
      },
      { label: 'Used', value: usedShare, unit: 'share', source: 'last_value ÷ the smaller limit' },
    ],
    approach: narrow
      ? `${column.type} ends at ${about(column.maxValue)}. On a large table add a bigint column, fill it in batches with a trigger for new rows, build its unique index concurrently, and exchange the two in one short transaction; foreign keys that refer to it have to be widened first.`
      : 'The sequence ends before its column does: raise MAXVALUE, or its type.',
    basis: 'Averts the day on which every insert fails. How soon it comes shows in the number of rows inserted a week.',
    confidence: 'high',
    averts: 'outage',
    work: 'change-schema',
    steps:
      narrow && table !== null
        ? [
            {
              sql: `SELECT pg_size_pretty(pg_total_relation_size(${quoteRegclass(column.schema, column.table)}::regclass)) AS size;`,
              text: 'See how large the table is, which decides the way: a small one can be altered in a quiet minute.',
              inTransaction: true,
            },
            {
              sql: `ALTER TABLE ${table} ALTER COLUMN ${quoteName(column.column)} TYPE bigint;`,
              text: 'Small tables only: this rewrites the table and its indexes. It cannot be undone by a shorter way; for a large one take the way above.',
              lock: `ACCESS EXCLUSIVE on ${column.schema}.${column.table}`,
              blocks: 'all reads and writes until the rewrite ends',
              inTransaction: true,
            },
            {
              text: 'Change the types of columns that refer to it, and of variables in the application, before the first number above the old limit.',
            },
          ]
        : [
            {
              sql: `ALTER SEQUENCE ${quoteQualified(schema, sequence)} AS bigint NO MAXVALUE;`,
              text: 'Give the sequence the full range; only do so if the column takes it. To undo it, set the former MAXVALUE again.',
              lock: `SHARE ROW EXCLUSIVE on ${schema}.${sequence}`,
              blocks: 'nextval of this sequence, for a moment',
              inTransaction: true,
            },
          ],
    risk: {
      level: 'medium',
      technical: 'An ALTER COLUMN TYPE rewrites the table under an exclusive lock.',
      business: 'Reads and writes of the table wait meanwhile.',
      performance: 'A rewrite writes the table and its indexes once more, and as much WAL.',
      mitigation: 'Take the way with a second column for tables that cannot wait, and rehearse it on a copy.',
    },
    maintenanceWindow: narrow
      ? 'one for the exchange: seconds with a second column, the rewrite without'
      : 'none needed',
    measuredBy: {
      language: 'sql',
      query: `SELECT last_value, max_value, data_type FROM pg_sequences WHERE schemaname = ${quoteText(schema)} AND sequencename = ${quoteText(sequence)};`,
      now: usedShare,
      target: USED,
      unit: 'share',
    },
    acceptance: `The share of numbers used of ${where} is below 75 %`,
  });
}
