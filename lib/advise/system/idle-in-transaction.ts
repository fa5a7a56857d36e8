import type { Finding } from '../../model/finding.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { changeSetting, doneSign, numberOf } from '../change-setting.ts';
import { plural } from '../words.ts';

const SECONDS = 300;
const SETTING = 'idle_in_transaction_session_timeout';
const TIMEOUT = '10min';

export const idleInTransaction = defineAdvisor({
  card: {
    id: 'idle-in-transaction',
    area: 'system',
    title: 'Sessions idle inside a transaction',
    clear: 'No session stayed idle inside a transaction for five minutes.',
    why: 'Such a session keeps its locks and keeps vacuum from removing rows in every table. It is an application that forgot to end a transaction, or waits for somebody inside one.',
    source: 'PostgreSQL manual, 19.11 Client Connection Defaults, idle_in_transaction_session_timeout',
    thresholds: [
      {
        name: 'oldest idle transaction at its peak',
        value: '≥ 5 minutes',
        reason: 'no request lasts that long; an age, so it does not scale with the window',
      },
    ],
  },
  needs: { server: ['idleInTransactionSeconds'] },
  advise({ server }) {
    const findings = server.filter((row) => row.idleInTransactionSeconds >= SECONDS).map(finding);
    return {
      findings,
      examined: server.length,
      caveats: ['Idle transactions between two samples are not seen; the peak is a lower bound.'],
    };
  },
});

function finding(server: With<'server', 'idleInTransactionSeconds'>): Finding {
  const timeout = numberOf(server, SETTING);
  const change = changeSetting(server, SETTING, TIMEOUT, false);
  const sessions = server.idleInTransactionSessions;
  const minutes = Math.round(server.idleInTransactionSeconds / 60);
  return {
    subject: { setting: SETTING },
    title: `End transactions that stay idle, one for ${plural(minutes, 'minute')}`,
    evidence: [
      {
        label: 'Oldest idle transaction',
        value: server.idleInTransactionSeconds,
        unit: 's',
        source: 'pg_stat_activity, state idle in transaction',
      },
      ...(sessions === undefined
        ? []
        : [
            { label: 'Such sessions at the peak', value: sessions, unit: 'count', source: 'pg_stat_activity' } as const,
          ]),
      timeout === undefined
        ? { label: SETTING, value: 'not seen', source: 'pg_settings' }
        : timeout === 0
          ? { label: SETTING, value: 'off', source: 'pg_settings' }
          : { label: SETTING, value: timeout, unit: 'ms', source: 'pg_settings' },
    ],
    approach:
      timeout !== undefined && timeout > 0 && timeout <= SECONDS * 1000
        ? 'The server ends such sessions sooner than this, so the role or the session overrides the setting. Find it and its program, and end the transaction there.'
        : 'Find the role and the program first; the cure is to end the transaction there. A timeout for that role guards against the next time; the server-wide one is for when the role’s has proved harmless.',
    benefit: {
      kind: 'risk',
      basis: 'Averts lock queues and dead rows that cannot be removed. Neither is counted here as time.',
      confidence: 'medium',
    },
    work: 'change-setting',
    risk: {
      level: 'medium',
      technical: 'The timeout ends the session, not only the transaction; a pool must be able to reconnect.',
      business: 'A job that computes for minutes between two statements fails with an error and is rolled back.',
      performance: 'None; locks and dead rows are freed earlier.',
      mitigation:
        'Role by role, staging first, and watch the log for terminations for a week before going server-wide.',
      rollback: change.rollback,
    },
    steps: [
      {
        sql: "SELECT usename, application_name, client_addr, pid, now() - xact_start AS age, left(query, 80) AS last_statement FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' ORDER BY xact_start;",
        text: 'See who it is: role, program and the last statement before the pause. Repeat it a few times in working hours.',
        inTransaction: true,
      },
      {
        text: `For the role found, set the timeout with ALTER ROLE … SET ${SETTING} = '${TIMEOUT}'; it counts from its next session. To undo it: ALTER ROLE … RESET ${SETTING}.`,
      },
      { text: 'In the program, commit or roll back before waiting for a person, a queue or another service.' },
      { text: 'Only when a week has shown no wrongly ended session, do the same for the whole server, as follows.' },
      ...change.steps,
    ],
    maintenanceWindow: change.maintenanceWindow,
    acceptance: 'The oldest idle transaction stays below 5 minutes all week',
    done: doneSign(server, SETTING),
    gain: { kind: 'server-measure', measure: 'idleInTransactionSeconds' },
  };
}
