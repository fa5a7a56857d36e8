import type { Evidence } from '../../model/finding.ts';
import type { HorizonHolder } from '../../model/server-facts.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { about, duration } from '../words.ts';

const SECONDS = 24 * 3600;
const XIDS = 10_000_000;

const KINDS: { readonly [K in HorizonHolder['kind']]: { readonly what: string; readonly cure: string } } = {
  transaction: {
    what: 'an open transaction',
    cure: 'Find its program and end the transaction there; ending the session from outside rolls back what it did. A dump or report that really runs this long belongs on a standby without hot_standby_feedback.',
  },
  slot: {
    what: 'a replication slot',
    cure: 'Ask its owner whether the consumer still exists. If so, start it; if not, drop the slot: it also keeps WAL.',
  },
  prepared: {
    what: 'a prepared transaction',
    cure: 'Ask the transaction manager that prepared it; if it has forgotten it, COMMIT PREPARED or ROLLBACK PREPARED by hand, as its owner decides.',
  },
  standby: {
    what: 'a standby with hot_standby_feedback',
    cure: 'Look for its long transactions. Without the feedback such queries are cancelled there instead; max_standby_streaming_delay says when.',
  },
};

export const heldHorizon = defineAdvisor({
  card: {
    id: 'held-horizon',
    area: 'maintenance',
    title: 'Old transactions and slots that keep vacuum from working',
    clear: 'Nothing holds back the removal of dead rows.',
    why: 'VACUUM may remove only rows that no open transaction, slot or standby could still see. One forgotten holder makes every table of the server grow, and no autovacuum setting helps.',
    source: 'PostgreSQL manual, 24.1.2 Recovering disk space; 26.2.6 Replication slots',
    thresholds: [
      { name: 'age of a transaction', value: '≥ 24 hours', reason: 'nightly dumps and reports end before that' },
      {
        name: 'age of a slot, standby or prepared transaction',
        value: '≥ 10 million transactions, or ≥ 24 hours',
        reason: 'a lagging consumer catches up before that; below it little has piled up',
      },
    ],
  },
  needs: {},
  advise(_rows, { snapshot }) {
    const { horizon } = snapshot.server;
    if (horizon === undefined) {
      const blind =
        'What holds back vacuum shows in pg_stat_activity, pg_replication_slots and pg_prepared_xacts, which were not seen. Connect pg-hunt to PostgreSQL as a role with pg_monitor.';
      return { findings: [], examined: 0, blind };
    }
    const old = horizon.filter(isOld);
    return {
      // Several sessions of one kind are one thing to find; the oldest, which comes first, speaks for all.
      findings: old.filter((one, at) => old.findIndex((other) => isSame(one, other)) === at).map(finding),
      examined: horizon.length,
      caveats: ['Seen at the moment of the look only.'],
    };
  },
});

function isSame(a: HorizonHolder, b: HorizonHolder): boolean {
  return a.kind === b.kind && a.name === b.name;
}

function isOld({ kind, ageSeconds, ageXids }: HorizonHolder): boolean {
  if ((ageSeconds ?? 0) >= SECONDS) return true;
  return kind !== 'transaction' && (ageXids ?? 0) >= XIDS;
}

function finding(holder: HorizonHolder) {
  const { kind, name, ageSeconds, ageXids, state, statement, database } = holder;
  const { what, cure } = KINDS[kind];
  const age = ageSeconds === undefined ? `${about(ageXids ?? 0)} transactions` : duration(ageSeconds);
  const evidence: readonly (Evidence | null)[] = [
    {
      label: 'Held by',
      value: `${what}: ${name}`,
      source: 'pg_stat_activity, pg_replication_slots, pg_prepared_xacts',
    },
    ageSeconds === undefined ? null : { label: 'Age', value: ageSeconds, unit: 's', source: 'xact_start, prepared' },
    ageXids === undefined ? null : { label: 'Transactions since', value: ageXids, unit: 'xids', source: 'age(xmin)' },
    state === undefined ? null : { label: 'State', value: state, source: 'pg_stat_activity, pg_replication_slots' },
    statement === undefined ? null : { label: 'Last statement', value: statement, source: 'pg_stat_activity' },
  ];
  return riskFinding({
    subject: { ...(database === undefined ? {} : { database }), setting: `${kind} ${name}` },
    title: `Release the rows that ${what} (${name}) has kept from vacuum for ${age}`,
    evidence: evidence.filter((one) => one !== null),
    approach: `Until it is gone, tune nothing else in vacuum: dead rows in all tables stay. ${cure}`,
    basis:
      'Averts growth of every table that is updated, and slower scans with it. How much has piled up shows as dead rows per table.',
    confidence: 'high',
    steps: [
      {
        sql: 'SELECT pid, usename, application_name, client_addr, state, now() - xact_start AS open_for, age(backend_xmin) AS xids FROM pg_stat_activity WHERE backend_xmin IS NOT NULL ORDER BY age(backend_xmin) DESC;',
        text: 'See the sessions that hold rows, oldest first.',
        inTransaction: true,
      },
      {
        sql: 'SELECT slot_name, slot_type, active, age(xmin) AS xids, age(catalog_xmin) AS catalog_xids FROM pg_replication_slots ORDER BY 4 DESC NULLS LAST, 5 DESC NULLS LAST;',
        text: 'See the slots, and whether anybody uses them.',
        inTransaction: true,
      },
      { text: cure },
    ],
    acceptance: 'No holder is older than a day, and the dead rows of the busiest tables fall after the next autovacuum',
  });
}
