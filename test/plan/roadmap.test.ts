import { describe, expect, test } from 'vitest';
import { plan } from '../../lib/plan/plan.ts';
import { averted, finding, found, snapshot, unchanged } from './build.ts';

const on = (table: string) => ({ database: 'shop', schema: 'public', table });

function roadmap(...findings: readonly ReturnType<typeof finding>[]) {
  return plan({ outcomes: [found('a', 'index', ...findings)], changes: unchanged, snapshot: snapshot() }).roadmap;
}

describe('roadmap', () => {
  test('a phase without items is left out', () => {
    expect(roadmap(finding(on('t'), 'create-index', averted)).map((one) => one.phase)).toEqual(['Quick wins']);
  });

  test('each item stands in exactly one phase, in the order of the plan', () => {
    const phases = roadmap(
      finding(on('t'), 'change-infrastructure', averted),
      finding(on('u'), 'create-index', averted),
      finding(on('v'), 'change-application', averted),
      finding(on('w'), 'change-storage', averted),
    );
    expect(phases.map(({ weeks, items }) => [weeks, items])).toEqual([
      ['1–2', ['a:shop/public/w', 'a:shop/public/u']],
      ['3–8', ['a:shop/public/v']],
      ['9–26', ['a:shop/public/t']],
    ]);
  });

  test('resources count people, windows and machine hours', () => {
    const window = { maintenanceWindow: 'a quiet hour', machineMinutes: 90 };
    const one = roadmap(finding(on('t'), 'create-index', averted, window))[0];
    expect(one?.resources).toBe(
      '0.6 person-days of one engineer; 1 item needs a maintenance window; about 1.5 hours of machine time',
    );
    const many = Array.from({ length: 41 }, (_, at) => finding(on(`t${at}`), 'create-index', averted));
    expect(roadmap(...many)[0]?.resources).toBe('10 person-days, 2 people to keep the dates; no maintenance window');
  });

  test('high risk asks for a rehearsal', () => {
    const risk = {
      level: 'high',
      technical: '',
      business: '',
      performance: '',
      mitigation: '',
      rollback: ['X;'],
    } as const;
    expect(roadmap(finding(on('t'), 'vacuum', averted, { risk }))[0]?.mitigation).toBe(
      'Rehearse the 1 high-risk item on a copy first. 1 of 1 item has rollback statements ready.',
    );
  });
});
