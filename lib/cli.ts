/** The hunt from a terminal. Result on stdout, progress on stderr; exit 0 worked, 1 failed, 2 bad configuration. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { Command, CommanderError } from 'commander';
import { openClients } from './clients.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import type { Delivered } from './deliver/deliver.ts';
import { type HuntInput, hunt } from './hunt.ts';
import { parseSnapshot, SnapshotError } from './model/snapshot-file.ts';
import { reportSummary } from './report/summary.ts';
import { terminalProgress } from './terminal.ts';

interface Flags {
  readonly prometheus?: string;
  readonly postgres?: string;
  readonly target?: string[];
  readonly window?: string;
  readonly end?: string;
  readonly cadence?: string;
  readonly store?: string;
  readonly mail?: string;
  readonly mailFrom?: string;
  readonly to?: string[];
  readonly archiveUrl?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly replay?: string;
  readonly send?: boolean;
  readonly force?: boolean;
  readonly pinBaseline?: boolean;
}

function command(): Command {
  const list = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
  return new Command('pg-hunt')
    .description('Hunts for PostgreSQL optimization opportunities and writes the report, the archive and the mail.')
    .option('--prometheus <url>', 'Prometheus-compatible server, with its path prefix if it has one')
    .option('--postgres <url>', 'PostgreSQL, read only: postgres://user@host:5432/database (password: PGPASSWORD)')
    .option('--target <name>', 'only this target, or the name for the one found; may be repeated', list)
    .option('--window <duration>', 'Prometheus duration of 5m or more (default: 7d)')
    .option('--end <time>', 'end of the window, ISO 8601 (default: now)')
    .option('--cadence <name>', 'weekly, monthly, quarterly or on-demand (default: weekly)')
    .option('--store <place>', 'folder or s3://bucket/prefix (default: ./out)')
    .option('--mail <place>', 'folder for .eml files, or ses (default: STORE/mail)')
    .option('--mail-from <address>', 'sender')
    .option('--to <address>', 'recipient; may be repeated', list)
    .option('--archive-url <url>', 'where the store can be read over HTTP; mails link to it')
    .option('--config <file>', 'JSON document with the same settings; flags win')
    .option('--json', 'print the Report document instead of the summary')
    .option('--replay <file>', 'judge a saved snapshot.json(.gz) again, without collecting')
    .option('--no-send', 'write the archive, send nothing')
    .option('--force', 'send although it may have been sent before')
    .option('--pin-baseline', 'make this window the baseline of later weeks')
    .exitOverride()
    .allowExcessArguments(false);
}

async function configOf(flags: Flags, now: string): Promise<Config> {
  const { config: file, json: _json, replay, prometheus, postgres, target, to, send, ...rest } = flags;
  return readConfig({
    env: process.env,
    ...(file === undefined ? {} : { file: await readJson(file) }),
    flags: {
      ...rest,
      ...(prometheus === undefined ? {} : { prometheus: { url: prometheus } }),
      ...(postgres === undefined ? {} : { postgres: { url: postgres } }),
      ...(target === undefined ? {} : { targets: target }),
      ...(to === undefined ? {} : { recipients: to }),
      ...(send === false ? { send } : {}), // commander's default of a --no- flag is true; the file may say false
    },
    needsSource: replay === undefined,
    now,
  });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? `is no JSON: ${error.message}` : `cannot be read: ${reason(error)}`;
    throw new ConfigError([`--config ${file}: ${why}`]);
  }
}

async function readSnapshot(file: string) {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ConfigError([`--replay ${file}: cannot be read: ${reason(error)}`]);
  });
  try {
    const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return parseSnapshot((zipped ? gunzipSync(bytes) : bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SnapshotError) throw new ConfigError([`--replay ${file}: ${error.message}`]);
    throw new ConfigError([`--replay ${file}: is damaged: ${reason(error)}`]);
  }
}

function mailLine({ mailSent, mailsSkipped }: Delivered, location: string): string {
  if (mailSent) return `Mail: ${location}`;
  return `Mail: not sent: ${[...new Set(mailsSkipped.map(({ why }) => why))].join('; ')}`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(argv: readonly string[]): Promise<number> {
  const program = command();
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const flags = program.opts<Flags>();
  const started = new Date().toISOString();
  const progress = terminalProgress(process.stderr);
  try {
    const config = await configOf(flags, started);
    const replay = flags.replay === undefined ? null : await readSnapshot(flags.replay);
    const { store, mailbox, sources } = await openClients(config);
    const input: HuntInput = {
      config,
      store,
      mailbox,
      sources: replay === null ? sources : { replay },
      now: replay?.takenAt ?? started,
      runId: randomUUID(),
      progress: progress.step,
    };
    const result = await hunt(input);
    progress.end();
    process.stdout.write(
      flags.json === true
        ? `${JSON.stringify(result.report, null, 2)}\n`
        : reportSummary(result.report, {
            location: store.location,
            pages: result.pages,
            mail: mailLine(result.delivered, mailbox.location),
          }),
    );
    return 0;
  } catch (error) {
    progress.end();
    process.stderr.write(`pg-hunt: ${reason(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
