import { defineAdvisor } from '../advisor.ts';
import { about } from '../words.ts';
import { LARGE_ROWS } from './owner.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';

export const unfilteredWrites = defineAdvisor({
  card: {
    id: 'unfiltered-writes',
    area: 'query',
    title: 'UPDATE and DELETE without WHERE, run again and again',
    clear: 'No UPDATE or DELETE without WHERE changes a large table at noticeable cost.',
    why: 'It writes every row of the table and every index entry with it, leaves a dead version of each behind, and locks all of them until it commits. Mostly only a few rows needed the change.',
    source: 'PostgreSQL manual, UPDATE; 24.1.2 Recovering disk space',
    thresholds: [
      ...worthThresholds,
      { name: 'rows per call', value: '≥ 10,000', reason: 'smaller tables are rewritten without anybody noticing' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'rows'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a write has a WHERE',
      spot(load) {
        const { kind, filtered, tables } = load.parsed;
        const perCall = (load.rows ?? 0) / load.calls;
        if ((kind !== 'update' && kind !== 'delete') || filtered || tables.length > 1 || perCall < LARGE_ROWS)
          return null;
        const update = kind === 'update';
        return {
          title: `Change only the rows that need it in`,
          approach: update
            ? 'Add WHERE column IS DISTINCT FROM the new value, so that rows which have it already are left alone; for large changes, go through the table in batches by key.'
            : 'If all rows go, TRUNCATE does it at once, without dead rows (it takes an ACCESS EXCLUSIVE lock for a moment, and cannot be seen by older snapshots). If only old ones should, say which; by time, dropping a partition is cheaper than any DELETE.',
          benefit: {
            reduces: { low: 0, likely: 0.5, high: 0.99 },
            confidence: 'low',
            basis: `Assumed, not measured: each call writes about ${about(perCall)} rows; how many of them really changed was not counted. Half is taken as likely.`,
          },
          work: 'change-application',
          steps: [
            { text: 'Find the job that runs it, and how many rows really change each time.' },
            {
              text: update
                ? 'Add the condition, and batches of some thousand rows with a commit after each where the rows are many.'
                : 'Replace it by TRUNCATE, by a condition, or by partitions that are dropped.',
            },
          ],
          risk: {
            level: 'medium',
            technical:
              'A condition that is too narrow leaves rows as they were; IS DISTINCT FROM is needed where values can be NULL.',
            business: 'A batch that stops half way leaves part of the rows changed: it must be safe to run again.',
          },
        };
      },
    });
  },
});
