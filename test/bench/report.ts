/** `npm run bench:report`: one digest warm, and a full archive of 52 weeks × 20 targets; ratios to the limits that were set. */
import { archiveOf } from '../../lib/report/archive.ts';
import { renderDigest } from '../../lib/report/digest.ts';
import { mailSettings } from '../../lib/report/mails.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { method } from '../support/preview.ts';
import { aFleet, weeksBefore } from '../support/states.ts';

const DIGEST_MS = 60;
const ARCHIVE_MS = 60_000;
const PAGE_BYTES = 400 * 1024;
const [WEEKS, TARGETS, WARM] = [52, 20, 20];

const say = (what: string, value: string, ratio: number) =>
  process.stdout.write(`${what}: ${value}, ${ratio.toFixed(2)} of the limit\n`);

const busy = aBusyReport();
const settings = mailSettings(busy, 'https://reports.example.com');
for (let at = 0; at < WARM; at += 1) await renderDigest(busy, settings);
const times: number[] = [];
for (let at = 0; at < WARM; at += 1) {
  const from = performance.now();
  await renderDigest(busy, settings);
  times.push(performance.now() - from);
}
const median = times.sort((a, b) => a - b)[WARM / 2] ?? 0;
say('digest, warm, median', `${median.toFixed(1)} ms`, median / DIGEST_MS);

const fleet = aFleet(TARGETS);
const all = [...weeksBefore(fleet, WEEKS - 1)];
const ends = [...new Set(all.map(({ report }) => report.window.end))];
const from = performance.now();
const processor = process.cpuUsage();
let [objects, largest] = [0, 0];
// Week by week, as the runs would have: each writes its own folder of every target, and the indexes.
for (const end of [...ends, fleet.window.end]) {
  const own = all.filter(({ report }) => report.window.end === end);
  const report = own[0] === undefined ? fleet : { ...own[0].report, targets: own.flatMap((one) => one.report.targets) };
  const shelf = all.filter((one) => one.report.window.end < end);
  const written = await archiveOf({ report, shelf, snapshots: [], method, mail: mailSettings(report, undefined) });
  objects += written.length;
  for (const { key, body } of written) if (key.endsWith('.html')) largest = Math.max(largest, body.length);
}
const took = performance.now() - from;
const { user, system } = process.cpuUsage(processor);
say(
  `archive of ${WEEKS} weeks × ${TARGETS} targets, ${objects} objects`,
  `${(took / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor`,
  took / ARCHIVE_MS,
);
say('largest page', `${(largest / 1024).toFixed(0)} KiB`, largest / PAGE_BYTES);
