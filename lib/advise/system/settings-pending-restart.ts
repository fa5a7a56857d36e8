import type { Finding } from '../../model/finding.ts';
import { defineAdvisor } from '../advisor.ts';
import { listed, plural } from '../words.ts';

export const settingsPendingRestart = defineAdvisor({
  card: {
    id: 'settings-pending-restart',
    area: 'system',
    title: 'Settings that wait for a restart',
    clear: 'Every setting in the configuration is in effect.',
    why: 'The configuration says one thing and the server does another. The next crash or failover will apply it at a moment nobody chose.',
    source: 'PostgreSQL manual, 53.24 pg_settings, pending_restart',
    thresholds: [
      { name: 'settings with pending_restart', value: '≥ 1', reason: 'each is a change somebody believes to be done' },
    ],
  },
  needs: { server: [] },
  advise({ server }) {
    // Only pg_settings itself names a source; where it was read, no flag means that nothing waits.
    const read = server.flatMap((row) => Object.values(row.settings)).filter((one) => one.source !== undefined);
    if (read.length === 0) {
      const blind = 'Whether settings wait for a restart was not seen. Give the hunt a PostgreSQL connection.';
      return { findings: [], examined: 0, blind };
    }
    const waiting = server.flatMap((row) =>
      Object.entries(row.settings)
        .filter(([, setting]) => setting.pendingRestart === true)
        .map(([name]) => name)
        .sort(),
    );
    return { findings: waiting.length === 0 ? [] : [finding(waiting)], examined: read.length };
  },
});

function finding(names: readonly string[]): Finding {
  const one = names.length === 1;
  return {
    subject: {},
    title: `Restart the server to apply ${names.length > 3 ? plural(names.length, 'changed setting') : listed(names)}`,
    evidence: [
      { label: 'Settings that wait', value: names.length, unit: 'count', source: 'pg_settings.pending_restart' },
      { label: 'Which', value: listed(names), source: 'pg_settings.pending_restart' },
    ],
    approach: `Ask who changed ${one ? 'it' : 'them'} and whether ${one ? 'it is' : 'they are'} still wanted. If so, restart at a time you choose; if not, take the change back before a crash applies it.`,
    benefit: { kind: 'risk', basis: 'Averts a change of behaviour at an unplanned restart.', confidence: 'high' },
    work: 'change-setting',
    risk: {
      level: 'medium',
      technical: 'The restart ends all connections, and a wrong value can keep the server from starting.',
      business: 'Seconds to minutes without the database.',
      performance: 'After the restart the cache is cold for a while.',
      mitigation: 'Try the configuration on a standby or a copy first; restart in a quiet hour.',
      rollback: [],
    },
    steps: [
      {
        sql: 'SELECT name, setting AS in_effect, sourcefile, sourceline FROM pg_settings WHERE pending_restart ORDER BY name;',
        text: 'See the value in effect, and where the new one stands. Setting the former value there undoes the change without a restart.',
        inTransaction: true,
      },
      {
        text: 'Restart in the maintenance window; on a cluster, the standbys first.',
        blocks: 'everything while it lasts',
      },
    ],
    maintenanceWindow: 'a restart of the server: seconds to minutes without connections',
    acceptance: 'No setting has pending_restart',
    done: { kind: 'measure-moved' },
    gain: { kind: 'object-gone' },
  };
}
