/**
 * `npm run --silent bench:regressions -- --in SERIES.jsonl --out ALERTS.jsonl`: the product's detector on weeks given as
 * files. Without --in: on made-up ones, and the table of how it did (--seeds A|B|numbers).
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Command } from 'commander';
import { alertsOf } from './regressions/evaluate.ts';
import { InputError, readSeries } from './regressions/read.ts';
import { SEEDS, table } from './regressions/table.ts';

const command = new Command('bench:regressions')
  .option('--in <file>', 'SERIES.jsonl: {"database","statement","start","calls":[n|null],"timeMs":[ms|null]} a line')
  .option('--out <file>', 'ALERTS.jsonl')
  .option('--seeds <seeds>', 'without --in: A (tuning), B (held out), or numbers with commas', 'A')
  .parse();
const options = command.opts<{ in?: string; out?: string; seeds: string }>();

if (options.in === undefined) {
  const { seeds } = options;
  table(seeds === 'A' || seeds === 'B' ? SEEDS[seeds] : seeds.split(',').map(Number), (line) => console.log(line));
} else if (options.out === undefined) {
  command.error('--out is missing: where the alerts go', { exitCode: 2 });
} else {
  await score(options.in, options.out);
}

async function score(input: string, output: string): Promise<void> {
  try {
    const weekly = await readSeries(input);
    const out = createWriteStream(output);
    for (const alert of alertsOf(weekly.series)) out.write(`${JSON.stringify(alert)}\n`);
    out.end();
    await once(out, 'finish');
  } catch (error) {
    const mine = error instanceof InputError || (error instanceof Error && 'code' in error);
    if (!mine) throw error;
    console.error(`${input}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
