/**
 * Planning runs functions: those that are not volatile, on constants, also in views, policies, defaults and indexes of
 * what a statement names. Run by us they have our rights, so a statement that could reach a function of somebody who is
 * no superuser is not planned. What stands in pg_catalog or came with an extension is trusted.
 */
import { ownMark, type Session } from './source.ts';

/** The names of such functions and of all that depends on them. SQL functions are inlined, volatile or not. */
export const distrustedSql = `WITH RECURSIVE distrusted (class, id) AS (
  SELECT 'pg_proc'::regclass::oid, p.oid FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
    JOIN pg_language l ON l.oid = p.prolang
  WHERE (p.provolatile <> 'v' OR l.lanname = 'sql') AND NOT r.rolsuper AND p.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  UNION
  SELECT next.class, next.id FROM distrusted t CROSS JOIN LATERAL (
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.refclassid = t.class AND d.refobjid = t.id
    UNION ALL SELECT 'pg_class'::regclass, r.ev_class FROM pg_rewrite r WHERE t.class = 'pg_rewrite'::regclass AND r.oid = t.id
    UNION ALL SELECT 'pg_class'::regclass, p.polrelid FROM pg_policy p WHERE t.class = 'pg_policy'::regclass AND p.oid = t.id
    UNION ALL SELECT 'pg_class'::regclass, a.adrelid FROM pg_attrdef a WHERE t.class = 'pg_attrdef'::regclass AND a.oid = t.id
    UNION ALL SELECT 'pg_class'::regclass, s.stxrelid FROM pg_statistic_ext s
      WHERE t.class = 'pg_statistic_ext'::regclass AND s.oid = t.id
    UNION ALL SELECT 'pg_class'::regclass, c.conrelid FROM pg_constraint c WHERE t.class = 'pg_constraint'::regclass AND c.oid = t.id
    UNION ALL SELECT 'pg_type'::regclass, c.contypid FROM pg_constraint c WHERE t.class = 'pg_constraint'::regclass AND c.oid = t.id
    UNION ALL SELECT 'pg_class'::regclass, i.indrelid FROM pg_index i WHERE t.class = 'pg_class'::regclass AND i.indexrelid = t.id
    UNION ALL SELECT 'pg_class'::regclass, h.inhparent FROM pg_inherits h WHERE t.class = 'pg_class'::regclass AND h.inhrelid = t.id
    UNION ALL SELECT 'pg_type'::regclass, y.id FROM pg_cast c, unnest(ARRAY[c.castsource, c.casttarget]) y (id)
      WHERE t.class = 'pg_cast'::regclass AND c.oid = t.id
  ) next (class, id) WHERE next.id >= 16384
)
SELECT ${ownMark} p.proname::text AS name FROM distrusted t JOIN pg_proc p ON t.class = 'pg_proc'::regclass AND p.oid = t.id
UNION SELECT c.relname FROM distrusted t JOIN pg_class c ON t.class = 'pg_class'::regclass AND c.oid = t.id
UNION SELECT o.oprname FROM distrusted t JOIN pg_operator o ON t.class = 'pg_operator'::regclass AND o.oid = t.id
UNION SELECT y.typname FROM distrusted t JOIN pg_type y ON t.class = 'pg_type'::regclass AND y.oid = t.id`;

export async function readDistrusted(session: Session): Promise<ReadonlySet<string>> {
  return new Set((await session.ask<{ name: string }>(distrustedSql)).map(({ name }) => name));
}
