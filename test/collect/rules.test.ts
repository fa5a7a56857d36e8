import { describe, expect, it } from 'vitest';
import { groupOf, isWanted, matches, newName, unknownNames } from '../../lib/collect/rules.ts';
import { ConfigError, readConfig } from '../../lib/config.ts';

describe('a pattern', () => {
  it.each([
    ['db1:9187', 'db1:9187', true],
    ['db1:9187', 'db1:91877', false],
    ['db1', 'db1:9187', false],
    ['db1-9187', 'db1:9187', true], // as the archive spells it
    ['*-staging*', 'shop-staging:5432', true],
    ['*-staging', 'shop-staging:5432', false],
    ['*', 'anything/at all', true],
    ['db.1:*', 'dbx1:9187', false],
    ['a*b*c', 'a1b2c', true],
    ['*a*a*a*a*a*a*b', 'a'.repeat(200), false],
  ])('%s of %s: %s', (pattern, name, is) => {
    expect(matches(pattern, name)).toBe(is);
  });
});

it('includes what is named, and excludes even that', () => {
  expect(isWanted({}, ['a'])).toBe(true);
  expect(isWanted({ include: ['prod-*'] }, ['a'])).toBe(false);
  expect(isWanted({ include: ['prod-*'] }, ['x', 'prod-1'])).toBe(true);
  expect(isWanted({ include: ['prod-*'], exclude: ['*-1'] }, ['prod-1'])).toBe(false);
});

it('groups and renames by any name of a server', () => {
  expect(groupOf({ groups: { orders: ['db1:*'], crm: ['db*'] } }, ['alias', 'db1:9187'])).toBe('orders');
  expect(groupOf({ groups: { orders: ['db1:*'] } }, ['db2:9187'])).toBeNull();
  expect(newName({ rename: { 'db1:9187': 'orders' } }, ['pg-1', 'db1:9187'])).toBe('orders');
  expect(newName({ rename: { 'db1-9187': 'orders' } }, ['db1:9187'])).toBe('orders');
  expect(newName({ rename: { 'db*': 'orders' } }, ['db1:9187'])).toBeNull();
});

it('names the rules that are about nobody', () => {
  const rules = { exclude: ['old-*'], groups: { orders: ['db1:*', 'db9:*'] }, rename: { 'db7:9187': 'x' } };
  expect(unknownNames(rules, ['db1:9187'])).toEqual([
    'targetRules.exclude names old-*, and no such server was discovered.',
    'targetRules.groups.orders names db9:*, and no such server was discovered.',
    'targetRules.rename names db7:9187, and no such server was discovered.',
  ]);
});

describe('the setting', () => {
  const faultsOf = (targetRules: unknown): readonly string[] => {
    try {
      readConfig({
        env: { PG_HUNT_PROMETHEUS_URL: 'http://p' },
        file: { targetRules },
        now: '2026-11-22T00:00:00Z',
      });
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.faults;
    }
  };

  it('is taken as it is', () => {
    const targetRules = {
      include: ['prod-*'],
      exclude: ['*-old'],
      groups: { orders: ['db1:9187', 'db2:9187'] },
      rename: { 'db3:9187': 'crm' },
    };
    const config = readConfig({
      env: { PG_HUNT_PROMETHEUS_URL: 'http://p' },
      file: { targetRules },
      now: '2026-11-22T00:00:00Z',
    });
    expect(config.targetRules).toEqual(targetRules);
  });

  it('has all its faults named at once', () => {
    expect(
      faultsOf({
        incldue: ['a'],
        include: [],
        exclude: ['', 7],
        groups: { orders: ['db1:9187'], shop: ['db1:9187'], '../x': ['a'] },
        rename: { a: 'orders', b: 'same', c: 'same', d: 'no/name' },
      }).map((fault) => fault.replace(/:.*/, '')),
    ).toEqual(
      expect.arrayContaining([
        'targetRules.incldue',
        'targetRules.include',
        'targetRules.exclude[0]',
        'targetRules.exclude[1]',
        'targetRules.groups.../x',
        'targetRules.rename.d',
      ]),
    );
    expect(
      faultsOf({
        groups: { orders: ['db1:9187'], shop: ['db1:9187'] },
        rename: { a: 'orders', b: 'same', c: 'same' },
      }),
    ).toEqual([
      'targetRules.groups.shop[0]: is in the group orders already',
      expect.stringMatching(/^targetRules\.rename\.a: would have the same name as the group orders/),
      expect.stringMatching(/^targetRules\.rename\.c: would have the same name as b/),
    ]);
  });
});
