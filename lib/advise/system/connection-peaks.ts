import type { Evidence, Finding } from '../../model/finding.ts';
import { databaseTimeMs, type Snapshot, spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { numberOf } from '../change-setting.ts';
import { about, percent } from '../words.ts';

const USED_SHARE = 0.8;
/** superuser_reserved_connections as shipped. */
const RESERVED = 3;
/** Requests come in bursts: room for this many times the average of sessions that work at once. */
const BURST = 4;
const SPIKY = 3;
const SPIKY_AVERAGE = 20;

type Counted = With<'server', 'connectionsPeak' | 'maxConnections'>;

export const connectionPeaks = defineAdvisor({
  card: {
    id: 'connection-peaks',
    area: 'system',
    title: 'Connections near their limit',
    clear: 'Connections stayed well below the limit at their peak.',
    why: 'At the limit new sessions are refused, the application’s first. Each connection is a process with memory of its own, so raising the limit moves the trouble.',
    source: 'PostgreSQL manual, 19.3 Connections and Authentication',
    thresholds: [
      {
        name: 'peak ÷ (max_connections − reserved)',
        value: '≥ 80 %',
        reason:
          'a second pool or a rolling release doubles a part of them for a minute; idle connections far from it are normal',
      },
    ],
  },
  needs: { server: ['connectionsPeak', 'maxConnections'] },
  advise({ server }, { snapshot }) {
    const assumed = server.some((row) => reservedOf(row) === null);
    const near = server.filter((row) => row.connectionsPeak / usable(row) >= USED_SHARE);
    return {
      findings: near.map((row) => finding(row, snapshot)),
      examined: server.length,
      caveats: [
        ...(assumed ? [`Reserved connections were not seen; ${RESERVED} were assumed.`] : []),
        ...(snapshot.quality.sources.includes('prometheus')
          ? []
          : ['Connections were seen at the moment of the look only; their peak takes Prometheus.']),
        'Behind a pooler, clients that wait in its queue are not counted here.',
      ],
    };
  },
});

function reservedOf(server: Counted): number | null {
  const superuser = numberOf(server, 'superuser_reserved_connections');
  return (
    server.reservedConnections ??
    (superuser === undefined ? null : superuser + (numberOf(server, 'reserved_connections') ?? 0))
  );
}

function usable(server: Counted): number {
  return Math.max(1, server.maxConnections - (reservedOf(server) ?? RESERVED));
}

/** Sessions at work at once, on average: time worked in a second (Little's law). */
function concurrencyOf(snapshot: Snapshot): number | null {
  const seconds = spanSeconds(snapshot, 'statement');
  const ms = databaseTimeMs(snapshot);
  return seconds === null || ms === null ? null : ms / 1000 / seconds;
}

function finding(server: Counted, snapshot: Snapshot): Finding {
  const share = server.connectionsPeak / usable(server);
  const busy = concurrencyOf(snapshot);
  const cpus = Math.max(0, ...snapshot.hosts.map((host) => host.cpuCount ?? 0));
  const pool = busy === null ? null : Math.max(2 * cpus, Math.ceil(BURST * busy), 5);
  const sized = pool !== null && pool < server.connectionsPeak;
  const average = server.connectionsAverage;
  const spiky = average !== undefined && average >= SPIKY_AVERAGE && server.connectionsPeak >= SPIKY * average;
  return {
    subject: { setting: 'max_connections' },
    title: `Pool connections: the peak used ${percent(share)} of the limit`,
    evidence: [
      {
        label: 'Connections at the peak',
        value: server.connectionsPeak,
        unit: 'count',
        source: 'pg_stat_database.numbackends, all databases',
      },
      {
        label: 'Connections for applications',
        value: usable(server),
        unit: 'count',
        source: 'max_connections − reserved connections',
      },
      ...optional('Connections on average', average, 'pg_stat_database.numbackends'),
      ...optional('Idle sessions on average', server.idleSessions, 'pg_stat_activity, state idle'),
      ...optional('Statements at work at once, on average', busy ?? undefined, 'statement time ÷ time'),
    ],
    approach: [
      sized
        ? `About ${about(busy ?? 0)} sessions work at once on average. A transaction pool of about ${pool} server connections would serve that with room for bursts${cpus > 0 ? ` on ${cpus} processors` : ''}.`
        : 'Put a transaction pooler between application and server; how many sessions work at once is not known well enough to size it here.',
      ...(spiky
        ? ['The peak is far above the average: look for jobs and releases that start together, and spread them.']
        : []),
      'Do not raise max_connections first: it needs a restart and lets more sessions compete for the same processors.',
    ].join(' '),
    benefit: {
      kind: 'risk',
      averts: 'outage',
      basis: 'Averts refused connections at the next peak. Time saved by fewer processes is not measured here.',
      confidence: 'high',
    },
    work: 'change-infrastructure',
    risk: {
      level: 'medium',
      technical:
        'Transaction pooling breaks session state: SET, LISTEN, advisory locks, and prepared statements in old poolers.',
      business: 'A wrong pool size makes clients wait in the pooler instead of in the server.',
      performance: 'One more hop for each statement, well below a millisecond in the same network.',
      mitigation: 'One application first, with the direct way kept open; watch waiting clients in the pooler.',
      rollback: [],
    },
    steps: [
      {
        sql: "SELECT usename, application_name, client_addr, state, count(*) AS sessions FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1, 2, 3, 4 ORDER BY sessions DESC;",
        text: 'See who holds the connections; do it at the busiest hour.',
        inTransaction: true,
      },
      {
        text: 'Lower the largest pool’s maximum to what it really uses, and let it close idle connections; undo it in the same setting.',
      },
      {
        text: `Put a pooler in transaction mode in front${sized ? ` with about ${pool} server connections in all` : ''}, one application at a time. To undo it, point the application at the server again.`,
      },
    ],
    maintenanceWindow: 'none for the server; a restart of each application as it moves',
    acceptance: `The peak stays below ${Math.floor(USED_SHARE * usable(server))} connections all week`,
    done: { kind: 'measure-moved' },
    gain: { kind: 'server-measure', measure: 'connectionsPeak' },
  };
}

function optional(label: string, value: number | undefined, source: string): readonly Evidence[] {
  return value === undefined ? [] : [{ label, value, unit: 'count', source }];
}
