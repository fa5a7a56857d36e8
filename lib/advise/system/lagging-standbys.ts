import type { Replica } from '../../model/server-facts.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteText } from '../sql/quote.ts';
import { bytes, plural } from '../words.ts';

const LAG = 1024 ** 3;

export const laggingStandbys = defineAdvisor({
  card: {
    id: 'lagging-standbys',
    area: 'system',
    title: 'Standbys far behind the primary',
    clear: 'At the moment of the look no standby was a gibibyte of WAL behind.',
    why: 'A standby that lags answers with old rows, and takes long to become the primary. Which of sending, writing and replaying is behind tells whether the network, its disk or a long query holds it up.',
    source: 'PostgreSQL manual, 27.2.4 pg_stat_replication; 26.2 Log-Shipping Standby Servers',
    thresholds: [
      {
        name: 'WAL not yet replayed',
        value: '≥ 1 GiB',
        reason: 'in bytes, as seconds grow on an idle primary too; less is caught up within a minute',
      },
    ],
  },
  needs: {},
  advise(_rows, { snapshot }) {
    const { replicas } = snapshot.server;
    if (replicas === undefined) {
      const blind = 'Standbys were not seen. Connect pg-hunt to the primary as a role with pg_monitor.';
      return { findings: [], examined: 0, blind };
    }
    // A backup or a new standby that still copies is behind on purpose.
    const judged = replicas.filter(({ standby, state }) => standby !== false && state === 'streaming');
    const findings = judged.filter(({ replayLagBytes = 0 }) => replayLagBytes >= LAG).map(finding);
    // Without the right all but the process is NULL, and Aurora tells no positions: that is not «level».
    const unseen = replicas.filter(
      ({ standby, state, replayLagBytes }) =>
        standby !== false && (state === undefined || (state === 'streaming' && replayLagBytes === undefined)),
    ).length;
    const why = `How far ${plural(unseen, 'standby', 'standbys')} ${unseen === 1 ? 'is' : 'are'} behind was not seen: it takes a role with pg_monitor, and a server that tells positions in WAL.`;
    if (unseen > 0 && findings.length === 0) return { findings, examined: judged.length - unseen, blind: why };
    return {
      findings,
      examined: judged.length,
      caveats: ['Seen at the moment of the look only.', ...(unseen > 0 ? [why] : [])],
    };
  },
});

function finding({ name, address, replayLagBytes = 0, sentLagBytes = 0, flushLagBytes = 0, syncState }: Replica) {
  const stage =
    sentLagBytes >= replayLagBytes / 2
      ? 'Most of it was not even sent: look at the network, and at wal_compression.'
      : flushLagBytes >= replayLagBytes / 2
        ? 'It was sent and is not on its disk yet: look at the standby’s storage.'
        : 'It is on its disk and waits to be replayed: a long query there (max_standby_streaming_delay), or a single process that cannot keep up with the writes of many.';
  const size = (label: string, value: number, source: string) => ({ label, value, unit: 'bytes' as const, source });
  return riskFinding({
    subject: { setting: `standby ${name}${address === undefined ? '' : ` at ${address}`}` },
    title: `Find out why standby ${name} is ${bytes(replayLagBytes)} of WAL behind`,
    evidence: [
      size('Not replayed', replayLagBytes, 'pg_stat_replication.replay_lsn'),
      size('Not flushed', flushLagBytes, 'pg_stat_replication.flush_lsn'),
      size('Not sent', sentLagBytes, 'pg_stat_replication.sent_lsn'),
      ...(syncState === undefined
        ? []
        : [{ label: 'Kind', value: syncState, source: 'pg_stat_replication.sync_state' }]),
    ],
    approach: `${stage} See whether it shrinks within minutes: a bulk load that has ended is caught up by itself.`,
    basis: 'Averts reads of old rows, and a failover that first has to replay what is missing.',
    averts: 'outage',
    steps: [
      {
        sql: 'SELECT application_name, client_addr, state, sync_state, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), sent_lsn)) AS not_sent, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn)) AS not_flushed, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) AS not_replayed FROM pg_stat_replication;',
        text: 'On the primary, look twice a minute apart: which of the three grows?',
        inTransaction: true,
      },
      {
        text: 'On the standby, look for queries that are minutes old in pg_stat_activity, and at the time of its disk.',
      },
    ],
    acceptance: `Standby ${name} is less than 100 MiB behind, except during bulk loads`,
    measuredBy: {
      language: 'sql',
      query: `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS bytes FROM pg_stat_replication WHERE application_name = ${quoteText(name)};`,
      now: replayLagBytes,
      target: 100 * 1024 ** 2,
      unit: 'bytes',
    },
  });
}
