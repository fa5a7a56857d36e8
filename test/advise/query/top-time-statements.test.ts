import { describe, expect } from 'vitest';
import { topTimeStatements } from '../../../lib/advise/query/top-time-statements.ts';
import { testAdvisor } from '../../support/advisor.ts';
import { aDatabase, aServer, aSnapshot, aStatement, spansOf } from '../../support/rows.ts';

/** The database of the default snapshot was busy for 36,000 s in the week; 10 % are 3,600 s. */
const tenth = aStatement({ calls: 10_000, totalTimeMs: 3_600_000, rows: 10_000, sharedBlocksHit: 60_000 });
/** As pgbench's: a millisecond for three blocks. */
const byKey = aStatement({
  text: 'UPDATE orders SET status = $1 WHERE id = $2',
  calls: 20_000_000,
  totalTimeMs: 20_000_000,
  rows: 20_000_000,
  sharedBlocksHit: 60_000_000,
});
const quality = aSnapshot().quality;

describe('top-time-statements', () => {
  testAdvisor(topTimeStatements, {
    passes: [
      {
        name: 'a lookup that reads no more than its rows need: nothing to examine, and the reader is told',
        snapshot: aSnapshot({ statements: [byKey] }),
        expect: (outcome) => expect(outcome.caveats.join()).toContain('no plan makes that faster'),
      },
      {
        name: 'trap 56: little waiting is no news',
        snapshot: aSnapshot({
          databases: [aDatabase({ activeTimeMs: 6_000_000 })],
          statements: [{ ...byKey, totalTimeMs: 2_000_000, stddevTimeMs: 10 }],
        }),
      },
      {
        name: 'an insert that reads nothing, however many index pages it writes to: its plan has no choice',
        snapshot: aSnapshot({
          statements: [{ ...byKey, text: 'INSERT INTO orders VALUES ($1, $2)', sharedBlocksHit: 400_000_000 }],
        }),
      },
      { name: 'a healthy snapshot', snapshot: aSnapshot() },
      {
        name: 'a statement just below a tenth of the time',
        snapshot: aSnapshot({ statements: [{ ...tenth, totalTimeMs: 3_599_000 }] }),
      },
      {
        name: 'the only statement of an idle server',
        snapshot: aSnapshot({
          databases: [aDatabase({ activeTimeMs: undefined })],
          statements: [aStatement({ totalTimeMs: 604_000 })],
        }),
      },
      {
        name: 'utility, COPY, catalog and agents’ statements (trap 58)',
        snapshot: aSnapshot({
          statements: [
            ...['COPY orders TO STDOUT', 'VACUUM orders', 'SELECT * FROM pg_stat_activity', 'SELECT $1'],
            ...[
              'FETCH 100 FROM c',
              'SELECT relname FROM pg_catalog.pg_class',
              'COMMIT',
              'CREATE TABLE t AS SELECT sum(id) FROM orders',
            ],
          ]
            .map((text, at) => aStatement({ ...tenth, queryid: `${at}`, statement: `id:${at}`, text }))
            .concat(aStatement({ ...tenth, queryid: '99', statement: 'id:99', user: 'rdsadmin' })),
        }),
      },
      {
        name: 'cut text that begins like a utility statement (trap 58, 61)',
        snapshot: aSnapshot({ statements: [{ ...tenth, text: '/* nightly */ COPY (SELECT * FROM', textCut: true }] }),
      },
    ],
    flags: [
      {
        name: 'trap 56: an update by key that takes long for the few blocks it touches waits; no plan is the cure',
        snapshot: aSnapshot({ statements: [{ ...byKey, stddevTimeMs: 10 }] }),
        expect: ([finding]) => {
          expect(finding?.title).toBe('Find out what UPDATE on orders (query 1000000000000000001) waits for');
          expect(JSON.stringify(finding?.steps)).toContain('pg_blocking_pids');
          expect(finding?.approach).toContain('no index does');
        },
      },
      {
        name: 'trap 56: the same by its time a block, without a deviation',
        snapshot: aSnapshot({ statements: [{ ...byKey, calls: 40_000, sharedBlocksHit: 120_000, rows: 40_000 }] }),
        expect: ([finding]) => expect(finding?.title).toContain('waits for'),
      },
      {
        name: 'a statement with a tenth of the time, and promises nothing it cannot know',
        snapshot: aSnapshot({ statements: [tenth] }),
        expect: ([finding]) => {
          expect(finding?.benefit.kind).toBe('risk');
          expect(finding?.key).toBe('top-time-statements:shop/id%3A1000000000000000001');
          expect(finding?.evidence[0]).toMatchObject({ value: 0.1, unit: 'share' });
          expect(finding?.steps[0]?.sql).toBe('EXPLAIN (GENERIC_PLAN, VERBOSE) SELECT * FROM orders WHERE id = $1;');
        },
      },
      {
        name: 'a statement that no server can plan without values, without EXPLAIN of it',
        snapshot: aSnapshot({
          statements: [{ ...tenth, text: 'SELECT * FROM orders, generate_series($1, $2) n WHERE id = n' }],
        }),
        expect: ([finding]) => expect(finding?.steps.flatMap(({ sql }) => sql ?? [])).toEqual([]),
      },
      {
        name: 'blocks out of proportion to rows, with what can go at most',
        snapshot: aSnapshot({ statements: [{ ...tenth, sharedBlocksHit: 999_900, sharedBlocksRead: 100 }] }),
        expect: ([finding]) => {
          expect(finding?.benefit).toMatchObject({ kind: 'time', confidence: 'low' });
          if (finding?.benefit.kind !== 'time') return;
          expect(finding.benefit.reduces.low).toBe(0);
          expect(finding.benefit.reduces.high).toBeCloseTo(0.95, 2);
        },
      },
      {
        name: 'an aggregate that must read much, without promising less reading',
        snapshot: aSnapshot({
          statements: [{ ...tenth, text: 'SELECT count(*) FROM orders', sharedBlocksHit: 99_000_000 }],
        }),
        expect: ([finding]) => expect(finding?.benefit.kind).toBe('risk'),
      },
      {
        name: 'the same load in a window of ten minutes',
        snapshot: aSnapshot({
          spans: spansOf(600),
          databases: [aDatabase({ activeTimeMs: 60_000 })],
          statements: [{ ...tenth, calls: 20, totalTimeMs: 6_000 }],
        }),
      },
      {
        name: 'one statement run by two users as one (trap 52)',
        snapshot: aSnapshot({
          statements: [
            { ...tenth, totalTimeMs: 2_000_000 },
            { ...tenth, user: 'batch', totalTimeMs: 1_700_000 },
          ],
        }),
        expect: ([finding]) => expect(finding?.evidence[1]).toMatchObject({ value: 3_700_000 }),
      },
      {
        name: 'the same statement in two databases as two (trap 52)',
        snapshot: aSnapshot({ statements: [tenth, { ...tenth, database: 'archive' }] }),
        count: 2,
      },
      {
        name: 'a statement without text by its queryid, and says how to get the text (trap 61)',
        snapshot: aSnapshot({ statements: [aStatement({ ...tenth, text: undefined })] }),
        expect: ([finding], outcome) => {
          expect(finding?.title).toContain('1000000000000000001');
          expect(finding?.steps[0]?.sql).toBe(
            'SELECT query FROM pg_stat_statements WHERE queryid = 1000000000000000001;',
          );
          expect(outcome).toMatchObject({ caveats: [expect.stringContaining('without complete text')] });
        },
      },
      {
        name: 'no statement to run where the server could not read it back',
        snapshot: aSnapshot({
          server: aServer({ versionNum: 150_010 }),
          statements: [tenth],
        }),
        expect: ([finding]) => expect(finding?.steps.every((step) => step.sql === undefined)).toBe(true),
      },
      {
        name: 'a typed parameter, which only pg_stat_statements prints so, without a statement to run',
        snapshot: aSnapshot({
          statements: [{ ...tenth, text: 'SELECT * FROM orders WHERE created_at > now() - interval $1' }],
        }),
        expect: ([finding]) => expect(finding?.steps.every((step) => step.sql === undefined)).toBe(true),
      },
      {
        name: 'a write, with the warning that EXPLAIN ANALYZE executes it',
        snapshot: aSnapshot({
          statements: [{ ...tenth, text: 'UPDATE orders SET status = $1 WHERE id = $2', sharedBlocksHit: 900_000 }],
        }),
        expect: ([finding]) => expect(JSON.stringify(finding?.steps)).toContain('ROLLBACK'),
      },
      {
        name: 'with a warning when most of the time is unseen (trap 50)',
        snapshot: aSnapshot({ statements: [tenth], quality: { ...quality, statementCoverage: 0.2 } }),
        expect: (_, outcome) => expect(outcome).toMatchObject({ caveats: [expect.stringContaining('20 %')] }),
      },
    ],
    blind: [
      { name: 'without statements', snapshot: aSnapshot({ statements: [] }), why: /statement/ },
      { name: 'when the span of the counters is unknown', snapshot: aSnapshot({ spans: {} }), why: /how long/ },
    ],
  });
});
