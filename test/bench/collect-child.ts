/** What is measured: one collection in a process of its own, bundled as the Lambda is. Writes a line of JSON. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { collect } from '../../lib/collect/collect.ts';
import { createPrometheus } from '../../lib/collect/prometheus/client.ts';

const [url = '', start = '', end = '', sizes = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const began = performance.now();
  const [one] = await collect({
    prometheus: createPrometheus({ url, timeoutMs: 300_000, deadlineMs: 900_000 }),
    window: { start, end },
    previous: async () => null,
    takenAt: end,
    progress: () => {},
  });
  const ms = performance.now() - began;
  // Before the file is made: that is no collecting.
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (one === undefined || !('snapshot' in one)) throw new Error(JSON.stringify(one));
  const { snapshot } = one;
  const file = sizes === 'sizes' ? JSON.stringify(snapshot) : '';
  const { hourly: _hourly, ...rest } = snapshot;
  process.stdout.write(
    `${JSON.stringify({
      ms,
      peakMiB: Number(peak) / 1024,
      statements: snapshot.statements.length,
      tables: snapshot.tables.length,
      indexes: snapshot.indexes.length,
      hourly: snapshot.hourly?.statements.length ?? 0,
      hours: snapshot.hourly?.hours ?? 0,
      lost: snapshot.gaps.filter(({ absence }) => absence === 'unreachable').map(({ reason }) => reason),
      ...(file === ''
        ? {}
        : {
            bytes: file.length,
            gzipBytes: gzipSync(file).length,
            gzipWithoutHours: gzipSync(JSON.stringify(rest)).length,
          }),
    })}\n`,
  );
}

void main();
