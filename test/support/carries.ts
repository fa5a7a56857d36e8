/** What every piece of advice carries, whoever gives it: each field there, and with something in it. */
import { expect } from 'vitest';
import type { Changes } from '../../lib/model/changes.ts';
import { type Opportunity, opportunitySchema } from '../../lib/model/opportunity.ts';
import type { Outcome } from '../../lib/model/outcome.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';
import { plan } from '../../lib/plan/plan.ts';

export const unchanged: Changes = {
  firstRun: true,
  previousEnd: null,
  pinnedEnd: null,
  regressions: [],
  progress: [],
  status: {},
  gone: [],
  baseline: [],
  meanMsThen: {},
  tracked: [],
  notes: [],
};

/** As the plan makes it of one outcome alone, so that no other advice takes its place. */
export function plannedAlone(outcome: Outcome, snapshot: Snapshot): readonly Opportunity[] {
  return plan({ outcomes: [outcome], changes: unchanged, snapshot }).opportunities;
}

/** A sentence with something in it: no shrug, no single word. */
function says(words: string, what: string): void {
  expect(words.trim(), what).not.toMatch(/^(none|n\/a|unknown|see above)?\.?$/i);
  expect(words.trim().length, `${what}: “${words}”`).toBeGreaterThanOrEqual(20);
  expect(words, what).not.toMatch(/\b(NaN|Infinity|undefined|null|TODO)\b/);
}

export function carriesAll(one: Opportunity): void {
  const at = one.key;
  expect(() => opportunitySchema.parse(one), at).not.toThrow();
  // Current performance, and where to see it again.
  expect(
    one.evidence.some(({ value }) => typeof value === 'number' || value.length > 0),
    `${at}: current performance`,
  ).toBe(true);
  for (const { label, source } of one.evidence) expect([label, source], at).not.toContain('');
  says(one.approach, `${at}: approach`);
  benefit(one);
  effort(one);
  for (const risk of ['technical', 'business', 'performance', 'mitigation'] as const)
    says(one.risk[risk], `${at}: ${risk} risk`);
  for (const [number, step] of one.steps.entries()) {
    says(step.text, `${at}: step ${number + 1}`);
    if (step.sql === undefined) continue;
    const { lock, blocks, inTransaction, durationEstimate, diskBytes, walBytes } = step;
    const facts = { lock, blocks, inTransaction, durationEstimate, diskBytes, walBytes };
    const missing = Object.entries(facts).filter(([, value]) => value === undefined || value === '');
    expect(
      missing.map(([name]) => name),
      `${at}: ${step.sql}`,
    ).toEqual([]);
  }
  expect(one.maintenanceWindow, at).toMatch(/^none needed$|\b(\w+\W+){2}/);
  expect(
    one.risk.rollback.every((sql) => sql.endsWith(';')),
    `${at}: rollback`,
  ).toBe(true);
  says(one.acceptance, `${at}: acceptance`);
  expect(one.measuredBy, `${at}: no query shows whether it worked`).toBeDefined();
  says(one.measuredBy?.query ?? '', `${at}: query of acceptance`);
  if (one.benefit.kind === 'time')
    expect(one.measuredBy, `${at}: target`).toMatchObject({ target: expect.any(Number) });
  says(one.notes?.test ?? '', `${at}: test notes`);
  says(one.notes?.rollout ?? '', `${at}: rollout notes`);
}

function benefit({
  key,
  benefit: { kind, low, likely, high, basis, confidence, shareOfDbTime },
  roi,
}: Opportunity): void {
  says(basis, `${key}: basis`);
  expect(['low', 'medium', 'high'], key).toContain(confidence);
  if (kind === 'risk') {
    expect([low, likely, high, roi], `${key}: no number is invented for a risk`).toEqual([null, null, null, null]);
    return;
  }
  expect(
    [low, likely, high].every((value) => typeof value === 'number'),
    `${key}: benefit in numbers`,
  ).toBe(true);
  expect((low ?? 0) <= (likely ?? 0) && (likely ?? 0) <= (high ?? 0), `${key}: ${low} ≤ ${likely} ≤ ${high}`).toBe(
    true,
  );
  if (kind !== 'time') return;
  expect(shareOfDbTime, `${key}: share of database time`).toBeDefined();
  expect(typeof roi, `${key}: ROI`).toBe('number');
}

function effort({ key, effort: all, steps }: Opportunity): void {
  const { engineerHours, analysis = Number.NaN, review = Number.NaN, rollout = Number.NaN, machineMinutes } = all;
  expect(engineerHours, key).toBeGreaterThan(0);
  expect(analysis, `${key}: analysis`).toBeGreaterThan(0);
  expect(analysis + review + rollout, `${key}: the parts make the whole`).toBeCloseTo(engineerHours, 9);
  if (steps.some(({ sql }) => sql !== undefined)) expect(machineMinutes, `${key}: machine time`).toBeGreaterThan(0);
}
