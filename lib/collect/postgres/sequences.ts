/** Sequences that have come some way towards their end, with the column that takes their values. */
import type { Sequence } from '../../model/server-facts.ts';
import { present } from './present.ts';
import { lockedRelations, userRelation } from './relation-sql.ts';
import { ownMark, type Session } from './source.ts';

/** Each has to be opened to be read. Beyond these, only those are that can come to an end. */
export const mostEndless = 1_000;

/** To count a tenth of the way to 10^18 takes a lifetime, unless somebody began far up or takes large steps. */
const endless = `CASE WHEN s.seqincrement < 0 THEN -s.seqmin::float8 ELSE least(s.seqmax::float8, u."maxValue") END >= 1e18
  AND abs(s.seqstart::float8) <= 1e15 AND abs(s.seqincrement::float8) <= 1000`;

/** Unlogged sequences cannot be read on a standby. A column may use a sequence without owning it. */
export const sequencesSql = `WITH ${lockedRelations}, uses AS (
  SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS column FROM pg_sequence s
  JOIN pg_depend d ON d.objid = s.seqrelid AND d.classid = 'pg_class'::regclass
  WHERE d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION SELECT d.refobjid, v.adrelid, v.adnum FROM pg_sequence s JOIN pg_depend d ON d.refobjid = s.seqrelid
    AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_attrdef'::regclass JOIN pg_attrdef v ON v.oid = d.objid
), used AS MATERIALIZED (
  SELECT DISTINCT ON (u.sequence) u.sequence, n.nspname AS schema, c.relname AS table, a.attname AS column,
    format_type(a.atttypid, a.atttypmod) AS type,
    CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END::float8 AS "maxValue"
  FROM uses u JOIN pg_class c ON c.oid = u.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.column AND NOT a.attisdropped
  WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) ORDER BY u.sequence, 6, 2, 3, 4
), all_of_them AS MATERIALIZED (
  SELECT s.*, n.nspname, c.relname, has_sequence_privilege(c.oid, 'SELECT,USAGE') AS readable, u.sequence IS NOT NULL AS is_used,
    u.schema, u.table, u.column, u.type, u."maxValue", NOT (pg_is_in_recovery() AND c.relpersistence <> 'p') AS is_there,
    ${endless} AND row_number() OVER (ORDER BY ${endless}, c.oid) > ${mostEndless} AS unread
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN used u ON u.sequence = c.oid WHERE ${userRelation}
)
SELECT ${ownMark} s.nspname AS schema, s.relname AS sequence, s.seqmin::float8 AS "minValue", s.seqmax::float8 AS "maxValue",
  s.seqincrement::float8 AS increment, s.seqcycle AS cycle, s.readable, s.unread,
  CASE WHEN s.readable AND s.is_there AND NOT s.unread AND s.seqrelid NOT IN (SELECT relation FROM locked)
    THEN pg_sequence_last_value(s.seqrelid)::float8 END AS "lastValue",
  CASE WHEN s.is_used THEN json_build_object('schema', s.schema, 'table', s.table, 'column', s.column, 'type', s.type,
    'maxValue', s."maxValue") END AS column
FROM all_of_them s`;

interface SequenceLine extends Omit<Sequence, 'lastValue' | 'usedShare' | 'column'> {
  readonly minValue: number;
  readonly readable: boolean;
  readonly unread: boolean;
  /** NULL: not used yet, or not to be seen. */
  readonly lastValue: number | null;
  readonly column: NonNullable<Sequence['column']> | null;
}

export interface SequenceFacts {
  readonly sequences: readonly Sequence[];
  /** Sequences whose value the role may not read. */
  readonly hidden: number;
  /** Endless ones of very many. */
  readonly unread: number;
}

/** What has used less has time for years of hunts. */
const worthTelling = 0.1;

export async function readSequences(session: Session): Promise<SequenceFacts> {
  const lines = await session.ask<SequenceLine>(sequencesSql);
  const sequences = lines.flatMap(
    ({ readable: _, unread: _unread, minValue, lastValue, column, ...line }): Sequence[] => {
      if (lastValue === null) return [];
      const limit = line.increment < 0 ? minValue : Math.min(line.maxValue, column?.maxValue ?? line.maxValue);
      return [{ ...line, lastValue, usedShare: Math.max(0, lastValue / limit), ...present({ column }) }];
    },
  );
  return {
    sequences: sequences
      .filter(({ usedShare }) => usedShare >= worthTelling)
      .sort((a, b) => b.usedShare - a.usedShare || (a.sequence < b.sequence ? -1 : 1)),
    hidden: lines.filter(({ readable }) => !readable).length,
    unread: lines.filter(({ unread }) => unread).length,
  };
}
