import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { changeSetting, doneSign, numberOf, waitsCaveat, waitsForRestart } from '../change-setting.ts';
import { riskFinding } from '../plain.ts';
import { about } from '../words.ts';

const SETTING = 'pg_stat_statements.max';
const PER_DAY = 10;
const MOST = 50_000;

export const statementEvictions = defineAdvisor({
  card: {
    id: 'statement-evictions',
    area: 'system',
    title: 'Statement statistics that are thrown away',
    clear: 'pg_stat_statements keeps all statements it has seen.',
    why: 'When its table is full, pg_stat_statements drops the least used twentieth, counts and all. Statements come and go, totals are too low, and the weekly comparison misses what was dropped.',
    source: 'PostgreSQL manual, F.32.2 pg_stat_statements_info',
    thresholds: [
      { name: 'evictions a day', value: '≥ 10', reason: 'each drops 5 % of the entries; a release may cause a few' },
    ],
  },
  needs: { server: ['statementEvictions'] },
  advise({ server }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'statement') ?? spanSeconds(snapshot, 'server');
    if (seconds === null) {
      return {
        findings: [],
        examined: 0,
        blind: 'It is not known how long the evictions have been counted. Run again: the next run subtracts this one.',
      };
    }
    if (waitsForRestart(snapshot.server, SETTING))
      return { findings: [], examined: 1, caveats: [waitsCaveat(SETTING)] };
    const findings = server
      .filter((row) => (row.statementEvictions / seconds) * 86_400 >= PER_DAY)
      .map((row) => {
        const now = numberOf(row, SETTING);
        const to = Math.min(MOST, (now ?? 5_000) * 2);
        const change = changeSetting(row, SETTING, String(to), true);
        const full = now !== undefined && now >= MOST;
        return riskFinding({
          subject: { setting: SETTING },
          title: full
            ? 'Send fewer different statements: pg_stat_statements cannot hold them'
            : `Raise ${SETTING} to ${to.toLocaleString('en-US')}`,
          evidence: [
            {
              label: 'Evictions in the window',
              value: row.statementEvictions,
              unit: 'count',
              source: 'pg_stat_statements_info.dealloc',
            },
            ...(now === undefined
              ? []
              : [{ label: SETTING, value: now, unit: 'count', source: 'pg_settings' } as const]),
            ...(row.statementEntries === undefined
              ? []
              : [
                  {
                    label: 'Entries',
                    value: row.statementEntries,
                    unit: 'count',
                    source: 'pg_stat_statements',
                  } as const,
                ]),
          ],
          approach: `It dropped entries ${about(row.statementEvictions)} times. Look first for what makes so many different statements: lists of varying length, names or comments with numbers in them, temporary tables of changing names, SET with values. ${full ? 'Raising the setting further only hides it.' : 'Then double the setting; an entry takes some kilobytes of shared memory and disk.'}`,
          basis: 'Gives every later judgement on statements a whole week to look at. No time is saved by itself.',
          confidence: 'high',
          work: full ? 'change-application' : 'change-setting',
          steps: [
            {
              sql: 'SELECT left(query, 60) AS begins, count(*) AS entries, sum(calls) AS calls FROM pg_stat_statements GROUP BY 1 ORDER BY 2 DESC LIMIT 20;',
              text: 'See which statements come in many forms.',
              inTransaction: true,
            },
            ...(full
              ? [
                  {
                    text: 'Write them with parameters: = ANY($1) instead of lists, constants as parameters, comments without numbers.',
                  },
                ]
              : change.steps),
          ],
          risk: { rollback: full ? [] : change.rollback, technical: 'The new size takes a restart.' },
          maintenanceWindow: full ? 'none needed' : change.maintenanceWindow,
          measuredBy: { language: 'sql', query: 'SELECT dealloc, stats_reset FROM pg_stat_statements_info;' },
          acceptance: 'pg_stat_statements_info.dealloc grows by fewer than ten a day',
          ...(full ? {} : { done: doneSign(row, SETTING) }),
        });
      });
    return { findings, examined: server.length };
  },
});
