/** `npm run bench:year`: simulated years through the product, and the subjects that a reader of one would have got. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { renderDigest } from '../../lib/report/digest.ts';
import { reportOf } from '../../lib/report/report.ts';
import { clear } from '../compare/weeks.ts';
import { countYear, emptyCount } from './year/count.ts';
import type { Hunted } from './year/hunts.ts';
import { storyOf } from './year/story.ts';
import { verificationOf } from './year/verify.ts';

const options = new Command('bench:year')
  .option('--seeds <numbers>', 'a year each', '9101,9102,9103')
  .option('--statements <count>', 'of each year', '40')
  .option('--out <file>', 'subjects of the first year, as Markdown', 'test/bench/year.md')
  .parse()
  .opts<{ seeds: string; statements: string; out: string }>();

const seeds = options.seeds.split(',').map(Number);
const size = { weeks: 52, statements: Number(options.statements) };
const count = emptyCount();
const mails: Hunted[] = [];
for (const seed of seeds) {
  const year = storyOf(seed, size);
  countYear(year, count, (hunted) => (seed === seeds[0] ? mails.push(hunted) : 0), true);
}

const trials = [0.1, 0.2, 0.4].map((gain) => {
  const all = Array.from({ length: 40 }, (_, at) => verificationOf(700 + at, gain, at % 2 === 0 ? 0.12 : -0.1));
  const judged = all.filter(({ held }) => held !== null);
  const share = (some: number, of: number): string => `${((100 * some) / of).toFixed(0)} %`;
  return {
    gain,
    verified: share(all.filter(({ verified }) => verified).length, all.length),
    covered: share(judged.filter(({ held }) => held).length, judged.length),
    judged: judged.length,
  };
});

const first = storyOf(seeds[0] ?? 0, size);
const subjects: string[] = [];
for (const { week, snapshot, changes, plan } of mails) {
  const window = snapshot.window;
  const hunted = { snapshot, outcomes: [clear()], plan, changes };
  const report = reportOf({ targets: [hunted], failures: [], cadence: 'weekly', window, generatedAt: window.end });
  const { subject } = await renderDigest(report, { pageUrl: () => null });
  const faster = (changes.improvements ?? []).map(({ title }) => title);
  subjects.push(`| ${week} | ${subject.replaceAll('|', '\\|')} | ${faster.join('; ')} |`);
}
const lines = [
  '# Simulated years',
  '',
  `\`npm run bench:year\` wrote this: ${seeds.length} years (seeds ${seeds.join(', ')}) of ${size.statements} statements and 52 weeks, each with three missed weeks,`,
  'three outages of 6-48 hours, three resets and a slowdown of the whole database; every run is done twice with the same past.',
  '',
  `- ${count.runs} runs; duplicate alerts: ${count.duplicates}; resolved without having been told: ${count.resolvedTwice}`,
  `- repaired after having been told: ${count.repaired}, of which exactly one resolved notice: ${count.resolvedOnce}`,
  `- planted steps of 20 % and more that cost half a percent of database time: ${count.planted}, told: ${count.found}; told where nothing was planted: ${count.chance}`,
  `- slowdowns of the whole database: ${count.wide.planted}, findings: ${count.wide.told}, statement alerts beside them: ${count.wide.statements}`,
  ...trials.map(
    ({ gain, verified, covered, judged }) =>
      `- advice that makes a statement ${gain * 100} % faster while the database drifts by +12 or -10 %: verified within two weeks ${verified} of 40; the 90 % interval holds it in ${covered} of ${judged}`,
  ),
  '',
  '## The story of the first year',
  '',
  ...first.events.map(
    ({ statement, from, to, size: by }) =>
      `- s${statement}: ${by * 100} % slower from week ${from.toFixed(1)}${to === null ? '' : ` to ${to.toFixed(1)}`}`,
  ),
  ...(first.wide === null
    ? []
    : [
        `- everything: ${(first.wide.size * 100).toFixed(0)} % slower from week ${first.wide.from} to ${first.wide.to}`,
      ]),
  `- nobody hunted in weeks ${first.missed.join(', ')}`,
  '',
  '## Its subjects',
  '',
  '| Week | Subject | One line in the mail: got faster |',
  '| --- | --- | --- |',
  ...subjects,
];
writeFileSync(options.out, `${lines.join('\n')}\n`);
console.log(lines.join('\n'));
