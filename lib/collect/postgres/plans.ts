/** Generic plans of the statements that take most time. Nothing is executed; see trust.ts for what planning may run. */
import type { QueryPlan } from '../../model/query-plan.ts';
import type { StatementRow, TableRow } from '../../model/rows.ts';
import type { Gap, SourceQuery } from '../../model/snapshot.ts';
import { codeOf } from './errors.ts';
import { explain, explainText } from './explain.ts';
import { type Explainable, explainable } from './explainable.ts';
import { distrusted, type Miss, missOf, outOfTime, planGaps, unreadable } from './plan-gaps.ts';
import { onlySchema, readSearchPaths } from './search-paths.ts';
import type { PostgresSource, Session } from './source.ts';
import { readDistrusted } from './trust.ts';

/** Beyond the fiftieth, a statement is seldom worth a plan; all of them together may cost the server a few seconds. */
const most = 50;
const budgetMs = 5_000;
/** For one: planning waits for nobody, and nobody waits for it. */
export const planning = { statement_timeout: '1000', lock_timeout: '100' };

export interface PlansInput {
  readonly source: PostgresSource;
  /** Puts the questions on record. */
  readonly watch: (session: Session) => Session;
  readonly version: number;
  readonly role: string;
  readonly statements: readonly StatementRow[];
  readonly tables: readonly Pick<TableRow, 'database' | 'schema' | 'table'>[];
  /** Databases that could be looked into. */
  readonly databases: ReadonlySet<string>;
  readonly most?: number;
  readonly budgetMs?: number;
}

export interface Plans {
  /** The same statements, some of them with a plan or with why they have none. */
  readonly statements: readonly StatementRow[];
  readonly gaps: readonly Gap[];
  readonly sources: readonly SourceQuery[];
}

type Found = { readonly plan: QueryPlan } | { readonly miss: Miss };

export async function readPlans(input: PlansInput): Promise<Plans> {
  const { source, version, role } = input;
  const chosen = costliest(input.statements, input.databases, input.most ?? most);
  const limit = input.budgetMs ?? budgetMs;
  const began = source.now();
  const found = new Map<StatementRow, Found>();
  for (const database of new Set(chosen.map(({ row }) => row.database))) {
    const rows = chosen.filter(({ row }) => row.database === database);
    const tables = input.tables.filter((table) => table.database === database);
    try {
      await source.session(database, async (plain) => {
        const session = input.watch(plain);
        const planner: Planner = {
          ...{ session, version, role, tables },
          pathOf: await readSearchPaths(session),
          distrusted: await readDistrusted(session),
        };
        for (const { row, one } of rows) {
          const late = source.now() - began >= limit;
          found.set(row, late ? { miss: outOfTime(limit / 1000) } : await planOf(row, one, planner));
        }
      });
    } catch (error) {
      for (const { row } of rows) if (!found.has(row)) found.set(row, { miss: missOf(error, role, version) });
    }
  }
  const misses = [...found].flatMap(([row, one]) => ('miss' in one ? [{ ...row, miss: one.miss }] : []));
  const planned = found.size - misses.length;
  return {
    statements: input.statements.map((row) => {
      const one = found.get(row);
      if (one === undefined) return row;
      return 'plan' in one ? { ...row, plan: one.plan } : { ...row, planMissing: one.miss.why };
    }),
    gaps: planGaps(misses),
    sources:
      found.size === 0
        ? []
        : [
            {
              ...{ source: 'postgres', language: 'sql', kind: 'statement', measures: ['plan'] },
              ...{ text: explainText(version), rows: planned },
            },
          ],
  };
}

interface Chosen {
  readonly row: StatementRow;
  readonly one: Explainable | { readonly why: string };
}

/** Of what has a plan at all, and a text that may be sent. */
function costliest(
  statements: readonly StatementRow[],
  databases: ReadonlySet<string>,
  limit: number,
): readonly Chosen[] {
  const sorted = statements
    .filter(({ database, text, textCut }) => databases.has(database) && text !== undefined && textCut !== true)
    .toSorted((a, b) => (b.totalTimeMs ?? 0) - (a.totalTimeMs ?? 0) || (a.statement < b.statement ? -1 : 1));
  const chosen: Chosen[] = [];
  for (const row of sorted) {
    const one = explainable(row.text ?? '');
    if (one !== null) chosen.push({ row, one });
    if (chosen.length === limit) break;
  }
  return chosen;
}

interface Planner {
  readonly session: Session;
  readonly version: number;
  readonly role: string;
  readonly tables: PlansInput['tables'];
  readonly pathOf: (user: string | undefined) => string;
  readonly distrusted: ReadonlySet<string>;
}

async function planOf(row: StatementRow, one: Chosen['one'], planner: Planner): Promise<Found> {
  const { session, version, role } = planner;
  if ('why' in one) return { miss: unreadable(one.why) };
  const shady = [...one.words].filter((word) => planner.distrusted.has(word));
  if (shady.length > 0) return { miss: distrusted(shady) };
  const attempt = (path: string) => session.transaction(planning, (query) => explain(query, version, one, path));
  const path = planner.pathOf(row.user);
  try {
    return { plan: await attempt(path).catch((error: unknown) => elsewhere(error, one, planner, attempt)) };
  } catch (error) {
    return { miss: missOf(error, role, version) };
  }
}

/** A pool of an application may set its search_path by itself, which nobody has on record. */
function elsewhere(
  error: unknown,
  one: Explainable,
  { tables }: Planner,
  attempt: (path: string) => Promise<QueryPlan>,
): Promise<QueryPlan> {
  const path = codeOf(error) === '42P01' ? onlySchema(one, tables) : null;
  return path === null ? Promise.reject(error) : attempt(path);
}
