/** Plans one statement without running it: its parameters stay unknown, so the plan is the generic one. */
import { scanSync } from 'libpg-query';
import type { QueryPlan } from '../../model/query-plan.ts';
import type { Explainable } from './explainable.ts';
import { planTree } from './plan-tree.ts';
import { ownMark, type Query } from './source.ts';

/** VERBOSE for the schemas of the relations; what it says beyond that is not kept. */
const options = 'VERBOSE, SETTINGS, FORMAT JSON';
const generic = 160_000;

/** What is sent, for the record; `…` is the statement's normalised text. */
export function explainText(version: number): string {
  return version >= generic
    ? `EXPLAIN ${ownMark} (GENERIC_PLAN, ${options}) …`
    : `SET LOCAL plan_cache_mode = force_generic_plan; PREPARE pg_hunt AS ${ownMark} …; EXPLAIN ${ownMark} (${options}) EXECUTE pg_hunt (NULL, …); DEALLOCATE pg_hunt`;
}

/** Inside of a transaction; leaves it usable when the statement cannot be planned, and then throws what PostgreSQL said. */
export async function explain(query: Query, version: number, one: Explainable, searchPath: string): Promise<QueryPlan> {
  const dense = version >= generic ? null : withoutHoles(one.sql);
  let prepared = false;
  await query(`SAVEPOINT ${ownMark} pg_hunt`);
  try {
    await query(`SELECT ${ownMark} set_config('search_path', $1, true)`, [searchPath]);
    if (dense !== null) {
      await query(`SELECT ${ownMark} set_config('plan_cache_mode', 'force_generic_plan', true)`);
      await query(`PREPARE pg_hunt AS ${ownMark} ${dense.sql}`);
      prepared = true;
    }
    const nulls = (dense?.numbers ?? []).map(() => 'NULL').join(', ');
    const [row] = await query<{ 'QUERY PLAN': unknown }>(
      dense === null
        ? `EXPLAIN ${ownMark} (GENERIC_PLAN, ${options}) ${one.sql}`
        : `EXPLAIN ${ownMark} (${options}) EXECUTE pg_hunt${nulls === '' ? '' : ` (${nulls})`}`,
    );
    const answers = row?.['QUERY PLAN'];
    const [answer] = Array.isArray(answers) ? (answers as readonly Answer[]) : []; // planTree looks at what is in it
    const { search_path: _path, plan_cache_mode: _mode, ...settings } = answer?.Settings ?? {};
    const root = planTree(answer?.Plan, {
      count: one.parameters,
      renumber: (parameter) => dense?.numbers[parameter - 1] ?? parameter,
    });
    return { basis: 'generic', of: one.of, searchPath, settings, root };
  } finally {
    await query(`ROLLBACK ${ownMark} TO SAVEPOINT pg_hunt`);
    // It would outlive the transaction, and behind a pooler even us.
    if (prepared) await query(`DEALLOCATE ${ownMark} pg_hunt`);
  }
}

interface Answer {
  readonly Plan?: unknown;
  readonly Settings?: Readonly<Record<string, string>>;
}

/** PREPARE wants its parameters numbered without holes; `numbers`: what each was before. */
function withoutHoles(sql: string): { readonly sql: string; readonly numbers: readonly number[] } {
  const places = new Map<string, number>();
  const words = scanSync(sql).tokens.map(({ text }) => {
    if (!/^\$\d+$/.test(text)) return text;
    const place = places.get(text) ?? places.size + 1;
    places.set(text, place);
    return `$${place}`;
  });
  return { sql: words.join(' '), numbers: [...places.keys()].map((text) => Number(text.slice(1))) };
}
