import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { about } from '../words.ts';

const PER_DAY = 1;
const LEAST = 3;

export const deadlocks = defineAdvisor({
  card: {
    id: 'deadlocks',
    area: 'system',
    title: 'Transactions that block each other for good',
    clear: 'Deadlocks are rarer than one a day.',
    why: 'Two transactions that lock the same rows in different order wait for each other until PostgreSQL cancels one after deadlock_timeout. Its work is lost, and a user sees an error.',
    source: 'PostgreSQL manual, 13.3.4 Deadlocks',
    thresholds: [
      { name: 'deadlocks', value: '≥ 1 a day, and ≥ 3', reason: 'a single one is chance; scales with the window' },
    ],
  },
  needs: { database: ['deadlocks'] },
  advise({ database }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'database');
    if (seconds === null) {
      return {
        findings: [],
        examined: 0,
        blind: 'It is not known how long the deadlocks have been counted. Run again: the next run subtracts this one.',
      };
    }
    const often = database.filter((row) => row.deadlocks >= LEAST && (row.deadlocks / seconds) * 86_400 >= PER_DAY);
    const findings = often.map((row) =>
      riskFinding({
        subject: { database: row.database },
        title: `Lock rows in one order: ${about(row.deadlocks)} deadlocks in database ${row.database}`,
        evidence: [{ label: 'Deadlocks', value: row.deadlocks, unit: 'count', source: 'pg_stat_database.deadlocks' }],
        approach:
          'The server’s log holds both statements of each deadlock. Change the code so that every transaction locks the same rows in the same order (sort the keys before a batch, SELECT … FOR UPDATE ORDER BY id), and keep transactions short. Foreign keys without an index and long batches make it more likely. Until then, retry the cancelled transaction.',
        basis:
          'Averts cancelled transactions and a second of waiting for each. What they cost the users is not measured here.',
        work: 'change-application',
        steps: [
          { text: 'Search the log for “deadlock detected”: its DETAIL names both statements and both locks.' },
          {
            text: 'Bring the two code paths to the same order, and add a retry on SQLSTATE 40P01. The former version undoes it.',
          },
        ],
        acceptance: `pg_stat_database.deadlocks of ${row.database} grows by less than one a day`,
      }),
    );
    return { findings, examined: database.length };
  },
});
