/**
 * `npm run bench:closed-loop [-- scene…]`: what the report promises against what comes of it; the table with all misses goes
 * to closed-loop.md.
 */
import { writeFileSync } from 'node:fs';
import { type Looped, loop } from './closed-loop/loop.ts';
import { report, summary } from './closed-loop/table.ts';
import { scenes } from './scenes/index.ts';

const wanted = process.argv.slice(2);
const loops: Looped[] = [];
for (const scene of scenes.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const began = performance.now();
  loops.push(await loop(scene));
  process.stderr.write(`${scene.name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
}
process.stdout.write(wanted.length === 0 ? `${summary(loops)}\n` : report(loops));
if (wanted.length === 0) writeFileSync(new URL('closed-loop.md', import.meta.url), report(loops));
