/** A fault in the data of a dialect stops the program at start, by dialect, measure and fault. */
import { describe, expect, test } from 'vitest';
import { CatalogueError, checked, faultsIn, hostFaultsIn } from '../../../lib/collect/prometheus/catalogue.ts';
import {
  type Binding,
  bind,
  type Dialect,
  exporter,
  off,
  on,
  postgres,
} from '../../../lib/collect/prometheus/dialect.ts';
import { dialects, hostDialects } from '../../../lib/collect/prometheus/dialects/index.ts';
import { wantedOf } from '../../../lib/collect/prometheus/wanted.ts';

const own = bind('Switch it on.', off('--collector.own'));
const labels = {
  ...{ database: ['datname'], schema: ['schemaname'], table: ['relname'], index: ['indexrelname'] },
  ...{ user: ['user'], queryid: ['queryid'] },
};
const none = { server: {}, database: {}, table: {}, index: {}, statement: {} };
const one = (measure: string, binding: Binding): Dialect => ({
  ...{ id: 'made-up', title: 'made up', labels },
  // Names of measures are part of what is tested.
  bindings: { ...none, table: { [measure]: binding } as Dialect['bindings']['table'] },
});

test('every dialect that is listed has been checked and found right', () => {
  expect([...dialects.flatMap(faultsIn), ...hostDialects.flatMap(hostFaultsIn)]).toEqual([]);
  expect(dialects.length + hostDialects.length).toBeGreaterThan(14);
});

const faults: readonly (readonly [string, string, Binding])[] = [
  ['no such measure', 'deadTuples', own('average', 'pg_x')],
  ['increase of a measure that is an average', 'deadRows', own('increase', 'pg_x')],
  ['now of a measure that is a counter', 'vacuums', own('now', 'pg_x')],
  ['increase of a gauge', 'vacuums', own('increase', 'pg_x', { kind: 'gauge' })],
  ['average of a counter', 'deadRows', own('average', 'pg_x', { kind: 'counter' })],
  ['pg_x y is no name of a metric', 'deadRows', own('average', 'pg_x y')],
  ['x is outside of the family pg_.+, so nobody asks for it', 'deadRows', own('average', 'x')],
  ['the same name twice', 'deadRows', own('average', ['pg_x', 'pg_x'])],
  ['state=idle is no label matcher', 'deadRows', own('average', 'pg_x', { matching: 'state=idle' })],
  ['a factor that is no positive number', 'deadRows', own('average', 'pg_x', { factor: 0 })],
  ['a sentinel of average: only newest values have one', 'deadRows', own('average', 'pg_x', { absent: [0] })],
  ['an age for a measure that is no time', 'deadRows', own('average', 'pg_x', { age: true })],
  ['a cadence that is no time', 'deadRows', own('average', 'pg_x', { cadence: 0 })],
  ['a pair of names goes with averageRatio and ratio', 'deadRows', own('averageRatio', 'pg_x')],
  ['a name without _sum', 'deadRows', own('averageRatio', 'pg_x', { ratio: ['_sum', '_count'] })],
  ['PostgreSQL from 17 to 16', 'deadRows', own('average', [['pg_x', postgres(17, 16)]])],
  ['switch it on is no sentence', 'deadRows', bind('switch it on')('average', 'pg_x')],
];
test.each(faults)('%s', (fault, measure, binding) => {
  expect(faultsIn(one(measure, binding))).toEqual([`made-up: table.${measure}: ${fault}`]);
});

test('a row that no label tells from another is a fault', () => {
  const dialect = { ...one('deadRows', own('average', 'pg_x')), labels: { ...labels, schema: [], table: [] } };
  expect(faultsIn(dialect)).toEqual([
    'made-up: table: no label tells the schema',
    'made-up: table: no label tells the table',
  ]);
  const split = { ...dialect, labels: { ...labels, schema: [] } };
  expect(faultsIn({ ...split, splits: [{ role: 'table', at: '.', into: ['schema', 'table'] }] })).toEqual([]);
});

test('one metric is one kind, whoever reads it', () => {
  const dialect: Dialect = {
    ...one('vacuums', own('increase', 'pg_x')),
    bindings: { ...none, table: { vacuums: own('increase', 'pg_x'), deadRows: own('average', 'pg_x') } },
  };
  expect(faultsIn(dialect)).toEqual(['made-up: table.deadRows: pg_x is a counter elsewhere, a gauge here']);
});

test('all faults of all dialects are told at once, and nothing runs with them', () => {
  const bad = one('deadTuples', own('average', 'pg_x'));
  const run = () => checked([bad, bad], faultsIn);
  expect(run).toThrow(CatalogueError);
  expect(run).toThrow(/made-up: listed twice\nmade-up: table\.deadTuples: no such measure\nmade-up: table\.deadTuples/);
  expect(hostFaultsIn({ id: 'm', title: 'm', family: 'm_.+', host: [], bindings: {} })).toEqual([
    'm: no label tells the machine',
  ]);
});

describe('what was looked for', () => {
  const names = [
    ['pg_new', { ...postgres(17), ...exporter('0.17') }] as const,
    ['pg_old', postgres(null, 16)] as const,
  ];
  const binding = own('increase', names);

  test('is what the version of the server can have, with the versions of the exporter', () => {
    expect(wantedOf(binding, 180_001).names).toEqual(['pg_new (0.17 and later)']);
    expect(wantedOf(binding, 150_020).names).toEqual(['pg_old']);
    expect(wantedOf(binding, undefined).names).toEqual(['pg_new (0.17 and later)', 'pg_old']);
  });

  test('has the switch that publishes it', () => {
    expect(wantedOf(binding, undefined).switched).toBe('; --collector.own publishes it and is off by default');
    expect(wantedOf(bind('Go.', on('x'))('now', 'pg_x'), undefined).switched).toMatch(
      /on by default, so it was switched off/,
    );
  });

  test('is nothing where the server is too old', () => {
    expect(wantedOf(own('increase', [['pg_new', postgres(14)]]), 130_020).unsupported).toEqual({
      reason: 'PostgreSQL 13 does not have it; it came with 14.',
      remedy: 'Upgrade PostgreSQL to 14 or later.',
    });
  });

  test('is the exporter for an older server only, where it is too young', () => {
    expect(wantedOf(own('increase', [['pg_old', postgres(null, 16)]]), 170_000).unsupported?.remedy).toMatch(
      /Upgrade the exporter/,
    );
  });
});
