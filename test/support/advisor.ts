/** The table every advisor's test is: sentences with snapshots, and what must hold for whatever any advisor says. */
import { expect, it } from 'vitest';
import { advise } from '../../lib/advise/advise.ts';
import type { Advisor } from '../../lib/advise/advisor.ts';
import { loadParser } from '../../lib/advise/sql/parse.ts';
import type { KeyedFinding, Outcome } from '../../lib/model/outcome.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { carriesAll, plannedAlone } from './carries.ts';
import { lint } from './lint.ts';

export interface Flags {
  readonly name: string;
  readonly snapshot: Snapshot;
  /** How many findings; 1 unless said. */
  readonly count?: number;
  readonly expect?: (findings: readonly KeyedFinding[], outcome: Outcome) => void;
}

export interface Passes {
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly expect?: (outcome: Extract<Outcome, { state: 'clear' }>) => void;
}

export interface Blind {
  readonly name: string;
  readonly snapshot: Snapshot;
  /** What the reason must say. */
  readonly why?: RegExp;
}

export interface Cases {
  readonly passes: readonly Passes[];
  readonly flags: readonly Flags[];
  readonly blind?: readonly Blind[];
}

export function testAdvisor(advisor: Advisor, { passes, flags, blind = [] }: Cases): void {
  for (const { name, snapshot, expect: more } of passes) {
    it(`passes: ${name}`, async () => {
      const outcome = await judge(advisor, snapshot);
      expect(outcome).toMatchObject({ state: 'clear' });
      if (outcome.state === 'clear') more?.(outcome);
    });
  }
  for (const { name, snapshot, count = 1, expect: more } of flags) {
    it(`flags: ${name}`, async () => {
      const outcome = await judge(advisor, snapshot);
      expect(outcome).toMatchObject({ state: 'found' });
      if (outcome.state !== 'found') return;
      expect(outcome.findings).toHaveLength(count);
      more?.(outcome.findings, outcome);
    });
  }
  for (const { name, snapshot, why } of blind) {
    it(`is blind: ${name}`, async () => {
      const outcome = await judge(advisor, snapshot);
      expect(outcome).toMatchObject({ state: 'blind' });
      if (outcome.state !== 'blind') return;
      expect(outcome.why).toMatch(/\.$/);
      if (why !== undefined) expect(outcome.why).toMatch(why);
    });
  }
}

/** Runs one advisor on a frozen snapshot and holds the answer to the contract. */
export async function judge(advisor: Advisor, snapshot: Snapshot): Promise<Outcome> {
  const frozen = deepFreeze(structuredClone(snapshot));
  const outcome = only(await advise(frozen, [advisor]));
  if (outcome.state === 'failed') throw new Error(`${advisor.card.id} failed: ${outcome.why}`);
  const turned = deepFreeze({
    ...structuredClone(snapshot),
    databases: [...frozen.databases].reverse(),
    tables: [...frozen.tables].reverse(),
    indexes: [...frozen.indexes].reverse(),
    statements: [...frozen.statements].reverse(),
    hosts: [...frozen.hosts].reverse(),
  });
  expect(only(await advise(turned, [advisor])), 'row order must not matter').toEqual(outcome);
  everyNumberIsFinite(outcome);
  if (outcome.state === 'found') {
    const keys = outcome.findings.map((finding) => finding.key);
    expect(new Set(keys).size, `keys are unique: ${keys.join(' ')}`).toBe(keys.length);
    for (const finding of outcome.findings) await holdsTheContract(finding);
    for (const one of plannedAlone(outcome, frozen)) carriesAll(one);
    const printed = outcome.findings.flatMap(({ steps, risk, measuredBy }) => [
      ...steps.flatMap(({ sql }) => sql ?? []),
      ...risk.rollback,
      ...(measuredBy?.language === 'sql' ? [measuredBy.query] : []),
    ]);
    for (const sql of printed) await isOneStatement(sql);
    expect(lint(printed), 'squawk').toEqual([]);
  }
  if (outcome.state === 'found' || outcome.state === 'clear') {
    for (const caveat of outcome.caveats) expect(caveat, 'a caveat is a sentence').toMatch(/[.!?)]$/);
  }
  return outcome;
}

async function holdsTheContract(finding: KeyedFinding): Promise<void> {
  expect(finding.title, 'a title has no full stop').not.toMatch(/\.$/);
  expect(finding.evidence.length, 'evidence').toBeGreaterThan(0);
  expect(finding.steps.length, 'steps').toBeGreaterThan(0);
  for (const words of [finding.title, finding.approach, finding.acceptance, finding.maintenanceWindow]) {
    expect(words.trim()).not.toBe('');
    expect(words, 'no number fell out of a sentence').not.toMatch(/\b(NaN|Infinity|undefined|null)\b/);
  }
  for (const { text } of finding.steps) expect(text).not.toMatch(/\b(NaN|Infinity|undefined)\b/);
  const { benefit, risk } = finding;
  expect(benefit.basis.trim()).not.toBe('');
  if (benefit.kind === 'time') {
    ordered(benefit.reduces);
    expect(benefit.reduces.low).toBeGreaterThanOrEqual(0);
    expect(benefit.reduces.high).toBeLessThanOrEqual(1);
    expect(benefit.statements.length, 'time is gained by some statement').toBeGreaterThan(0);
    expect(new Set(benefit.statements).size).toBe(benefit.statements.length);
  }
  if (benefit.kind === 'space') {
    ordered(benefit.bytes);
    expect(benefit.bytes.low).toBeGreaterThanOrEqual(0);
  }
  for (const { durationEstimate } of finding.steps) if (durationEstimate !== undefined) ordered(durationEstimate);
  if (risk.level !== 'low') {
    expect(risk.mitigation.trim(), 'a risk has a mitigation').not.toBe('');
    const saysWhy = finding.steps.some((step) => /undo|undone|reverse/i.test(step.text));
    expect(risk.rollback.length > 0 || saysWhy, 'a risk can be undone, or a step says why not').toBe(true);
  }
}

function ordered({ low, likely, high }: { low: number; likely: number; high: number }): void {
  expect(low, 'low ≤ likely').toBeLessThanOrEqual(likely);
  expect(likely, 'likely ≤ high').toBeLessThanOrEqual(high);
}

async function isOneStatement(sql: string): Promise<void> {
  expect(sql, 'ends in a semicolon').toMatch(/;$/);
  const parse = await loadParser();
  expect(parse(sql), `PostgreSQL's parser refuses: ${sql}`).not.toBeNull();
}

function everyNumberIsFinite(value: unknown, path = 'outcome'): void {
  if (typeof value === 'number') expect(Number.isFinite(value), `${path} is ${value}`).toBe(true);
  else if (Array.isArray(value)) for (const [at, item] of value.entries()) everyNumberIsFinite(item, `${path}[${at}]`);
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) everyNumberIsFinite(item, `${path}.${name}`);
}

function only(outcomes: readonly Outcome[]): Outcome {
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length !== 1) throw new Error('one advisor gives one outcome');
  return outcome;
}

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
