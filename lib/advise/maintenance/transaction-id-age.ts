import type { Finding } from '../../model/finding.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { quoteText } from '../sql/quote.ts';
import { about, percent } from '../words.ts';

const AGE_LIMIT = 2_000_000_000;
const AGE_FLOOR = 500_000_000;
const FREEZE_MAX_AGE = 200_000_000;

export const transactionIdAge = defineAdvisor({
  card: {
    id: 'transaction-id-age',
    area: 'maintenance',
    title: 'Transaction ids that grow old',
    clear: 'Every database freezes its transaction ids in time.',
    why: 'At about two billion the server refuses to write until a vacuum of everything has ended. That far it only comes when freezing is blocked.',
    source: 'PostgreSQL manual, 24.1.5 Preventing Transaction ID Wraparound Failures',
    thresholds: [
      {
        name: 'age(datfrozenxid)',
        value: '≥ 500 million, and 1.5 × autovacuum_freeze_max_age',
        reason:
          'autovacuum begins at its own limit; well past it, it does not get through, with three quarters still left',
      },
    ],
  },
  needs: { database: ['xidAge'] },
  advise({ database }, { snapshot }) {
    const setting = snapshot.server.settings.autovacuum_freeze_max_age?.value;
    const limit = typeof setting === 'number' ? setting : FREEZE_MAX_AGE;
    const old = database.filter((row) => row.xidAge >= Math.max(AGE_FLOOR, 1.5 * limit));
    const caveat = `autovacuum_freeze_max_age could not be read and was assumed to be ${FREEZE_MAX_AGE.toLocaleString('en-US')}.`;
    return {
      findings: old.map((row) => finding(row, limit)),
      examined: database.length,
      caveats: typeof setting === 'number' || old.length === 0 ? [] : [caveat],
    };
  },
});

function finding(row: With<'database', 'xidAge'>, limit: number): Finding {
  return {
    subject: { database: row.database },
    title: `Find what keeps database ${row.database} from freezing its transaction ids`,
    evidence: [
      {
        label: 'Age of the oldest transaction id',
        value: row.xidAge,
        unit: 'xids',
        source: 'pg_database.datfrozenxid',
      },
      {
        label: 'Share of the hard limit',
        value: Math.min(1, row.xidAge / AGE_LIMIT),
        unit: 'share',
        source: 'about 2 billion',
      },
      { label: 'Autovacuum should act at', value: limit, unit: 'xids', source: 'autovacuum_freeze_max_age' },
    ],
    approach: `${percent(row.xidAge / AGE_LIMIT)} of the way is used. Look for an old transaction, an abandoned replication slot or a prepared transaction first, then vacuum the oldest tables one by one.`,
    benefit: {
      kind: 'risk',
      averts: 'outage',
      basis:
        'Averts a stop of all writes. How soon depends on how many transactions are spent; compare the age next week.',
      confidence: 'high',
    },
    work: 'vacuum',
    risk: {
      level: 'low',
      technical: 'VACUUM with FREEZE writes pages again, and so WAL; it can be cancelled and begun again.',
      business: 'None; reads and writes go on.',
      performance: 'It reads whole tables; one at a time, in quiet hours.',
      mitigation: 'Begin with the oldest table of middle size, to learn how long it takes.',
      rollback: [],
    },
    steps: [
      {
        text: 'Find what holds old transaction ids, and end or release it.',
        sql:
          "SELECT 'session ' || pid AS holder, age(backend_xmin) AS xids FROM pg_stat_activity WHERE backend_xmin IS NOT NULL " +
          "UNION ALL SELECT 'slot ' || slot_name, greatest(age(xmin), age(catalog_xmin)) FROM pg_replication_slots " +
          "UNION ALL SELECT 'prepared ' || gid, age(transaction) FROM pg_prepared_xacts ORDER BY xids DESC NULLS LAST;",
        inTransaction: true,
      },
      {
        text: `In database ${row.database}, list the oldest tables, and run VACUUM (FREEZE) on each, oldest first. It takes SHARE UPDATE EXCLUSIVE; reads and writes go on.`,
        sql: "SELECT oid::regclass AS relation, age(relfrozenxid) AS xids, pg_table_size(oid) AS bytes FROM pg_class WHERE relkind IN ('r', 'm', 't') ORDER BY xids DESC LIMIT 20;",
        inTransaction: true,
      },
    ],
    maintenanceWindow: 'none needed',
    acceptance: `age(datfrozenxid) of ${row.database} falls below ${about(limit)}`,
    measuredBy: {
      language: 'sql',
      query: `SELECT age(datfrozenxid) AS xids FROM pg_database WHERE datname = ${quoteText(row.database)};`,
      now: row.xidAge,
      target: limit,
      unit: 'xids',
    },
    done: { kind: 'measure-moved' },
    // No gain sign fits a database's age: the finding's going away says it.
    gain: { kind: 'object-gone' },
  };
}
