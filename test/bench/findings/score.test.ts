import { describe, expect, it } from 'vitest';
import type { Scene } from '../scenes/scene.ts';
import { judge } from './judge.ts';
import { report } from './report.ts';
import { type Claim, type Found, figures, score, shape } from './score.ts';

const index: Claim = { advisors: ['missing-indexes'], table: 'orders', says: '(reference)', why: 'planted' };
const either: Claim = { advisors: ['unused-indexes', 'duplicate-indexes'], index: 'twin', why: 'planted' };
const found = (changes: Partial<Found> = {}): Found => ({
  advisor: 'missing-indexes',
  title: 'Create an index on public.orders (reference)',
  table: 'orders',
  index: 'orders_reference_idx',
  ...changes,
});
const truth = { planted: [index, either], innocents: [], alsoTrue: [] };

describe('a finding and a plant', () => {
  it('are one when advisor, subject and columns are the same', () => {
    const twin = found({ advisor: 'duplicate-indexes', title: 'Drop twin', index: 'twin' });
    expect(score([found(), twin], truth)).toMatchObject({ hit: [index, either], missed: [], wrong: [] });
  });

  it.each([
    ['another advisor', { advisor: 'top-time-statements' }],
    ['another table', { table: 'customers' }],
    ['another column', { title: 'Create an index on public.orders (total)' }],
  ])('are not one with %s: one missed, one false', (_what, changes) => {
    const scored = score([found(changes)], { ...truth, planted: [index] });
    expect(scored).toMatchObject({ hit: [], missed: [index], wrong: [found(changes)] });
  });
});

describe('what nobody planted', () => {
  const also: Claim = { advisors: ['stale-statistics'], table: 'orders', why: 'loaded since' };
  const stale = found({ advisor: 'stale-statistics', title: 'Refresh', index: undefined });

  it('is false', () => {
    expect(score([stale], truth).wrong).toEqual([stale]);
  });

  it('counts on neither side where it is listed as also true', () => {
    const scored = score([found(), stale], { ...truth, planted: [index], alsoTrue: [also] });
    expect(scored).toMatchObject({ right: [found()], wrong: [], also: [{ found: stale, claim: also }] });
    expect(figures([scored])).toEqual({ planted: 1, recall: 1, precision: 1 });
  });

  it('is false on an innocent even then', () => {
    const innocent: Claim = { advisors: ['stale-statistics'], table: 'orders', why: 'empty by design' };
    const scored = score([stale], { planted: [], innocents: [innocent], alsoTrue: [also] });
    expect(scored).toMatchObject({ wrong: [stale], accused: [innocent], also: [] });
  });
});

it('recall and precision are of all scenes together', () => {
  const one = score([found()], truth);
  const other = score([found(), found({ table: 'customers' })], { ...truth, planted: [index] });
  expect(figures([one, other])).toEqual({ planted: 3, recall: 2 / 3, precision: 2 / 3 });
});

it.each([
  ["SELECT a FROM t WHERE b = 'it''s' AND c IN (1, 2)", 'select a from  t where b = $1 AND c IN ($2 /*, ... */);'],
  ["INSERT INTO t VALUES ($1, 'x')", 'INSERT INTO t VALUES ($1, $2)'],
])('a statement is known again without its values: %s', (scene, server) => {
  expect(shape(scene)).toBe(shape(server));
  expect(shape(scene)).not.toBe(shape(`${server} -- no`));
});

const small: Scene = {
  name: 'small',
  kind: 'a table, its twin index and three statements',
  build: [
    `CREATE TABLE things (id int PRIMARY KEY, code text NOT NULL, pad text NOT NULL);
     INSERT INTO things SELECT n, md5(n::text), repeat('p', 120) FROM generate_series(1, 80000) n`,
    'CREATE INDEX things_twin ON things (id)',
  ],
  ops: [
    { name: 'by code', calls: 40, sql: 'SELECT id FROM things WHERE code = $1', values: ({ nth }) => [`none ${nth}`] },
    { name: 'by key', calls: 40, sql: 'SELECT code FROM things WHERE id = $1', values: ({ nth }) => [nth] },
    { name: 'change', calls: 40, sql: "UPDATE things SET pad = 'q' WHERE id = $1", values: ({ nth }) => [nth] },
  ],
  doctored: [],
  planted: [
    { advisors: ['missing-indexes'], table: 'things', says: '(code)', why: 'read whole for one row' },
    { advisors: ['duplicate-indexes'], index: 'things_twin', why: 'repeats the primary key' },
  ],
  innocents: [{ advisors: ['duplicate-indexes', 'unused-indexes'], index: 'things_pkey', why: 'the primary key' }],
  alsoTrue: [],
};

it('a small scene goes through the whole: what is planted is found, and nothing else', async () => {
  const judged = await judge(small);
  expect(judged.score).toMatchObject({ hit: small.planted, missed: [], wrong: [], accused: [] });
  expect(report([judged])).toContain('| **All** | 2 | 0 | **100.0 %** | 2 | 0 | 0 | **100.0 %** | 1 of 1 |');
});
