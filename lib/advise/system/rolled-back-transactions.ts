import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { about, percent } from '../words.ts';

const SHARE = 0.1;
const LEAST = 1_000;

export const rolledBackTransactions = defineAdvisor({
  card: {
    id: 'rolled-back-transactions',
    area: 'system',
    title: 'Many transactions that are rolled back',
    clear: 'Nearly all transactions are committed.',
    why: 'A rolled-back transaction did its work for nothing, and leaves dead rows behind. Many of them are errors that nobody reads, or a pool that ends every read with ROLLBACK.',
    source: 'PostgreSQL manual, 27.2 pg_stat_database; 13.1 MVCC',
    thresholds: [
      { name: 'rollbacks ÷ all transactions', value: '≥ 10 %', reason: 'retries and validation errors stay below it' },
      { name: 'rollbacks', value: '≥ 1,000', reason: 'a share of few says nothing' },
    ],
  },
  needs: { database: ['commits', 'rollbacks'] },
  advise({ database }) {
    const many = database.filter(
      (row) => row.rollbacks >= LEAST && row.rollbacks / (row.commits + row.rollbacks) >= SHARE,
    );
    const findings = many.map((row) => {
      const share = row.rollbacks / (row.commits + row.rollbacks);
      return riskFinding({
        subject: { database: row.database },
        title: `Find out why ${percent(share)} of the transactions in ${row.database} are rolled back`,
        evidence: [
          { label: 'Rolled back', value: row.rollbacks, unit: 'count', source: 'pg_stat_database.xact_rollback' },
          {
            label: 'Share of all',
            value: share,
            unit: 'share',
            source: 'xact_rollback ÷ (xact_commit + xact_rollback)',
          },
        ],
        approach: `${about(row.rollbacks)} transactions were rolled back. Read the log for errors by SQLSTATE: constraint violations want ON CONFLICT, serialization failures want shorter transactions. If there are none, a framework ends its reads with ROLLBACK, which does no harm: mute this finding.`,
        basis:
          'Averts work done for nothing. How much of it there is, the counters do not tell: a rollback after a read costs nothing.',
        confidence: 'low',
        steps: [
          { text: 'Set log_line_prefix with %e (SQLSTATE), and count the errors of a day by code.' },
          { text: 'Mend the most frequent one at its source.' },
        ],
        acceptance: `The share of rolled-back transactions in ${row.database} is below 10 %, or known to be harmless`,
      });
    });
    return { findings, examined: database.length };
  },
});
