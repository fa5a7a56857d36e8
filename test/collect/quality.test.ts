import { describe, expect, it } from 'vitest';
import { coversWindow, type QualityInput, qualityOf } from '../../lib/collect/quality.ts';
import type { Span } from '../../lib/model/snapshot.ts';

const window = { start: '2026-11-15T00:00:00.000Z', end: '2026-11-22T00:00:00.000Z' };
const span = (start: string, basis: Span['basis'] = 'previous-run'): Span => ({
  start,
  end: window.end,
  source: 'postgres',
  basis,
});
const judge = (snapshot: Partial<QualityInput['snapshot']>, more: Partial<QualityInput> = {}) =>
  qualityOf({
    snapshot: { databases: [], statements: [], spans: {}, ...snapshot },
    window,
    sources: ['postgres'],
    coveredShare: null,
    resets: 0,
    statisticsAgeSeconds: null,
    blindDatabases: [],
    bySource: [],
    notes: [],
    ...more,
  });
const busy = [
  { database: 'a', activeTimeMs: 600 },
  { database: 'b', activeTimeMs: 400 },
];
const statement = (totalTimeMs: number) => ({ database: 'a', queryid: '1', statement: 'f', totalTimeMs });
const both = { database: span(window.start), statement: span(window.start) };

describe('the share of time that the statements explain', () => {
  it('is what they add up to, and silent when that is enough', () => {
    const quality = judge({ databases: busy, statements: [statement(500), statement(300)], spans: both });
    expect(quality.statementCoverage).toBe(0.8);
    expect(quality.notes).toEqual([]);
  });

  it('is a note when much is missing', () => {
    const quality = judge({ databases: busy, statements: [statement(250)], spans: both });
    expect(quality.notes).toEqual([
      'The statements seen make up 25 % of the time the databases were busy; the rest ran in statements nobody recorded.',
    ]);
  });

  it.each([
    ['no active_time', { databases: [{ database: 'a' }], statements: [statement(5)], spans: both }],
    ['no statements', { databases: busy, spans: both }],
    [
      'other spans',
      { databases: busy, statements: [statement(5)], spans: { ...both, database: span('2026-01-01T00:00:00.000Z') } },
    ],
  ])('is unknown with %s', (_, snapshot) => {
    expect(judge(snapshot).statementCoverage).toBeNull();
  });
});

describe('what the counters cover', () => {
  it('needs no word when it is the window', () => {
    expect(judge({ spans: { table: span('2026-11-15T20:00:00.000Z') } }).notes).toEqual([]);
  });

  it('is a note of its own when it is less than a day', () => {
    const start = new Date(Date.parse(window.end) - 4200).toISOString();
    expect(judge({ spans: { statement: span(start) } }).notes[0]).toContain('cover only 4.2 s, less than a day');
    expect(judge({ spans: { statement: span('2026-11-21T00:00:00.000Z') } }).notes.join()).not.toContain('only');
  });

  it('is said once for kinds that began together', () => {
    const began = span('2026-03-01T06:30:00.000Z', 'statistics-reset');
    const later = span('2026-03-01T06:30:05.000Z', 'statistics-reset');
    const old = span('2026-10-01T00:00:00.000Z');
    expect(judge({ spans: { table: began, index: later, statement: old } }).notes).toEqual([
      'Counters of statement rows cover the time since the last run, 2026-10-01 00:00 UTC.',
      'Counters of table, index rows cover the time since their statistics began, 2026-03-01 06:30 UTC.',
    ]);
  });

  it.each([
    ['2026-11-15T00:00:00.000Z', true],
    ['2026-11-16T09:00:00.000Z', true],
    ['2026-11-16T12:00:00.000Z', false],
    ['2026-11-13T12:00:00.000Z', false],
  ])('from %s stands for the week: %s', (start, covers) => {
    expect(coversWindow(span(start), window)).toBe(covers);
  });
});

it('names the databases nobody looked into, before what the sources say', () => {
  const { notes, blindDatabases } = judge({}, { blindDatabases: ['a', 'b'], notes: ['Prometheus warned.'] });
  expect(blindDatabases).toEqual(['a', 'b']);
  expect(notes).toEqual([
    'Nobody looked at the tables of a, b, so nothing is advised about them.',
    'Prometheus warned.',
  ]);
});
