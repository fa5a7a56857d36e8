/** The whole run in process, on a folder store: what stands in the store after each way it can go. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { roster } from '../lib/advise/index.ts';
import { calibrationCommand } from '../lib/calibration-command.ts';
import { createPrometheus } from '../lib/collect/prometheus/client.ts';
import { readConfig } from '../lib/config.ts';
import { DeliveryError } from '../lib/deliver/error.ts';
import { openMailbox } from '../lib/deliver/mail.ts';
import { HuntError, type HuntInput, hunt } from '../lib/hunt.ts';
import type { Mailbox } from '../lib/model/objects.ts';
import type { Snapshot } from '../lib/model/snapshot.ts';
import { parseSnapshot } from '../lib/model/snapshot-file.ts';
import { recall } from '../lib/recall.ts';
import { openStore } from '../lib/store/open.ts';
import { type FakePrometheus, startFakePrometheus } from './support/fake-prometheus.ts';
import { aDatabase, anIndex, aSnapshot, aStatement, aTable, spansOf } from './support/rows.ts';
import { shopSeries } from './support/shop-series.ts';

const DAY = 24 * 3600;
let folder: string;
const running: FakePrometheus[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pg-hunt-run-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
});

/** A week that ends so many weeks after the first: a duplicate index, and a statement of so many milliseconds a call. */
function week(after: number, { meanMs = 1, duplicate = true } = {}): Snapshot {
  const at = (iso: string) => new Date(Date.parse(iso) + after * 7 * DAY * 1000).toISOString();
  const base = aSnapshot();
  const window = { start: at(base.window.start), end: at(base.window.end) };
  const spans = Object.entries(spansOf(7 * DAY)).map(([kind, span]) => [kind, { ...span, ...window }]);
  const twin = anIndex({ index: 'orders_customer_twin', columns: ['customer_id'], scansSinceReset: 0, scans: 0 });
  return aSnapshot({
    takenAt: window.end,
    window,
    spans: Object.fromEntries(spans) as Snapshot['spans'], // the same kinds as before
    tables: [aTable()],
    indexes: [...base.indexes, anIndex({ columns: ['customer_id'] }), ...(duplicate ? [twin] : [])],
    statements: [
      aStatement({ calls: 1_000_000, totalTimeMs: meanMs * 1_000_000 }),
      aStatement({ queryid: '2', text: 'SELECT 1 FROM carts WHERE id = $1', calls: 2_000_000, totalTimeMs: 8_000_000 }),
    ],
  });
}

async function inputOf(source: Snapshot | HuntInput['sources'], over: Partial<HuntInput> = {}, flags = {}) {
  const now = 'takenAt' in source ? source.takenAt : '2026-11-22T00:00:00Z';
  const config = readConfig({ env: {}, flags: { store: folder, ...flags }, needsSource: false, now });
  return {
    config,
    store: await openStore(folder),
    mailbox: await openMailbox(config.mail),
    sources: 'takenAt' in source ? { replay: source } : source,
    now,
    runId: 'run',
    progress: () => {},
    ...over,
  };
}

const run = async (...given: Parameters<typeof inputOf>) => hunt(await inputOf(...given));

