/** One look at the PostgreSQL of the URL; says on stdout what it took, as JSON. */
import { readFileSync } from 'node:fs';
import { readPostgres } from '../../lib/collect/postgres/read.ts';
import { createPostgres, type PostgresSource, type Session } from '../../lib/collect/postgres/source.ts';
import type { Look } from './catalog.ts';

/** Ticks of 10 ms in user and kernel mode; null where there is no /proc. */
function cpuMs(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}

let backendCpuMs: number | null = 0;
const source = createPostgres({ url: process.argv[2] ?? '' });
const watched: PostgresSource = {
  ...source,
  session: (database, work) =>
    source.session(database, async (session: Session) => {
      const [backend] = await session.ask<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      try {
        return await work(session);
      } finally {
        const used = cpuMs(backend?.pid ?? 0);
        backendCpuMs = used === null || backendCpuMs === null ? null : backendCpuMs + used;
      }
    }),
};
const takenAt = new Date().toISOString();
const began = performance.now();
const reading = await readPostgres({
  source: watched,
  window: { start: takenAt, end: takenAt },
  previous: null,
  takenAt,
  progress: () => {},
});
const look: Look = {
  queries: reading.load.postgres.queries,
  waitedMs: reading.load.postgres.ms,
  wallMs: Math.round(performance.now() - began),
  backendCpuMs,
  peakMib: Math.round(process.resourceUsage().maxRSS / 1024),
  tables: reading.tables.length,
  indexes: reading.indexes.length,
  gaps: reading.gaps.length,
  notes: reading.notes,
};
process.stdout.write(JSON.stringify(look));
