/**
 * One decision per object. Where several advisors want to act on the same thing, the better finding stays and says what
 * else was said; advice that would harm together is not given together.
 */
import type { Confidence, Work } from '../model/finding.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { byKey, type Candidate, isOpenEnded } from './candidate.ts';
import { withoutHarmfulDrops } from './drops.ts';

export function settle(candidates: readonly Candidate[], snapshot: Snapshot): readonly Candidate[] {
  const kept: Candidate[] = [];
  const about = new Map<string, number[]>();
  for (const candidate of [...candidates].sort(better)) {
    const near = [...new Set(asks(candidate).flatMap((thing) => about.get(thing) ?? []))].sort((a, b) => a - b);
    const into = near.find((at) => kept[at] !== undefined && sameDecision(kept[at], candidate)) ?? kept.length;
    const other = kept[into];
    const one = other === undefined ? candidate : joined(other, candidate);
    kept[into] = one;
    for (const thing of decides(one)) about.set(thing, [...(about.get(thing) ?? []), into]);
  }
  return [...withoutHarmfulDrops(kept, snapshot)].sort(byKey);
}

/** What a finding is about: two that share none of it are never one decision, so no others are compared. */
function asks(candidate: Candidate): readonly string[] {
  const { database, schema, table, index, setting } = candidate.finding.subject;
  const statement = statementOf(candidate);
  return [
    ...(index === undefined ? [] : [JSON.stringify(['index', database, schema, index])]),
    ...(table === undefined ? [] : [JSON.stringify(['table', database, schema, table])]),
    ...(setting === undefined ? [] : [JSON.stringify(['setting', database, table, setting])]),
    ...(statement === undefined ? [] : [JSON.stringify(['statement', statement])]),
  ];
}

/** The same of one that stays, which answers for every statement it speeds up as well. */
function decides(candidate: Candidate): readonly string[] {
  const { benefit } = candidate.finding;
  const faster = benefit.kind === 'time' ? benefit.statements : [];
  return [...new Set([...asks(candidate), ...faster.map((statement) => JSON.stringify(['statement', statement]))])];
}

const sure: { readonly [C in Confidence]: number } = { high: 3, medium: 2, low: 1 };
/** Within one decision: dropping beats rebuilding, doing beats looking, tuning brings its own ANALYZE. */
const weight: { readonly [W in Work]?: number } = { 'rebuild-index': -1, analyze: -1, investigate: -2 };

/** Better first. Of two new indexes the wider one serves both, so it must come first whatever else is known. */
function better(a: Candidate, b: Candidate): number {
  return (
    newColumns(b).length - newColumns(a).length ||
    (weight[b.finding.work] ?? 0) - (weight[a.finding.work] ?? 0) ||
    sure[b.finding.benefit.confidence] - sure[a.finding.benefit.confidence] ||
    likely(b) - likely(a) ||
    byKey(a, b)
  );
}

function likely({ finding: { benefit } }: Candidate): number {
  const value = benefit.kind === 'time' ? benefit.reduces.likely : benefit.kind === 'space' ? benefit.bytes.likely : 0;
  return Number.isFinite(value) ? value : 0;
}

function sameDecision(kept: Candidate, other: Candidate): boolean {
  return (
    sameIndex(kept, other) ||
    sameSetting(kept, other) ||
    sameUpkeep(kept, other) ||
    sameNewIndex(kept, other) ||
    sameQuestion(kept, other)
  );
}

function sameTable(a: Candidate, b: Candidate): boolean {
  const [x, y] = [a.finding.subject, b.finding.subject];
  return x.table !== undefined && x.database === y.database && x.schema === y.schema && x.table === y.table;
}

function sameIndex(a: Candidate, b: Candidate): boolean {
  const [x, y] = [a.finding.subject, b.finding.subject];
  const acts = (work: Work) => work === 'drop-index' || work === 'rebuild-index';
  const same = x.index !== undefined && x.index === y.index && x.database === y.database && x.schema === y.schema;
  return same && acts(a.finding.work) && acts(b.finding.work);
}

