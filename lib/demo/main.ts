/**
 * `npm start`: a sample shop on a real PostgreSQL, two weeks of it, and a hunt at the end of each. Between the two an
 * engineer does what the first report advises, and a release makes a statement slower.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { openClients } from '../clients.ts';
import { collect } from '../collect/collect.ts';
import { type Config, readConfig } from '../config.ts';
import { type HuntResult, hunt } from '../hunt.ts';
import type { CounterReading, Snapshot } from '../model/snapshot.ts';
import { terminalProgress } from '../terminal.ts';
import { weeksEarlier } from './calendar.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { applyAdvice } from './engineer.ts';
import { clearEarlier, list } from './leftovers.ts';
import { shipRelease } from './release.ts';
import { buildShop, shopSettings } from './shop.ts';
import { storyOf } from './story.ts';
import { openShop, type Shop } from './workload.ts';

const TARGET = 'demo-shop';
const STORE = './out';
/** The advice the engineer carries out. */
const ADVISOR = 'missing-indexes';

const progress = terminalProgress(process.stderr);

async function main(): Promise<string> {
  await clearEarlier(STORE, TARGET);
  progress.step('Starting PostgreSQL 18 in a temporary folder');
  const cluster = await startCluster({ settings: shopSettings });
  try {
    const admin = await connect(cluster, 'postgres');
    await admin.query('CREATE DATABASE shop');
    await admin.end();
    return await twoWeeks(cluster);
  } finally {
    await cluster.stop();
  }
}

async function twoWeeks(cluster: Cluster): Promise<string> {
  const engineer = await connect(cluster, 'shop');
  progress.step('Building the shop');
  await buildShop(engineer, { say: progress.detail });
  const shop = await openShop({ url: cluster.url('shop') });
  const config = configOf(cluster);

  const firstSeconds = await runWeek(shop, 1);
  const first = await look(config, null);
  const before = await huntIn(config, weeksEarlier(first, 1), 1);

  progress.step('Playing the engineer: doing what the report advises');
  const applied = await applyAdvice(engineer, before.report, ADVISOR);
  progress.detail(applied.opportunity.title);
  progress.step('Playing the developer: shipping a release');
  await shipRelease(engineer);

  const secondSeconds = await runWeek(shop, 2);
  const second = await look(config, first.counters ?? null);
  const earlierMails = await list(config.mail);
  const after = await huntIn(config, second, 2);
  await shop.close();
  await engineer.end();
  return storyOf({
    report: after.report,
    applied: applied.opportunity.key,
    files: await filesOf(config, after, earlierMails),
    secondsPerWeek: [firstSeconds, secondSeconds],
  });
}

async function connect(cluster: Cluster, database: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: cluster.url(database), application_name: 'engineer' });
  client.on('error', () => {}); // a query under way fails by itself; this event must not end the process first
  await client.connect();
  return client;
}

function configOf(cluster: Cluster): Config {
  return readConfig({
    env: {},
    flags: { postgres: { url: cluster.url('shop') }, targets: [TARGET], store: STORE },
    now: new Date().toISOString(),
  });
}

async function runWeek(shop: Shop, week: number): Promise<number> {
  progress.step(`Week ${week} of the shop, in seconds`);
  const began = performance.now();
  await shop.runWeek(week, (done, all) => progress.detail(`${done} of ${all} visits`));
  return (performance.now() - began) / 1000;
}

/** Its times are the real ones: the second look's counters begin where the first look's end, seconds ago. */
async function look(config: Config, previous: CounterReading | null): Promise<Snapshot> {
  progress.step('Looking at the database');
  const { sources } = await openClients(config);
  const now = new Date();
  const collected = await collect({
    ...sources,
    window: { start: new Date(now.getTime() - config.windowSeconds * 1000).toISOString(), end: now.toISOString() },
    target: TARGET,
    previous: async () => previous,
    takenAt: now.toISOString(),
    progress: progress.detail,
  });
  for (const one of collected) {
    if ('snapshot' in one) return one.snapshot;
    throw new Error(`${one.target}: ${one.failure}`);
  }
  throw new Error('no target was found');
}

async function huntIn(config: Config, snapshot: Snapshot, week: number): Promise<HuntResult> {
  progress.step(`Hunting in week ${week}`);
  const { store, mailbox } = await openClients(config);
  return hunt({
    config,
    store,
    mailbox,
    sources: { replay: snapshot },
    now: snapshot.takenAt,
    runId: randomUUID(),
    progress: progress.detail,
  });
}

async function filesOf(config: Config, result: HuntResult, earlier: readonly string[]): Promise<readonly string[]> {
  const page = result.pages[TARGET];
  const week = page === undefined ? [] : [path.dirname(page)];
  const mails = (await list(config.mail)).filter((name) => !earlier.includes(name));
  return [
    path.resolve(config.store, 'index.html'),
    ...week.flatMap((folder) => [
      path.resolve(config.store, folder, 'index.html'),
      path.resolve(config.store, folder, 'digest.html'),
    ]),
    ...mails.map((name) => path.resolve(config.mail, name)),
  ];
}

// Exiting runs the cluster's own clean-up; a second signal, from npm or the terminal, finds it already under way.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    progress.end('failed');
    process.stderr.write('Interrupted; PostgreSQL and its folder are removed.\n');
    process.exit(1);
  });
}

try {
  const story = await main();
  progress.end();
  process.stdout.write(`\n${story}`);
} catch (error) {
  progress.end('failed');
  process.stderr.write(`pg-hunt: the demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
