import { defineAdvisor } from '../advisor.ts';
import { changeSetting, doneSign, serverSetting } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';
import { quoteQualified } from '../sql/quote.ts';
import { isOurs, subjectOf } from '../upkeep.ts';
import { about } from '../words.ts';

const WRITES = 10_000;

export const autovacuumOff = defineAdvisor({
  card: {
    id: 'autovacuum-off',
    area: 'maintenance',
    title: 'Autovacuum switched off for the server or a busy table',
    clear: 'Autovacuum is on, for the server and for every table that is written to.',
    why: 'Without it dead rows are never removed and statistics never refreshed, except by hand; against wraparound it starts all the same, at the worst moment.',
    source: 'PostgreSQL manual, 24.1.6 The autovacuum daemon; 19.10 Vacuuming',
    thresholds: [
      { name: 'the server’s setting', value: 'off', reason: 'no workload is better without' },
      {
        name: 'rows changed in a table that has it off',
        value: '≥ 10,000, and never vacuumed by hand meanwhile',
        reason: 'queues and load tables that a job vacuums are switched off on purpose',
      },
    ],
  },
  needs: { table: ['rowsUpdated', 'rowsDeleted'] },
  advise({ table }, { snapshot }) {
    const { server } = snapshot;
    const off = serverSetting(server, 'autovacuum')?.value === false;
    const change = changeSetting(server, 'autovacuum', 'on', false);
    const forServer = riskFinding({
      subject: { setting: 'autovacuum' },
      title: 'Switch autovacuum on',
      evidence: [{ label: 'autovacuum', value: 'off', source: 'pg_settings' }],
      approach:
        'Switch it on. If it was switched off because it disturbed, slow it down for the tables in question instead (autovacuum_vacuum_cost_delay).',
      basis: 'Averts tables that only grow, plans on old statistics, and a forced vacuum against wraparound.',
      confidence: 'high',
      work: 'change-setting',
      steps: change.steps,
      risk: {
        level: 'medium',
        performance: 'What has piled up is vacuumed first; expect hours of reading.',
        rollback: change.rollback,
        technical: 'Tables that were never vacuumed are read whole.',
        mitigation: 'Do it in a quiet week and watch the disks.',
      },
      maintenanceWindow: change.maintenanceWindow,
      measuredBy: {
        language: 'sql',
        query: 'SELECT max(last_autovacuum) AS latest, sum(autovacuum_count) AS runs FROM pg_stat_user_tables;',
      },
      acceptance: 'pg_stat_user_tables.last_autovacuum moves for tables that are written to',
      done: doneSign(server, 'autovacuum'),
    });
    const tables = table.filter(
      (row) =>
        isOurs(row) &&
        /^(off|false|no|0)$/i.test(row.storage?.autovacuum_enabled ?? '') &&
        row.rowsUpdated + row.rowsDeleted >= WRITES &&
        (row.vacuums ?? 0) === 0,
    );
    const forTables = tables.map((row) => {
      const name = quoteQualified(row.schema, row.table);
      const former = row.storage?.autovacuum_enabled ?? 'off';
      return riskFinding({
        subject: { ...subjectOf(row), setting: 'autovacuum_enabled' },
        title: `Ask why autovacuum is off for ${row.schema}.${row.table}, and switch it on`,
        evidence: [
          { label: 'autovacuum_enabled', value: former, source: 'pg_class.reloptions' },
          {
            label: 'Rows updated and deleted',
            value: row.rowsUpdated + row.rowsDeleted,
            unit: 'rows',
            source: 'pg_stat_user_tables',
          },
          ...(row.deadRows === undefined
            ? []
            : [
                {
                  label: 'Dead rows',
                  value: row.deadRows,
                  unit: 'rows',
                  source: 'pg_stat_user_tables.n_dead_tup',
                } as const,
              ]),
        ],
        approach: `About ${about(row.rowsUpdated + row.rowsDeleted)} rows were changed and nobody vacuumed it. Somebody switched it off on purpose: ask first. A queue that is emptied by TRUNCATE may stay as it is.`,
        basis: 'Averts a table that only grows and is planned on old statistics.',
        work: 'change-storage',
        steps: [
          {
            sql: `ALTER TABLE ${name} RESET (autovacuum_enabled);`,
            text: 'Let autovacuum serve it again. The rollback beside it can undo it.',
            lock: `SHARE UPDATE EXCLUSIVE on ${row.schema}.${row.table}`,
            blocks: 'VACUUM, ANALYZE, index builds and ALTER TABLE of this table; reads and writes go on',
            inTransaction: true,
          },
        ],
        risk: {
          level: 'low',
          performance: 'The first vacuum reads the whole table.',
          rollback: [`ALTER TABLE ${name} SET (autovacuum_enabled = ${former});`],
        },
        acceptance: 'pg_stat_user_tables.last_autovacuum of it is newer than today',
        done: {
          kind: 'storage-changed',
          database: row.database,
          schema: row.schema,
          table: row.table,
          parameter: 'autovacuum_enabled',
          from: former,
        },
      });
    });
    return { findings: [...(off ? [forServer] : []), ...forTables], examined: table.length };
  },
});