function sameSetting(a: Candidate, b: Candidate): boolean {
  const [x, y] = [a.finding.subject, b.finding.subject];
  return x.setting !== undefined && x.setting === y.setting && x.database === y.database && x.table === y.table;
}

/**
 * Vacuum, statistics and storage parameters of one table. An ANALYZE is only covered by a finding that runs one. Dead rows
 * are no bloat: to give space back is a decision of its own.
 */
function sameUpkeep(kept: Candidate, other: Candidate): boolean {
  if (kept.finding.benefit.kind === 'space' || other.finding.benefit.kind === 'space') return false;
  if (kept.area !== 'maintenance' || other.area !== 'maintenance' || !sameTable(kept, other)) return false;
  if (kept.finding.subject.index !== undefined || other.finding.subject.index !== undefined) return false;
  if (kept.advisor === other.advisor || other.finding.work === 'investigate') return false;
  // To switch it on is a change of its own: nothing else prints it, and without it the rest does not last.
  if (switches(kept) !== switches(other)) return false;
  return other.finding.work !== 'analyze' || kept.finding.steps.some((step) => /\bANALYZE\b/.test(step.sql ?? ''));
}

function switches({ finding: { subject } }: Candidate): boolean {
  return subject.setting === 'autovacuum_enabled';
}

/** The narrower columns lead the wider ones: one index does both. Partial and other kinds of index serve fewer reads. */
function sameNewIndex(kept: Candidate, other: Candidate): boolean {
  const [wide, narrow] = [newColumns(kept), newColumns(other)];
  if (narrow.length === 0 || !sameTable(kept, other)) return false;
  return narrow.every((column, at) => wide[at] === column) && plain(kept) && plain(other);
}

function newColumns({ finding: { work, done } }: Candidate): readonly string[] {
  return work === 'create-index' && done.kind === 'index-created' ? done.columns : [];
}

function plain({ finding }: Candidate): boolean {
  const builds = finding.steps.filter(({ sql = '' }) => /^CREATE\s+(UNIQUE\s+)?INDEX\b/i.test(sql));
  return builds.every(({ sql = '' }) => !/\bWHERE\b/i.test(sql) && !/\bUSING\s+(?!btree\b)/i.test(sql));
}

/**
 * Several looks at one statement are one look; advice that knows what to change in it, or a change that takes half of its
 * time, makes the look needless for now.
 */
function sameQuestion(kept: Candidate, other: Candidate): boolean {
  const asked = statementOf(other);
  if (other.area !== 'query' || !isOpenEnded(other) || asked === undefined) return false;
  const { database } = kept.finding.subject;
  if (database !== undefined && database !== other.finding.subject.database) return false;
  const { benefit, work } = kept.finding;
  if (kept.area === 'query' && asked === statementOf(kept)) {
    if (other.finding.work === 'investigate' || work === 'create-index' || opens.has(work)) return true;
  }
  return benefit.kind === 'time' && benefit.statements.includes(asked) && benefit.reduces.likely >= 0.5;
}

const opens: ReadonlySet<Work> = new Set(['investigate', 'rewrite-query']);

function statementOf({ finding: { subject } }: Candidate): string | undefined {
  return subject.statement ?? subject.queryid;
}

/** The kept one with what the other adds: its words, its evidence, its number where the kept one has none. */
function joined(kept: Candidate, other: Candidate): Candidate {
  const [mine, theirs] = [kept.finding, other.finding];
  const seen = new Set(mine.evidence.map((one) => one.label));
  const takesNumber = mine.work === theirs.work && mine.benefit.kind === 'risk' && theirs.benefit.kind !== 'risk';
  const riskier = level[theirs.risk.level] > level[mine.risk.level] && mine.work === theirs.work;
  return {
    ...kept,
    finding: {
      ...mine,
      ...(takesNumber ? { benefit: theirs.benefit, gain: theirs.gain } : {}),
      ...(riskier ? { risk: { ...theirs.risk, rollback: mine.risk.rollback } } : {}),
      evidence: [...mine.evidence, ...theirs.evidence.filter((one) => !seen.has(one.label))],
      approach: `${mine.approach} This also answers “${theirs.title}”.`,
    },
  };
}

const level = { low: 1, medium: 2, high: 3 } as const;
