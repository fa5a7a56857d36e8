import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../lib/model/outcome.ts';
import { plan } from '../../lib/plan/plan.ts';
import { averted, finding, found, snapshot, space, statement, time, unchanged } from './build.ts';

const GIB = 1024 ** 3;
const seen = snapshot({
  statements: [statement('q1', 500), statement('q2', 400), statement('q3', 100)],
  databases: [{ database: 'shop', sizeBytes: 100 * GIB }],
});
const on = (tableName: string) => ({ database: 'shop', schema: 'public', table: tableName });

function order(...outcomes: readonly Outcome[]): readonly string[] {
  return plan({ outcomes, changes: unchanged, snapshot: seen }).opportunities.map((one) => one.key.split(':')[0] ?? '');
}

describe('priority', () => {
  test('of two equal gains the one with less effort comes first', () => {
    const rewrite = found('a-rewrite', 'query', finding({ statement: 'q1' }, 'rewrite-query', time(['q1'], 0.5)));
    const index = found('b-index', 'index', finding(on('t'), 'create-index', time(['q2'], 0.5)));
    expect(order(rewrite, index)).toEqual(['b-index', 'a-rewrite']);
  });

  test('of two equal gains the surer one comes first', () => {
    const guess = found('a-guess', 'index', finding(on('t'), 'create-index', time(['q1'], 0.4, 'low')));
    const sure = found('b-sure', 'index', finding(on('u'), 'create-index', time(['q2'], 0.5, 'high')));
    expect(order(guess, sure)).toEqual(['b-sure', 'a-guess']);
  });

  test('a second item on a statement falls behind one on a statement nobody helped yet', () => {
    const first = found('a', 'index', finding(on('t'), 'create-index', time(['q1'], 0.9)));
    const overlapping = found('b', 'index', finding(on('u'), 'create-index', time(['q1'], 0.85)));
    const other = found('c', 'index', finding(on('v'), 'create-index', time(['q2'], 0.5)));
    expect(order(first, overlapping, other)).toEqual(['a', 'c', 'b']);
  });

  test('an averted risk stands above small gains and below big ones', () => {
    const risk = found('risk', 'system', finding({}, 'change-setting', averted));
    const small = found('small', 'index', finding(on('t'), 'create-index', time(['q3'], 0.1)));
    const big = found('big', 'index', finding(on('u'), 'create-index', time(['q1'], 0.8)));
    expect(order(risk, small, big)).toEqual(['big', 'risk', 'small']);
  });

  test('a tenth of the disk weighs more than a crumb of time and less than a slice', () => {
    const disk = found('disk', 'index', finding({ ...on('t'), index: 'i' }, 'drop-index', space(10 * GIB)));
    const crumb = found('crumb', 'index', finding(on('u'), 'create-index', time(['q3'], 0.05)));
    const slice = found('slice', 'index', finding(on('v'), 'create-index', time(['q1'], 0.3)));
    expect(order(disk, crumb, slice)).toEqual(['slice', 'disk', 'crumb']);
  });

  test('an investigation waits for every concrete item on its statement, however small', () => {
    const look = found('look', 'query', finding({ statement: 'q1' }, 'investigate', time(['q1'], 0.9, 'high')));
    const small = found('small', 'index', finding(on('t'), 'create-index', time(['q1'], 0.02, 'low')));
    expect(order(look, small)).toEqual(['small', 'look']);
  });

  test('ties go by key', () => {
    const one = (id: string) => found(id, 'system', finding({}, 'change-setting', averted));
    expect(order(one('c'), one('a'), one('b'))).toEqual(['a', 'b', 'c']);
  });
});
