/** The hunt from a terminal. Result on stdout, progress on stderr; exit 0 worked, 1 failed, 2 bad configuration. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { calibrationCommand } from './calibration-command.ts';
import { openClients } from './clients.ts';
import { ConfigError, isRecall, readConfig } from './config.ts';
import type { Delivered } from './deliver/deliver.ts';
import { type Flags, readFlags } from './flags.ts';
import { hunt } from './hunt.ts';
import { invoke } from './invoke.ts';
import type { Snapshot } from './model/snapshot.ts';
import { parseSnapshot, SnapshotError } from './model/snapshot-file.ts';
import { recall } from './recall.ts';
import { clean } from './report/markup.ts';
import { reportSummary } from './report/summary.ts';
import { roleCommand } from './role-command.ts';
import { openStore } from './store/open.ts';
import { terminalProgress, terminalScreen } from './terminal.ts';

/** Everything the run needs, or every fault at once: of the flags, the file, the variables and the snapshot. */
async function settingsOf({ flags, faults: misread }: NonNullable<ReturnType<typeof readFlags>>, now: string) {
  const faults = [...misread];
  const noted = async <Value>(work: Promise<Value> | undefined): Promise<Value | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const { config: file, json: _json, replay, prometheus, postgres, target, to, send, ...rest } = flags;
  if (replay !== undefined) faults.push(...besideReplay(flags));
  const document = await noted(file === undefined ? undefined : readJson(file));
  const snapshot = await noted(replay === undefined ? undefined : readSnapshot(replay));
  const config = await noted(
    (async () =>
      readConfig({
        env: process.env,
        ...(document === undefined ? {} : { file: document }),
        flags: {
          ...rest,
          ...(prometheus === undefined ? {} : { prometheus: { url: prometheus } }),
          ...(postgres === undefined ? {} : { postgres: { url: postgres } }),
          ...(target === undefined ? {} : { targets: target }),
          ...(to === undefined ? {} : { recipients: to }),
          ...(send === false ? { send } : {}), // commander's default of a --no- flag is true; the file may say false
        },
        // After a fault the missing source may well be what was misread.
        needsSource: replay === undefined && faults.length === 0,
        now,
      }))(),
  );
  if (config === undefined || faults.length > 0) throw new ConfigError(faults);
  return { config, snapshot };
}

/** A snapshot has its own sources and window: to take such a flag and do nothing would look like an answer to it. */
function besideReplay(flags: Flags): readonly string[] {
  const idle = (['prometheus', 'postgres', 'target', 'window', 'end'] as const).filter(
    (name) => flags[name] !== undefined,
  );
  return idle.map((name) => `--${name}: has no place beside --replay; the snapshot has its own`);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError([`--config ${file}: cannot be read: ${reason(error)}`]);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser quotes what it stumbled over, which may be a password: only the place is told.
    const [place = ''] = /line \d+ column \d+|position \d+/.exec(reason(error)) ?? [];
    throw new ConfigError([`--config ${file}: is no JSON${place === '' ? '' : `, see ${place}`}`]);
  }
}

async function readSnapshot(file: string): Promise<Snapshot> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ConfigError([`--replay ${file}: cannot be read: ${reason(error)}`]);
  });
  try {
    const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return parseSnapshot((zipped ? gunzipSync(bytes) : bytes).toString('utf8'));
  } catch (error) {
    const why = error instanceof SnapshotError ? error.message : `is damaged: ${reason(error)}`;
    throw new ConfigError([`--replay ${file}: ${why}; give the snapshot.json.gz of a report in the archive`]);
  }
}

function mailLine({ mailSent, mailsSkipped }: Delivered, location: string): string {
  if (mailSent) return `Mail: ${location}`;
  return `Mail: not sent: ${[...new Set(mailsSkipped.map(({ why }) => why))].join('; ')}`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A command that hunts nothing: what it prints, or what was wrong with its words. */
async function printed(command: () => Promise<string | null>): Promise<number> {
  try {
    process.stdout.write(clean((await command()) ?? ''));
    return 0;
  } catch (error) {
    process.stderr.write(`pg-hunt: ${clean(reason(error))}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const words = argv.slice(1);
  if (argv[0] === 'role') return printed(async () => roleCommand(words));
  if (argv[0] === 'calibration') {
    return printed(() => calibrationCommand(words, { env: process.env, now: new Date().toISOString() }));
  }
  const read = readFlags(argv);
  if (read === null) return 0;
  const started = new Date().toISOString();
  const progress = terminalProgress(process.stderr);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not once: npm and the terminal both send it, and the second must not find nobody listening.
    process.on(signal, () => {
      progress.end('failed');
      process.stderr.write('pg-hunt: interrupted; run it again, it sends nothing twice\n');
      process.exit(1);
    });
  }
  try {
    if (read.flags.invoke !== undefined && read.faults.length === 0) {
      progress.step(`${read.flags.invoke} hunts`);
      const answer = await invoke(read.flags);
      progress.end();
      process.stdout.write(`${answer}\n`);
      return 0;
    }
    const { config, snapshot } = await settingsOf(read, started);
    if (isRecall(config)) {
      progress.step('looking back');
      const { text, comparisons } = await recall(config, await openStore(config.store));
      progress.end();
      process.stdout.write(read.flags.json === true ? `${JSON.stringify(comparisons, null, 2)}\n` : clean(text));
      return 0;
    }
    const { store, mailbox, sources } = await openClients(config);
    const result = await hunt({
      config,
      store,
      mailbox,
      sources: snapshot === undefined ? sources : { replay: snapshot },
      now: snapshot?.takenAt ?? started,
      runId: randomUUID(),
      progress: (step, detail) => (detail === undefined ? progress.step(step) : progress.detail(detail)),
    });
    progress.end();
    process.stdout.write(
      read.flags.json === true
        ? `${JSON.stringify(result.report, null, 2)}\n`
        : reportSummary(
            result.report,
            {
              location: store.location,
              pages: result.pages,
              mail: mailLine(result.delivered, mailbox.location),
            },
            terminalScreen(process.stdout),
          ),
    );
    return 0;
  } catch (error) {
    progress.end('failed');
    // Errors quote foreign names, and a name may hold what a terminal would obey.
    process.stderr.write(`pg-hunt: ${clean(reason(error))}\n`);
    if (!(error instanceof ConfigError)) return 1;
    if (argv.length === 0) process.stderr.write('npm run hunt -- --help shows all flags, with examples.\n');
    return 2;
  }
}

// A reader that has seen enough, such as `head`, is no failure of the run.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(process.argv.slice(2));
