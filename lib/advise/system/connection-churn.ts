import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteText } from '../sql/quote.ts';
import { about } from '../words.ts';

const PER_SECOND = 5;
/** A short window in which somebody tried something is no habit. */
const LEAST = 10_000;
const COST_MS = 5;

export const connectionChurn = defineAdvisor({
  card: {
    id: 'connection-churn',
    area: 'system',
    title: 'Connections opened anew for every piece of work',
    clear: 'No database has five new sessions a second.',
    why: 'Each connection starts a process, logs in and fills its caches: milliseconds of processor before the first statement. A pool in the application or before the server keeps connections and saves that.',
    source: 'PostgreSQL manual, 27.2.17 pg_stat_database: sessions; 20 Client Authentication',
    thresholds: [
      {
        name: 'new sessions',
        value: '≥ 5 per second over the window in one database, and ≥ 10,000',
        reason: 'monitoring and deployments make far fewer; a working pool makes next to none',
      },
    ],
  },
  needs: { database: ['sessions'] },
  advise({ database }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'database');
    if (seconds === null) {
      const blind = 'It is not known how long sessions have been counted. Run again: the next run subtracts this one.';
      return { findings: [], examined: 0, blind };
    }
    const findings = database
      .filter((row) => row.sessions >= LEAST && row.sessions / seconds >= PER_SECOND)
      .map((row) => {
        const pace = row.sessions / seconds;
        const transactions = row.commits === undefined ? null : (row.commits + (row.rollbacks ?? 0)) / row.sessions;
        return riskFinding({
          subject: { database: row.database, setting: 'sessions' },
          title: `Keep connections to ${row.database}: ${about(pace)} are opened a second`,
          evidence: [
            { label: 'New sessions', value: row.sessions, unit: 'count', source: 'pg_stat_database.sessions' },
            { label: 'New sessions a second', value: pace, unit: 'count', source: 'sessions ÷ window' },
            ...(transactions === null
              ? []
              : [
                  {
                    label: 'Transactions a session',
                    value: transactions,
                    unit: 'count',
                    source: 'pg_stat_database',
                  } as const,
                ]),
          ],
          approach: `${about(pace)} sessions a second begin and end${transactions === null ? '' : `, each for ${about(transactions)} transactions`}. Use the pool of the application’s driver, and where there are many small clients (functions, PHP workers) PgBouncer in transaction mode before the server; on RDS the RDS Proxy does the same.`,
          basis: `Each new connection takes about ${COST_MS} ms of processor (assumed: fork, authentication, caches), here ${about((pace * COST_MS) / 10)} % of one processor. It is not in the statement statistics, so no database time is claimed.`,
          work: 'change-application',
          steps: [
            {
              sql: `SELECT usename, application_name, client_addr, count(*) AS sessions, min(now() - backend_start) AS youngest FROM pg_stat_activity WHERE datname = ${quoteText(row.database)} GROUP BY 1, 2, 3 ORDER BY sessions DESC;`,
              text: 'See who connects; run it a few times, and look for clients whose youngest session is always seconds old.',
              inTransaction: true,
            },
            { text: 'Switch on the pool of that client, or point it at PgBouncer; the former address undoes it.' },
          ],
          risk: {
            level: 'medium',
            technical:
              'In transaction mode, session state such as SET, LISTEN and advisory locks does not survive a transaction.',
            business: 'A pool that is too small makes requests wait where before they were let in.',
            performance: 'A pooler adds a hop of a fraction of a millisecond.',
            mitigation: 'Begin with one client, with a pool as large as its connections at the peak, then shrink it.',
          },
          acceptance: `New sessions in ${row.database} stay below ${PER_SECOND} a second over a week`,
          measuredBy: {
            language: 'sql',
            query: `SELECT sessions, stats_reset FROM pg_stat_database WHERE datname = ${quoteText(row.database)};`,
          },
        });
      });
    return { findings, examined: database.length };
  },
});
