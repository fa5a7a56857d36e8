import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { percent, plural } from '../words.ts';

const BUSY = 0.7;

export const busyProcessors = defineAdvisor({
  card: {
    id: 'busy-processors',
    area: 'system',
    title: 'Processors busy most of the time',
    clear: 'The processors are idle most of the time.',
    why: 'Averaged over a week, 70 % busy means that at the busiest hours work waits for a processor, and every statement is slower than it needs to be.',
    source: 'Queueing: time waiting grows as busy ÷ (1 − busy); node_exporter, Amazon CloudWatch CPUUtilization',
    thresholds: [
      {
        name: 'busy over the window',
        value: '≥ 70 %',
        reason: 'nights and weekends included, peaks are at their limit then',
      },
    ],
  },
  needs: { host: ['cpuBusyShare'] },
  advise({ host }, { snapshot }) {
    const total = snapshot.statements.reduce((sum, row) => sum + (row.totalTimeMs ?? 0), 0);
    const top = [...snapshot.statements].sort((a, b) => (b.totalTimeMs ?? 0) - (a.totalTimeMs ?? 0)).slice(0, 3);
    const share = total > 0 ? top.reduce((sum, row) => sum + (row.totalTimeMs ?? 0), 0) / total : null;
    const findings = host
      .filter((row) => row.cpuBusyShare >= BUSY)
      .map((row) =>
        riskFinding({
          subject: { setting: `processors of ${row.host}` },
          title: `Take load off the processors of ${row.host}, ${percent(row.cpuBusyShare)} busy all week`,
          evidence: [
            { label: 'Busy on average', value: row.cpuBusyShare, unit: 'share', source: 'host metrics' },
            ...(row.cpuCount === undefined
              ? []
              : [{ label: 'Processors', value: row.cpuCount, unit: 'count', source: 'host metrics' } as const]),
            ...(share === null
              ? []
              : [
                  {
                    label: 'Statement time in the top three',
                    value: share,
                    unit: 'share',
                    source: 'pg_stat_statements',
                  } as const,
                ]),
          ],
          approach: `Statements come first: ${share === null ? 'connect PostgreSQL, so that they can be seen' : `the top three take ${percent(share)} of the statement time`}, and this report says what to do about them. Only what is left after that is a reason for a larger machine${row.cpuCount === undefined ? '' : ` than these ${plural(row.cpuCount, 'processor')}`} or for a replica that takes the reads.`,
          basis: 'Averts queueing at the busiest hours. Time saved is counted with the statements, not here.',
          confidence: 'medium',
          work: 'change-infrastructure',
          steps: [
            { text: 'Do the time-saving items of this report first and look again after a week.' },
            { text: 'If it stays busy, plan a larger machine or a read replica, and test with production load.' },
          ],
          measuredBy: {
            language: 'promql',
            query: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[7d]))',
            now: row.cpuBusyShare,
            target: BUSY,
            unit: 'share',
          },
          acceptance: `The processors of ${row.host} are busy less than 70 % of the week`,
        }),
      );
    return { findings, examined: host.length };
  },
});
