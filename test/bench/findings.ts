/**
 * `npm run bench:findings [-- scene…]`: six databases with planted problems and planted innocents, each with its load on an
 * embedded PostgreSQL, hunted through; what was found, missed and made up goes to findings.md.
 */
import { writeFileSync } from 'node:fs';
import { type Judged, judge } from './findings/judge.ts';
import { report, table } from './findings/report.ts';
import { scenes } from './scenes/index.ts';

const wanted = process.argv.slice(2);
const chosen = scenes.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const judged: Judged[] = [];
for (const scene of chosen) {
  const one = await judge(scene);
  judged.push(one);
  process.stderr.write(`${scene.name}: ${one.seconds.toFixed(0)} s\n`);
}
process.stdout.write(wanted.length === 0 ? `${table(judged)}\n` : report(judged));
if (wanted.length === 0) writeFileSync(new URL('findings.md', import.meta.url), report(judged));
