import { defineAdvisor } from '../advisor.ts';
import { percent } from '../words.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';

const SHARE = 0.2;

export const jitOverhead = defineAdvisor({
  card: {
    id: 'jit-overhead',
    area: 'query',
    title: 'Statements that compile longer than it saves',
    clear: 'No costly statement spends a fifth of its time on just-in-time compilation.',
    why: 'JIT pays for queries that run for seconds. When estimates are too high it compiles short ones too, each time anew, and the compiling takes longer than the query.',
    source: 'PostgreSQL manual, 30.2 When to JIT?; F.32 pg_stat_statements',
    thresholds: [
      ...worthThresholds,
      { name: 'compiling ÷ execution time', value: '≥ 20 %', reason: 'where JIT pays, compiling is a few per cent' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'jitTimeMs'] },
  advise({ statement }, context) {
    const compiling = new Map<string, number>();
    for (const row of statement) {
      const key = JSON.stringify([row.database, row.statement]);
      compiling.set(key, (compiling.get(key) ?? 0) + row.jitTimeMs);
    }
    return patternAdvice(statement, context, {
      what: 'What a statement is',
      spot(load) {
        const ms = compiling.get(JSON.stringify([load.database, load.statement])) ?? 0;
        const share = Math.min(1, ms / load.totalTimeMs);
        if (share < SHARE) return null;
        return {
          title: 'Stop compiling',
          evidence: [
            { label: 'Compiling', value: ms, unit: 'ms', source: 'pg_stat_statements.jit_*_time' },
            { label: 'Share of its time', value: share, unit: 'share', source: 'jit_*_time ÷ total_exec_time' },
          ],
          approach: `${percent(share)} of its time is compiling. First see whether its plan’s cost is far too high because of wrong row estimates; statistics are then the cure. Else switch jit off for the role that runs it, or raise jit_above_cost.`,
          benefit: {
            reduces: { low: share * 0.6, likely: share * 0.85, high: share },
            confidence: 'medium',
            basis: `Measured: compiling takes ${percent(share)} of its time; without it the expressions run a little slower, which takes some of that back.`,
          },
          work: 'change-setting',
          steps: [
            { text: 'Compare EXPLAIN (ANALYZE) with SET jit = on and off on staging, for common values.' },
            {
              text: 'For the role that runs such statements: ALTER ROLE … SET jit = off; it counts from the next session. To undo it: ALTER ROLE … RESET jit.',
            },
          ],
          risk: { technical: 'Reports of the same role lose JIT too; give them a role of their own.' },
        };
      },
    });
  },
});