function files(below = ''): string[] {
  const there = readdirSync(join(folder, below), { recursive: true, withFileTypes: true });
  return there
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
const text = (file: string) => readFileSync(join(folder, file), 'utf8');
const under = (prefix: string) => files().filter((file) => file.startsWith(prefix));
/** Name and fingerprint of each file: short enough to read when they differ. */
const bytes = (below = '') =>
  under(below).map(
    (file) =>
      `${file} ${createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex')}`,
  );
const statusOf = (result: Awaited<ReturnType<typeof hunt>>, advisor: string) =>
  result.report.targets[0]?.opportunities.find((one) => one.advisor === advisor)?.status;

/** Fails the first so many sends. */
function failing(mailbox: Mailbox, times: number, sent: 'no' | 'unknown', idempotent: boolean): Mailbox {
  let left = times;
  return {
    location: mailbox.location,
    idempotent,
    async send(message, date) {
      left -= 1;
      if (left >= 0) throw new DeliveryError('the mailbox is on fire', { sent });
      return mailbox.send(message, date);
    },
  };
}

describe('one week after the other', () => {
  it('writes history, archive and one mail on the first run, and finds the duplicate new', async () => {
    const result = await run(week(0));
    expect(statusOf(result, 'duplicate-indexes')).toBe('new');
    expect(result.delivered.mailSent).toBe(true);
    const csv = files().filter((file) => file.endsWith('.csv'));
    expect(csv).toContain('reports/shop-db/2026-W47/opportunities.csv');
    expect(files().filter((file) => !file.startsWith('claims/') && !csv.includes(file))).toEqual([
      'calibration/shop-db.json',
      'feed.xml',
      'history/shop-db/2026-11-22T00-00-00Z.json.gz',
      'index.html',
      expect.stringMatching(/^mail\/digest-.*\.eml$/),
      'method.html',
      ...['digest.html', 'digest.txt', 'index.html', 'report.json', 'snapshot.json.gz'].map(
        (file) => `reports/shop-db/2026-W47/${file}`,
      ),
      'reports/shop-db/feed.xml',
      'reports/shop-db/index.html',
    ]);
    expect(text('reports/shop-db/2026-W47/digest.txt')).toMatch(/First\s+hunt/);
  });

  it('leaves out what is muted, keeps its age, and brings it back when the time is over', async () => {
    const key = 'duplicate-indexes:*';
    const muted = (until: string) => ({
      decisions: [{ decision: 'mute', key, reason: 'Release first.', until }],
    });
    await run(week(0));
    const quiet = await run(week(1), {}, muted('2026-12-01'));
    expect(statusOf(quiet, 'duplicate-indexes')).toBeUndefined();
    expect(quiet.report.targets[0]?.decisions).toMatchObject([{ state: 'in-force', findings: [{}] }]);
    expect(text('reports/shop-db/2026-W48/digest.txt')).toMatch(/1 finding muted/);
    const back = await run(week(2), {}, muted('2026-12-01'));
    const [again] = back.report.targets[0]?.opportunities.filter(({ ranOut }) => ranOut !== undefined) ?? [];
    expect(again).toMatchObject({ status: 'persisting', firstSeen: '2026-11-22T00:00:00.000Z' });
    expect(text('reports/shop-db/2026-W49/digest.txt')).toMatch(/1 decision\s+ran\s+out\s+this\s+time/);
  });

  it('knows in the second week what persists and what got worse, and links the weeks both ways', async () => {
    await run(week(0));
    const second = await run(week(1, { meanMs: 4 }));
    const [target] = second.report.targets;
    expect(statusOf(second, 'duplicate-indexes')).toBe('persisting');
    expect(target?.baselines.previousEnd).toBe('2026-11-22T00:00:00.000Z');
    expect(target?.regressions[0]).toMatchObject({ status: 'new', subject: { queryid: '1000000000000000001' } });
    expect(under('mail/')).toHaveLength(3); // two digests and the alert
    expect(text('reports/shop-db/2026-W48/index.html')).toContain('../2026-W47/index.html');
    expect(text('reports/shop-db/2026-W47/index.html')).toContain('../2026-W48/index.html');
    expect(text('reports/shop-db/index.html')).toMatch(/2026-W48[\s\S]*2026-W47/);
  });

  it('goes on with the history that a target had under its old name', async () => {
    const first = week(0);
    await hunt(await inputOf(first));
    const { report } = await hunt(await inputOf({ ...week(1), target: 'orders', formerNames: [first.target] }));
    expect(report.targets[0]).toMatchObject({ target: 'orders' });
    const statuses = new Set(report.targets[0]?.opportunities.map(({ status }) => status));
    expect(statuses).toEqual(new Set(['persisting']));
    const { report: other } = await hunt(await inputOf({ ...week(1), target: 'elsewhere' }));
    expect(other.targets[0]?.opportunities.map(({ status }) => status)).toContain('new');
  });

  it('sees that advice was followed', async () => {
    await run(week(0));
    const second = await run(week(1, { duplicate: false }));
    expect(statusOf(second, 'duplicate-indexes')).toBeUndefined();
    expect(second.report.targets[0]?.progress.map(({ key }) => key)).toEqual([
      expect.stringMatching(/^duplicate-indexes:/),
    ]);
  });

  it('keeps each promise with what came of it, and tells how good they were on the method page', async () => {
    await run(week(0));
    await run(week(1, { duplicate: false }));
    const { report } = await run(week(2, { duplicate: false }));
    const all = report.targets[0]?.calibration?.scores[0];
    expect(all).toMatchObject({ by: 'all', outcomes: 1, coverage: { inside: 1, share: 1 } });
    expect(text('method.html')).toContain('1 outcome of');
    const argv = ['--store', folder];
    const context = { env: {}, now: '2026-12-07T00:00:00Z' };
    expect(await calibrationCommand(argv, context)).toContain('1 outcome of');
    const to = join(folder, 'exported.json');
    expect(await calibrationCommand([...argv, '--export', to], context)).toContain('of 1 targets');
    expect(JSON.parse(readFileSync(to, 'utf8'))).toMatchObject([{ version: 1, target: 'shop-db' }]);
    expect(await calibrationCommand([...argv, '--reset'], context)).toMatch(
      /shop-db: begun anew; the old one is calib/,
    );
    expect(await calibrationCommand(argv, context)).toContain('nothing was promised');
    expect(under('calibration/')).toHaveLength(2);
    await expect(calibrationCommand(['--export', to, '--reset'], context)).rejects.toThrow('exclude each other');
  });

  it('sends one mail and writes the same bytes when the same week runs twice', async () => {
    await run(week(0));
    const before = bytes();
    const again = await run(week(0), { runId: 'another' });
    expect(bytes()).toEqual(before);
    expect(under('mail/')).toHaveLength(1);
    expect(again.report.targets[0]?.baselines.previousEnd).toBeNull();
  });

  it('replays what it archived to the same report and pages, byte for byte', async () => {
    const fake = await startFakePrometheus({ series: shopSeries('2026-11-22T00:00:00Z') });
    running.push(fake);
    const live = { prometheus: createPrometheus({ url: fake.url }) };
    const { report } = await run(live, {}, { window: '20m' });
    const name = report.targets[0]?.target ?? '';
    const first = bytes('reports/');
    const packed = readFileSync(join(folder, `reports/${name}/2026-W47/snapshot.json.gz`));
    rmSync(folder, { recursive: true });
    await run(parseSnapshot(gunzipSync(packed).toString()), {}, { window: '20m' });
    const lists = files().filter((file) => file.endsWith('.csv'));
    expect(lists.length).toBeGreaterThan(0);
    expect(first).toHaveLength(7 + lists.length);
    expect(bytes('reports/')).toEqual(first);
  });
});

describe('what fails', () => {
  it('is an advisor: it says so itself, and the mail still goes out', async () => {
    const [first] = roster;
    const spy = vi.spyOn(first as NonNullable<typeof first>, 'advise').mockImplementation(() => {
      throw new Error('divided by a full moon');
    });
    const result = await run(week(0)).finally(() => spy.mockRestore());
    const states = result.report.targets[0]?.coverage.filter(({ state }) => state === 'failed');
    expect(states).toEqual([
      expect.objectContaining({ advisor: first?.card.id, why: expect.stringContaining('divided by a full moon') }),
    ]);
    expect(result.delivered.mailSent).toBe(true);
  });

  it('is the mail: the history waits, and the next run sends it', async () => {
    const input = await inputOf(week(0));
    const broken = failing(input.mailbox, 1, 'no', true);
    await expect(hunt({ ...input, mailbox: broken })).rejects.toThrow('the mailbox is on fire');
    expect(under('history/')).toEqual([]);
    expect(under('mail/')).toEqual([]);
    await hunt({ ...input, mailbox: broken, runId: 'retry' });
    expect(under('history/')).toHaveLength(1);
    expect(under('mail/')).toHaveLength(1);
  });

  it('is every target: the store keeps every byte', async () => {
    await run(week(0));
    const before = bytes();
    const nobody = { prometheus: createPrometheus({ url: 'http://127.0.0.1:9', retryMs: 1 }) };
    const failed = run(nobody, {}, { pinBaseline: true });
    await expect(failed).rejects.toBeInstanceOf(HuntError);
    await expect(failed).rejects.toThrow(/127\.0\.0\.1-9: Prometheus at .* refused: is Prometheus running there/);
    expect(bytes()).toEqual(before);
  });

  it('is the server that knows all targets: each says so, not that it was never discovered', async () => {
    const nobody = { prometheus: createPrometheus({ url: 'http://127.0.0.1:9', retryMs: 1 }) };
    const failed = run(nobody, {}, { targets: ['shop-db', 'till-db'] });
    await expect(failed).rejects.toThrow(/^shop-db: Prometheus at .*there, .*\ntill-db: Prometheus at/);
  });

  it('is the store: found out before anybody is asked', async () => {
    const fake = await startFakePrometheus({ series: shopSeries('2026-11-22T00:00:00Z') });
    running.push(fake);
    writeFileSync(join(folder, 'file'), '');
    const store = await openStore(join(folder, 'file'));
    const failed = run({ prometheus: createPrometheus({ url: fake.url }) }, { store }, { window: '20m' });
    await expect(failed).rejects.toThrow(/a part of this path is a file and no folder: move the file away/);
    expect(fake.requests).toEqual([]);
  });

  it('is one target of several: the others are hunted, and report and digest name it', async () => {
    const one = shopSeries('2026-11-22T00:00:00Z');
    const two = one.map((each) => ({ ...each, labels: { ...each.labels, instance: 'till-db:9187' } }));
    const fake = await startFakePrometheus({ series: [...one, ...two] });
    running.push(fake);
    const targets = ['shop-db-9187', 'attic-db'];
    const { report } = await run({ prometheus: createPrometheus({ url: fake.url }) }, {}, { window: '20m', targets });
    expect(report.targets.map(({ target }) => target)).toEqual(['shop-db-9187']);
    expect(report.failures).toEqual([{ target: 'attic-db', why: expect.stringContaining('till-db-9187') }]);
    expect(under('mail/').map(text).join()).toContain('attic-db');
  });
});

describe('what a backend says about its answers', () => {
  it('reaches the report and its page: nodes that are missing, warnings and infos', async () => {
    const beside = { isPartial: true, warnings: ['store 3 is down'], infos: ['results truncated due to limit'] };
    const fake = await startFakePrometheus({ series: shopSeries('2026-11-22T00:00:00Z'), beside });
    running.push(fake);
    const { report } = await run({ prometheus: createPrometheus({ url: fake.url }) }, {}, { window: '20m' });
    const notes = report.targets[0]?.quality.notes ?? [];
    const page = under('reports/')
      .filter((file) => file.endsWith('index.html'))
      .map(text)
      .join();
    for (const words of ['without some of its nodes', 'store 3 is down', 'results truncated due to limit']) {
      expect(notes.filter((note) => note.includes(words))).toHaveLength(1);
      expect(page).toContain(words);
    }
    expect(fake.requests.every(({ form }) => form.get('partial_response') === 'false')).toBe(true);
  });
});

describe('the pinned week', () => {
  it('is what later weeks are held against, beside the week before', async () => {
    await run(week(0), {}, { pinBaseline: true });
    await run(week(1));
    const { report } = await run(week(2));
    expect(report.targets[0]?.baselines).toMatchObject({
      previousEnd: '2026-11-29T00:00:00.000Z',
      pinnedEnd: '2026-11-22T00:00:00.000Z',
    });
  });

  it('is pinned even when nobody knows whether the mail left, because its history is there', async () => {
    const input = await inputOf(week(0), {}, { pinBaseline: true });
    const lost = failing(input.mailbox, 9, 'unknown', false);
    await expect(hunt({ ...input, mailbox: lost })).rejects.toThrow('on fire');
    expect(under('history/')).toHaveLength(1);
    expect(under('baseline/')).toEqual(['baseline/shop-db.json']);
  });
});

describe('what is asked of the memory alone', () => {
  const asked = { targets: [], pinBaseline: false, unpinBaseline: false };

  it('compares any two kept weeks, with the texts of the archive, as text and as a page', async () => {
    await run(week(0));
    await run(week(1));
    await run(week(2, { meanMs: 3, duplicate: false }));
    const {
      text: said,
      comparisons,
      page,
    } = await recall({ ...asked, compare: { from: '2026-W47', to: '2026-12-06' } }, await openStore(folder));
    expect(comparisons[0]).toMatchObject({ target: 'shop-db', to: { end: '2026-12-06T00:00:00.000Z' } });
    expect(comparisons[0]?.statements[0]).toMatchObject({ changeMsPerWeek: 2_000_000, cause: [{ kind: 'latency' }] });
    expect(comparisons[0]?.findings.closed).toHaveLength(1);
    expect(said).toContain('3 times slower');
    expect(page).toBe('reports/shop-db/2026-W47-to-2026-12-06/index.html');
    expect(text(page ?? '')).toContain('SELECT 1 FROM carts');
  });

  it('pins a week that is kept and lets it go again, without a hunt', async () => {
    await run(week(0));
    await run(week(1));
    const store = await openStore(folder);
    await recall({ ...asked, pinBaseline: '2026-W47' }, store);
    expect((await run(week(2))).report.targets[0]?.baselines.pinnedEnd).toBe('2026-11-22T00:00:00.000Z');
    expect((await recall({ ...asked, unpinBaseline: true }, store)).text).toMatch('no baseline is pinned any more');
    expect((await run(week(3))).report.targets[0]?.baselines.pinnedEnd).toBeNull();
    await expect(recall({ ...asked, pinBaseline: '2026-W01' }, store)).rejects.toThrow(
      /no history of 2026-W01; kept are/,
    );
  });
});

describe('the month and the quarter', () => {
  const late = (flags: object, now = '2027-02-07T03:00:00.000Z') => run({} as HuntInput['sources'], { now }, flags);

  it('are read from the kept weeks alone, say what was achieved, and are mailed once', async () => {
    for (let after = 0; after <= 10; after += 1) {
      const databases = [aDatabase({ activeTimeMs: 9_000_000 + 100_000 * after })];
      await run({ ...week(after, { duplicate: after < 9 }), databases });
    }
    const before = bytes('history');
    const { report, pages } = await late({ cadence: 'monthly' });
    const [target] = report.targets;
    expect(report).toMatchObject({ cadence: 'monthly', window: { start: '2027-01-10T03:00:00.000Z' } });
    expect(target?.review).toMatchObject({
      weeks: 4,
      from: '2027-01-10T00:00:00.000Z',
      to: '2027-01-31T00:00:00.000Z',
      verdicts: { verified: 1, noEffect: 0, worse: 0 },
    });
    expect(target?.review?.verdicts.freedBytes).toBeGreaterThan(0);
    expect(target?.review?.databaseTime.map(({ msPerWeek }) => msPerWeek)).toEqual(
      [9_700_000, 9_800_000, 9_900_000, 10_000_000].map((ms) => expect.closeTo(ms, 0)),
    );
    const time = target?.review?.capacity.find(({ label }) => label === 'Database time');
    expect(time?.perWeek?.likely).toBeCloseTo(100_000, 0);
    expect(time?.inAQuarter?.likely).toBeCloseTo(11_300_000, 0);
    expect(target?.review).not.toHaveProperty('rebaseline');
    expect(target?.opportunities).toEqual([]);
    const page = text(pages['shop-db'] ?? '');
    for (const words of ['What was achieved', 'Calibration', 'Capacity', '1 verified']) expect(page).toContain(words);
    for (const noise of ['Quick wins', 'Where the time goes', 'Roadmap']) expect(page).not.toContain(noise);
    expect(bytes('history')).toEqual(before);
    const mails = under('mail/').length;
    expect((await late({ cadence: 'monthly' })).delivered.mailSent).toBe(false);
    expect(under('mail/')).toHaveLength(mails);
  });

  it('propose a baseline by the quarter, and list what is long-term', async () => {
    for (const after of [0, 1, 2]) await run(week(after));
    const { report } = await late({ cadence: 'quarterly' });
    const [target] = report.targets;
    expect(target?.review?.rebaseline).toMatchObject({
      end: '2026-12-06T00:00:00.000Z',
      why: expect.stringContaining('No baseline is pinned'),
    });
    expect(target?.review?.notes).toEqual([
      '3 of 13 weeks are kept.',
      'The last week that is kept ended 63 days before the end of this review.',
    ]);
    expect(target?.review?.capacity[0]?.says).toContain('Only 3 weeks are known');
    expect(target?.opportunities.every(({ horizon }) => horizon === 'long-term')).toBe(true);
    await recall({ targets: [], pinBaseline: '2026-12-06', unpinBaseline: false }, await openStore(folder));
    const again = await late({ cadence: 'quarterly' }, '2026-12-20T00:00:00.000Z');
    expect(again.report.targets[0]?.review?.rebaseline).toBeNull();
  });

  it('fail where no week is kept, and write nothing', async () => {
    await expect(late({ cadence: 'monthly' })).rejects.toThrow('keeps no week yet');
    expect(files()).toEqual([]);
  });
});
