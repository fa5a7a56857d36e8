import { defineAdvisor } from '../advisor.ts';
import { about, bytes } from '../words.ts';
import { patternAdvice, worthThresholds } from './pattern.ts';

const BLOCK = 8192;
const SPILL_FLOOR = 10 * 1024 ** 2;
/** A sort in memory needs about this much more than its file on disk. */
const IN_MEMORY_FACTOR = 2;
const MOST_WORK_MEM = 1024 ** 3;
const MIB = 1024 ** 2;

export const sortsThatSpill = defineAdvisor({
  card: {
    id: 'sorts-that-spill',
    area: 'query',
    title: 'Statements that sort or hash on disk',
    clear: 'No costly statement writes temporary files of noticeable size.',
    why: 'What does not fit work_mem is written to temporary files and read back. More memory for that one statement, or an index in its order, spares both; more memory for everybody can exhaust the server.',
    source: 'PostgreSQL manual, 19.4.1 Memory: work_mem; F.32 pg_stat_statements',
    thresholds: [
      ...worthThresholds,
      { name: 'temporary data per call', value: '≥ 10 MiB', reason: 'smaller files stay in the page cache' },
      { name: 'work_mem advised', value: '≤ 1 GiB', reason: 'larger sorts want another plan, not more memory' },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs', 'tempBlocksWritten'] },
  advise({ statement }, context) {
    const written = new Map<string, number>();
    for (const row of statement) {
      const key = JSON.stringify([row.database, row.statement]);
      written.set(key, (written.get(key) ?? 0) + row.tempBlocksWritten);
    }
    const setting = context.snapshot.server.settings.work_mem?.value;
    const now = typeof setting === 'number' ? setting : null;
    return patternAdvice(statement, context, {
      what: 'What a statement sorts',
      spot(load) {
        const perCall = ((written.get(JSON.stringify([load.database, load.statement])) ?? 0) * BLOCK) / load.calls;
        if (perCall < SPILL_FLOOR) return null;
        const wanted = Math.ceil((perCall * IN_MEMORY_FACTOR + (now ?? 0)) / MIB) * MIB;
        const fits = wanted <= MOST_WORK_MEM;
        return {
          title: fits ? 'Give more memory to the sorts of' : 'Sort less in',
          evidence: [
            {
              label: 'Temporary data per call',
              value: perCall,
              unit: 'bytes',
              source: 'pg_stat_statements.temp_blks_written',
            },
            ...(now === null ? [] : [{ label: 'work_mem', value: now, unit: 'bytes', source: 'pg_settings' } as const]),
          ],
          approach: `Each call writes ${bytes(perCall)} of temporary files. First see whether an index in its order or fewer rows and columns before the sort make it unnecessary. ${fits ? `Else give this statement alone about ${bytes(wanted)}: SET LOCAL work_mem in its transaction, or ALTER ROLE … SET work_mem for the role that runs such reports; not for the whole server, where each sort of each session may take it.` : 'It is too much to keep in memory.'}`,
          benefit: {
            reduces: { low: 0, likely: 0.2, high: 0.6 },
            confidence: 'low',
            basis: `Assumed, not measured: writing and reading ${bytes(perCall)} a call goes; sorting the rows remains. ${about(load.calls)} calls were seen. The statement’s temporary I/O time is known only with track_io_timing on PostgreSQL 15 and later.`,
          },
          work: 'rewrite-query',
          steps: [
            {
              text: 'Look at the plan with EXPLAIN (ANALYZE, BUFFERS) on staging: “external merge Disk” or “Batches” above 1 show the node that spills.',
            },
            ...(fits
              ? [
                  {
                    sql: `SET LOCAL work_mem = '${wanted / MIB}MB';`,
                    text: 'Run this before the statement, in the same transaction; it ends with it.',
                    inTransaction: true,
                    lock: 'none',
                    blocks: 'nothing',
                  },
                ]
              : [
                  {
                    text: 'Reduce what is sorted: fewer columns, a filter before it, an index in its order, or a summary table.',
                  },
                ]),
          ],
          risk: {
            technical: 'Each sort and hash node of each parallel worker may take work_mem once.',
            performance: 'Many such statements at once can exhaust the memory of the server.',
            mitigation: 'Keep it to the one statement or role, and watch free memory while it runs.',
          },
        };
      },
    });
  },
});
