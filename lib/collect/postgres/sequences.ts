/** Sequences that have come some way towards their end, with the column that takes their values. */
import type { Sequence } from '../../model/server-facts.ts';
import { present } from './present.ts';
import { ownMark, type Session } from './source.ts';
import { lockedRelations, userRelation } from './table-sql.ts';

/** Unlogged sequences cannot be read on a standby. A column may use a sequence without owning it. */
const sequencesSql = `WITH ${lockedRelations}, uses AS (
  SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS column FROM pg_depend d
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION SELECT d.refobjid, v.adrelid, v.adnum FROM pg_depend d JOIN pg_attrdef v ON v.oid = d.objid
  WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
), used AS (
  SELECT DISTINCT ON (u.sequence) u.sequence, n.nspname AS schema, c.relname AS table, a.attname AS column,
    format_type(a.atttypid, a.atttypmod) AS type,
    CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END::float8 AS "maxValue"
  FROM uses u JOIN pg_class c ON c.oid = u.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.column AND NOT a.attisdropped
  WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) ORDER BY u.sequence, 6, 2, 3, 4
)
SELECT ${ownMark} n.nspname AS schema, c.relname AS sequence, s.seqmin::float8 AS "minValue", s.seqmax::float8 AS "maxValue",
  s.seqincrement::float8 AS increment, s.seqcycle AS cycle, has_sequence_privilege(c.oid, 'SELECT,USAGE') AS readable,
  CASE WHEN has_sequence_privilege(c.oid, 'SELECT,USAGE') AND NOT (pg_is_in_recovery() AND c.relpersistence <> 'p')
    AND NOT EXISTS (SELECT FROM locked l WHERE l.relation = c.oid) THEN pg_sequence_last_value(c.oid)::float8 END AS "lastValue",
  CASE WHEN u.sequence IS NOT NULL THEN json_build_object('schema', u.schema, 'table', u.table, 'column', u.column, 'type', u.type,
    'maxValue', u."maxValue") END AS column
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN used u ON u.sequence = c.oid
WHERE ${userRelation}`;

interface SequenceLine extends Omit<Sequence, 'lastValue' | 'usedShare' | 'column'> {
  readonly minValue: number;
  readonly readable: boolean;
  /** NULL: not used yet, or not to be seen. */
  readonly lastValue: number | null;
  readonly column: NonNullable<Sequence['column']> | null;
}

export interface SequenceFacts {
  readonly sequences: readonly Sequence[];
  /** Sequences whose value the role may not read. */
  readonly hidden: number;
}

/** What has used less has time for years of hunts. */
const worthTelling = 0.1;

export async function readSequences(session: Session): Promise<SequenceFacts> {
  const lines = await session.ask<SequenceLine>(sequencesSql);
  const sequences = lines.flatMap(({ readable: _, minValue, lastValue, column, ...line }): Sequence[] => {
    if (lastValue === null) return [];
    const limit = line.increment < 0 ? minValue : Math.min(line.maxValue, column?.maxValue ?? line.maxValue);
    return [{ ...line, lastValue, usedShare: Math.max(0, lastValue / limit), ...present({ column }) }];
  });
  return {
    sequences: sequences
      .filter(({ usedShare }) => usedShare >= worthTelling)
      .sort((a, b) => b.usedShare - a.usedShare || (a.sequence < b.sequence ? -1 : 1)),
    hidden: lines.filter(({ readable }) => !readable).length,
  };
}
