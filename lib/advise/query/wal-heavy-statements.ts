import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor } from '../advisor.ts';
import { about, bytes, percent } from '../words.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';

const SHARE = 0.3;
/** Less fits any archive and any standby. */
const BYTES_PER_DAY = 10 * 1024 ** 3;
const DAY = 24 * 3600;

export const walHeavyStatements = defineAdvisor({
  card: {
    id: 'wal-heavy-statements',
    area: 'query',
    title: 'Statements that write most of the WAL',
    clear: 'No statement writes a third of the WAL, or there is little of it.',
    why: 'WAL is written, archived, sent to every standby and replayed there. Where one statement makes most of it, that statement decides how often checkpoints come and how far standbys lag.',
    source: 'PostgreSQL manual, F.32 pg_stat_statements: wal_bytes, wal_fpi; 28.3 Write-ahead logging',
    thresholds: [
      ...worthThresholds,
      { name: 'share of the WAL of all statements', value: '≥ 30 %', reason: 'it stands out from all other writes' },
      { name: 'WAL', value: '≥ 10 GiB a day', reason: 'less is no burden for an archive or a standby' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'walBytes'] },
  advise({ statement }, context) {
    const seconds = spanSeconds(context.snapshot, 'statement') ?? Number.POSITIVE_INFINITY;
    const written = new Map<string, { bytes: number; images: number | null }>();
    let all = 0;
    for (const row of statement) {
      const key = JSON.stringify([row.database, row.statement]);
      const sum = written.get(key) ?? { bytes: 0, images: 0 };
      const images =
        sum.images === null || row.walFullPageImages === undefined ? null : sum.images + row.walFullPageImages;
      written.set(key, { bytes: sum.bytes + row.walBytes, images });
      all += row.walBytes;
    }
    return patternAdvice(statement, context, {
      what: 'Which table a statement writes',
      spot(load) {
        const own = written.get(JSON.stringify([load.database, load.statement])) ?? { bytes: 0, images: null };
        const perDay = (own.bytes / seconds) * DAY;
        if (load.parsed.kind === 'select' || perDay < BYTES_PER_DAY || own.bytes < SHARE * all) return null;
        const perCall = own.images === null ? null : own.images / load.calls;
        return {
          title: 'Write less WAL:',
          evidence: [
            { label: 'WAL', value: own.bytes, unit: 'bytes', source: 'pg_stat_statements.wal_bytes' },
            { label: 'WAL a call', value: own.bytes / load.calls, unit: 'bytes', source: 'wal_bytes ÷ calls' },
            { label: 'Share of the WAL of all statements', value: own.bytes / all, unit: 'share', source: 'wal_bytes' },
            ...(perCall === null
              ? []
              : [{ label: 'Whole pages a call', value: perCall, unit: 'count', source: 'wal_fpi ÷ calls' } as const]),
          ],
          approach: `It writes ${bytes(perDay)} of WAL a day, ${percent(own.bytes / all)} of what all statements write${perCall === null ? '' : `, with about ${about(perCall)} whole pages a call`}. Change only rows that differ (WHERE value IS DISTINCT FROM new), only columns that changed, and leave out indexes that no query reads; load by COPY into an unlogged table and move what stays. Many whole pages a call mean that checkpoints come often: those first.`,
          benefit: {
            reduces: null,
            confidence: 'medium',
            basis: `Averts ${bytes(perDay)} a day in the archive and on the way to each standby, as far as the writes can be spared. What time that takes is not measured, so none is promised.`,
          },
          work: 'change-application',
          steps: [
            {
              text: 'Compare the rows that the statement touches with those that really change, on a copy of the data.',
            },
            { text: 'Leave out what does not change, or write it in batches between two checkpoints.' },
          ],
        };
      },
    });
  },
});
