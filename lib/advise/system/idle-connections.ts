import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteText } from '../sql/quote.ts';
import { about, bytes, percent } from '../words.ts';

const OPEN = 100;
const BUSY_SHARE = 0.05;
/** A process, its caches of the catalog and its page tables; assumed, as nobody counts them. */
const BYTES_EACH = { low: 2 * 1024 ** 2, high: 10 * 1024 ** 2 };
/** Room for what comes at once, above what is busy on average. */
const HEADROOM = 4;
const LEAST_POOL = 10;

export const idleConnections = defineAdvisor({
  card: {
    id: 'idle-connections',
    area: 'system',
    title: 'Many connections that hardly work',
    clear: 'No database keeps a hundred connections open that are nearly always idle.',
    why: 'Every open connection is a process with caches of its own, and every snapshot looks through all of them. A pool shared by all clients serves the same work with a few.',
    source: 'PostgreSQL manual, 27.2.17 pg_stat_database: session_time, active_time; 19.3 max_connections',
    thresholds: [
      {
        name: 'open sessions on average',
        value: '≥ 100 in one database',
        reason: 'session time ÷ window; fewer cost next to nothing since PostgreSQL 14',
      },
      {
        name: 'time they execute ÷ time they are open',
        value: '≤ 5 %',
        reason: 'with more, a shared pool would save little',
      },
    ],
  },
  needs: { database: ['sessionTimeMs', 'activeTimeMs'] },
  advise({ database }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'database');
    if (seconds === null) {
      const blind = 'It is not known how long sessions have been counted. Run again: the next run subtracts this one.';
      return { findings: [], examined: 0, blind };
    }
    const findings = database.flatMap((row) => {
      const open = row.sessionTimeMs / 1000 / seconds;
      // A transaction that waits for its client occupies a pooled connection as well.
      const busy = (row.activeTimeMs + (row.idleInTransactionTimeMs ?? 0)) / 1000 / seconds;
      if (open < OPEN || busy > BUSY_SHARE * open) return [];
      const pool = Math.min(Math.floor(open), Math.max(LEAST_POOL, Math.ceil(busy * HEADROOM)));
      const spared = open - pool;
      return [
        riskFinding({
          subject: { database: row.database, setting: 'idle connections' },
          title: `Share connections to ${row.database}: ${about(open)} are open, ${busy < 1 ? 'less than one works' : `${about(busy)} work`}`,
          evidence: [
            { label: 'Open on average', value: open, unit: 'count', source: 'pg_stat_database.session_time ÷ window' },
            {
              label: 'Working on average',
              value: busy,
              unit: 'count',
              source: '(active_time + idle_in_transaction_time) ÷ window',
            },
            { label: 'Share of the time', value: busy / open, unit: 'share', source: 'pg_stat_database' },
          ],
          approach: `The connections work ${percent(busy / open)} of the time. Let the clients share a pool: PgBouncer in transaction mode (on RDS the RDS Proxy) with about ${pool} connections serves ${HEADROOM} times the average, or give each client’s own pool a smaller minimum and an idle timeout. Look at the peak of busy sessions before settling on a size.`,
          basis: `About ${about(spared)} processes fewer, at an assumed ${bytes(BYTES_EACH.low)} to ${bytes(BYTES_EACH.high)} each: ${bytes(spared * BYTES_EACH.low)} to ${bytes(spared * BYTES_EACH.high)} for the cache. Averts running into max_connections in a burst. No database time is promised.`,
          work: 'change-application',
          steps: [
            {
              sql: `SELECT usename, application_name, client_addr, count(*) AS open, count(*) FILTER (WHERE state <> 'idle') AS busy, max(now() - state_change) FILTER (WHERE state = 'idle') AS longest_idle FROM pg_stat_activity WHERE datname = ${quoteText(row.database)} GROUP BY 1, 2, 3 ORDER BY open DESC;`,
              text: 'See whose connections they are, at several moments of a busy hour.',
              inTransaction: true,
            },
            {
              text: 'Shrink the pool of the client with most of them, or point it at a shared pool; the former setting undoes it.',
            },
          ],
          risk: {
            level: 'medium',
            technical:
              'In transaction mode, session state such as SET, LISTEN and advisory locks does not survive a transaction.',
            business: 'A pool that is too small makes requests wait where before they were let in.',
            performance: 'A pooler adds a hop of a fraction of a millisecond.',
            mitigation: 'Begin with one client and watch how long its requests wait for a connection.',
          },
          measuredBy: {
            language: 'sql',
            query: `SELECT session_time, active_time, idle_in_transaction_time, sessions, stats_reset FROM pg_stat_database WHERE datname = ${quoteText(row.database)};`,
          },
          acceptance: `Fewer than ${OPEN} sessions are open in ${row.database} on average over a week, and no client waits for one`,
        }),
      ];
    });
    return { findings, examined: database.length };
  },
});
