import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { about, percent } from '../words.ts';

const SHARE = 0.05;
const LEAST = 100;

export const lostSessions = defineAdvisor({
  card: {
    id: 'lost-sessions',
    area: 'system',
    title: 'Sessions whose client vanished',
    clear: 'Sessions end because their client ends them.',
    why: 'The server notices a vanished client only when it next writes to it. Until then the session keeps its connection, its snapshot and its locks, and what it did in an open transaction is lost.',
    source:
      'PostgreSQL manual, 27.2.17 pg_stat_database: sessions_abandoned, sessions_fatal; 19.3.2 tcp_keepalives_idle',
    thresholds: [
      {
        name: 'sessions abandoned or ended by an error ÷ all sessions',
        value: '≥ 5 %',
        reason: 'deployments and laptops that are closed stay below it',
      },
      { name: 'such sessions', value: '≥ 100', reason: 'a share of few says nothing' },
    ],
  },
  needs: { database: ['sessions', 'sessionsAbandoned', 'sessionsFatal'] },
  advise({ database }) {
    const lost = database.filter((row) => {
      const count = row.sessionsAbandoned + row.sessionsFatal;
      return count >= LEAST && count >= SHARE * row.sessions;
    });
    const findings = lost.map((row) => {
      const share = Math.min(1, (row.sessionsAbandoned + row.sessionsFatal) / Math.max(1, row.sessions));
      return riskFinding({
        subject: { database: row.database, setting: 'sessions_abandoned' },
        title: `Find out why ${percent(share)} of the sessions in ${row.database} are cut off`,
        evidence: [
          {
            label: 'Clients vanished',
            value: row.sessionsAbandoned,
            unit: 'count',
            source: 'pg_stat_database.sessions_abandoned',
          },
          {
            label: 'Ended by an error',
            value: row.sessionsFatal,
            unit: 'count',
            source: 'pg_stat_database.sessions_fatal',
          },
          { label: 'All sessions', value: row.sessions, unit: 'count', source: 'pg_stat_database.sessions' },
        ],
        approach: `${about(row.sessionsAbandoned)} sessions lost their client and ${about(row.sessionsFatal)} ended by an error. Look for clients that exit without closing, firewalls and load balancers that drop idle connections (often after 350 s), and memory limits that kill the client. Close connections on exit, and let keepalives come sooner than the shortest idle limit between the two.`,
        basis:
          'Averts connections, locks and old snapshots held for clients that are gone. How long they were held is not counted.',
        confidence: 'medium',
        steps: [
          {
            text: 'Set log_disconnections = on for a day and count the endings by client: “unexpected EOF on client connection” names a vanished one.',
          },
          {
            text: 'Let the clients send keepalives (keepalives_idle=60 in libpq, tcpKeepAlive=true in JDBC) and close their pool when they exit; releasing the former version undoes it.',
          },
        ],
        measuredBy: {
          language: 'sql',
          query:
            'SELECT datname, sessions, sessions_abandoned, sessions_fatal, stats_reset FROM pg_stat_database WHERE datname IS NOT NULL;',
        },
        acceptance: `Fewer than 5 % of the new sessions in ${row.database} are abandoned or end by an error over a week`,
      });
    });
    return { findings, examined: database.length };
  },
});
