import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteText } from '../sql/quote.ts';
import { about, percent } from '../words.ts';

/** PostgreSQL refuses new ones about here, of 2 ** 32 kept apart by halves. */
const LIMIT = 2_000_000_000;
/** autovacuum_multixact_freeze_max_age, unless the server says otherwise. */
const FREEZE_MAX_AGE = 400_000_000;
const OVER = 1.5;

export const multixactAge = defineAdvisor({
  card: {
    id: 'multixact-age',
    area: 'maintenance',
    title: 'Multixact ids that grow old',
    clear: 'Autovacuum keeps the multixact ids of all databases young.',
    why: 'Rows locked by several transactions at once, as foreign keys lock them, need multixact ids. They run out like transaction ids: near 2 billion, PostgreSQL stops giving new ones, and such statements fail.',
    source: 'PostgreSQL manual, 24.1.5.1 Multixacts and Wraparound',
    thresholds: [
      {
        name: 'mxid_age(datminmxid)',
        value: '≥ 1.5 × autovacuum_multixact_freeze_max_age (default 400 million)',
        reason: 'autovacuum begins at one times that age; so far beyond, something keeps it from its work',
      },
    ],
  },
  needs: { database: ['multixactAge'] },
  advise({ database }, { snapshot }) {
    const setting = snapshot.server.settings.autovacuum_multixact_freeze_max_age?.value;
    const limit = typeof setting === 'number' ? setting : FREEZE_MAX_AGE;
    const old = database.filter((row) => row.multixactAge >= OVER * limit);
    const findings = old.map((row) =>
      riskFinding({
        subject: { database: row.database },
        title: `Find what keeps database ${row.database} from freezing its multixact ids`,
        evidence: [
          { label: 'Age of the oldest', value: row.multixactAge, unit: 'xids', source: 'mxid_age(datminmxid)' },
          {
            label: 'Share of the hard limit',
            value: Math.min(1, row.multixactAge / LIMIT),
            unit: 'share',
            source: 'about 2 billion',
          },
          {
            label: 'Autovacuum should act at',
            value: limit,
            unit: 'xids',
            source: 'autovacuum_multixact_freeze_max_age',
          },
        ],
        approach: `${percent(row.multixactAge / LIMIT)} of the way is used. Look for an old or prepared transaction first, then vacuum the tables whose relminmxid is oldest, one by one. Many come from foreign keys checked within long transactions, and from SELECT … FOR SHARE.`,
        basis:
          'Averts the day on which statements that lock rows together fail. Compare the age next week to know how soon.',
        confidence: 'high',
        averts: 'outage',
        work: 'vacuum',
        steps: [
          {
            sql: "SELECT oid::regclass AS relation, mxid_age(relminmxid) AS age, pg_table_size(oid) AS bytes FROM pg_class WHERE relkind IN ('r', 'm', 't') AND relminmxid <> '0'::xid ORDER BY age DESC LIMIT 20;",
            text: `In database ${row.database}, list the tables whose multixact ids are oldest; run VACUUM (FREEZE) on each. It takes SHARE UPDATE EXCLUSIVE; reads and writes go on.`,
            inTransaction: true,
          },
        ],
        risk: {
          technical: 'VACUUM with FREEZE writes pages again, and so WAL; it can be cancelled and begun again.',
          performance: 'It reads whole tables; one at a time, in quiet hours.',
          mitigation: 'Begin with a table of middle size, to learn how long it takes.',
        },
        acceptance: `mxid_age(datminmxid) of ${row.database} falls below ${about(limit)}`,
        measuredBy: {
          language: 'sql',
          query: `SELECT mxid_age(datminmxid) AS age FROM pg_database WHERE datname = ${quoteText(row.database)};`,
          now: row.multixactAge,
          target: limit,
          unit: 'xids',
        },
      }),
    );
    return { findings, examined: database.length };
  },
});
