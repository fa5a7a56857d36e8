/** Prices indexes that do not exist with HypoPG: they live in our session alone, nothing is built and nothing executed. */
import { nodesOf } from '../../model/query-plan.ts';
import type { StatementRow } from '../../model/rows.ts';
import type { Gap, Load, Snapshot, SourceQuery } from '../../model/snapshot.ts';
import type { IndexCandidate, PricedStatement, WhatIf } from '../../model/what-if.ts';
import { BudgetError, messageOf } from './errors.ts';
import { explain, explainText } from './explain.ts';
import { explainable } from './explainable.ts';
import { planning } from './plans.ts';
import { recorder } from './provenance.ts';
import { ownMark, type PostgresSource, type Query, type Session } from './source.ts';

const mostCandidates = 20;
/** Of each table, the costliest; an index that hurts a statement is found among these or not at all. */
const mostStatements = 15;
const budgetMs = 5_000;

export interface WhatIfInput {
  readonly source: PostgresSource;
  readonly snapshot: Snapshot;
  /** The most promising first. */
  readonly candidates: readonly IndexCandidate[];
  readonly budgetMs?: number;
}

export interface Priced {
  readonly whatIf: readonly WhatIf[];
  readonly gaps: readonly Gap[];
  readonly sources: readonly SourceQuery[];
  readonly load: Load;
}

export async function readWhatIf({
  source,
  snapshot,
  candidates,
  budgetMs: budget = budgetMs,
}: WhatIfInput): Promise<Priced> {
  const record = recorder(source.now, budget);
  const version = snapshot.server.versionNum ?? 0;
  const whatIf: WhatIf[] = [];
  const gaps: Gap[] = [];
  let planned = 0;
  const wanted = candidates.slice(0, mostCandidates);
  for (const database of new Set(wanted.map((candidate) => candidate.database))) {
    const own = wanted.filter((candidate) => candidate.database === database);
    try {
      await source.session(database, async (plain) => {
        const session = record.watch(plain);
        const schema = await readHypopg(session);
        if (schema === null) {
          gaps.push(noHypopg(database, own.length));
          return;
        }
        for (const candidate of own) {
          const statements = readersOf(candidate, snapshot.statements);
          if (statements.length === 0) continue;
          const priced = await session.transaction(planning, (query) =>
            price({ query, schema, version, candidate, statements }),
          );
          planned += priced.statements.length;
          whatIf.push(priced);
        }
      });
    } catch (error) {
      gaps.push(failed(database, error));
    }
  }
  const about = { source: 'postgres', language: 'sql', kind: 'index', measures: ['whatIf'] } as const;
  const text = `SELECT ${ownMark} indexname FROM hypopg_create_index('CREATE INDEX …'); ${explainText(version)}; SELECT ${ownMark} hypopg_reset()`;
  const sources = planned === 0 ? [] : [{ ...about, text, rows: planned }];
  return { whatIf, gaps, sources: [...record.queries(), ...sources], load: record.load() };
}

const hypopgSql = `SELECT ${ownMark} quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'hypopg'`;

async function readHypopg(session: Session): Promise<string | null> {
  return (await session.ask<{ schema: string }>(hypopgSql))[0]?.schema ?? null;
}

/** Only what has a plan can be compared with one. */
function readersOf(candidate: IndexCandidate, statements: readonly StatementRow[]): readonly StatementRow[] {
  return statements
    .filter(({ database, plan }) => {
      if (database !== candidate.database || plan === undefined) return false;
      return nodesOf(plan.root).some(({ schema, table }) => schema === candidate.schema && table === candidate.table);
    })
    .toSorted((a, b) => (b.totalTimeMs ?? 0) - (a.totalTimeMs ?? 0) || (a.statement < b.statement ? -1 : 1))
    .slice(0, mostStatements);
}

interface Pricing {
  readonly query: Query;
  readonly schema: string;
  readonly version: number;
  readonly candidate: IndexCandidate;
  readonly statements: readonly StatementRow[];
}

async function price({ query, schema, version, candidate, statements }: Pricing): Promise<WhatIf> {
  const [made] = await query<{ id: string; name: string }>(
    `SELECT ${ownMark} indexrelid::text AS id, indexname AS name FROM ${schema}.hypopg_create_index($1)`,
    [candidate.definition],
  );
  try {
    const [size] = await query<{ bytes: number }>(
      `SELECT ${ownMark} ${schema}.hypopg_relation_size($1::oid)::float8 AS bytes`,
      [made?.id ?? '0'],
    );
    const priced: PricedStatement[] = [];
    for (const { statement, text, plan } of statements) {
      const one = explainable(text ?? '');
      if (plan === undefined || one === null || 'why' in one) continue;
      // A statement that fails now worked minutes ago; without it the others still say something.
      const after = await explain(query, version, one, plan.searchPath).catch((error: unknown) => {
        if (error instanceof BudgetError) throw error;
        return null;
      });
      if (after === null) continue;
      const usesIndex = nodesOf(after.root).some(({ index }) => index === made?.name);
      priced.push({ statement, costBefore: plan.root.totalCost, costAfter: after.root.totalCost, usesIndex });
    }
    return { ...candidate, sizeBytes: size?.bytes ?? 0, statements: priced };
  } finally {
    // They are the session's, and behind a pooler the next client's as well.
    await query(`SELECT ${ownMark} ${schema}.hypopg_reset()`).catch(() => {});
  }
}

const about = { kind: 'index', measures: ['whatIf'], source: 'postgres' } as const;

const noHypopg = (database: string, candidates: number): Gap => ({
  ...{ ...about, database, absence: 'not-exported' },
  reason: `HypoPG is not installed in ${database}, so ${candidates === 1 ? 'an index' : `${candidates} indexes`} that might help there could not be shown to the planner.`,
  remedy: `Run CREATE EXTENSION hypopg; in ${database}, where the server has it (Debian: postgresql-NN-hypopg; RDS, Aurora and Cloud SQL bring it).`,
});

function failed(database: string, error: unknown): Gap {
  const late = error instanceof BudgetError;
  return {
    ...{ ...about, database, absence: late ? 'truncated' : 'unreachable' },
    reason: late
      ? `Not every index that might help ${database} was shown to the planner: ${messageOf(error)}.`
      : `Indexes that might help ${database} could not be shown to the planner: ${messageOf(error)}.`,
    remedy: 'Run again at a quieter time; the most promising come first.',
  };
}
