/** `npm run hunt -- calibration`: the record of promises and outcomes, printed, exported or begun anew. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { readRecord, resetCalibration } from './compare/calibration.ts';
import { keptTargets } from './compare/kept-weeks.ts';
import { scoresOf } from './compare/scores.ts';
import { ConfigError, readConfig } from './config.ts';
import type { Calibration } from './model/calibration.ts';
import type { Objects } from './model/objects.ts';
import { calibrationBlocks, calibrationRules } from './report/calibration.ts';
import { renderText } from './report/render-text.ts';
import { openStore } from './store/open.ts';

interface CalibrationFlags {
  readonly store?: string;
  readonly config?: string;
  readonly target?: readonly string[];
  readonly export?: string;
  readonly reset?: boolean;
}

export interface CalibrationContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** ISO 8601. */
  readonly now: string;
}

/** What to print; null: the help was asked for and shown. Throws ConfigError, HistoryError and StoreError. */
export async function calibrationCommand(
  argv: readonly string[],
  { env, now }: CalibrationContext,
): Promise<string | null> {
  const flags = readFlags(argv);
  if (flags === null) return null;
  const { config: file, export: to, reset, target, store: place } = flags;
  if (to !== undefined && reset === true)
    throw new ConfigError(['calibration: --export and --reset exclude each other']);
  const config = readConfig({
    env,
    ...(file === undefined ? {} : { file: await documentOf(file) }),
    flags: {
      ...(place === undefined ? {} : { store: place }),
      ...(target === undefined ? {} : { targets: target }),
      send: false,
      mail: 'mail',
    },
    needsSource: false,
    now,
  });
  const store = await openStore(config.store);
  const targets = config.targets.length > 0 ? config.targets : await keptTargets(store);
  if (reset === true) return resetAll(store, targets, now);
  const records: Calibration[] = [];
  for (const name of targets) records.push(...[await readRecord(store, name)].filter((one) => one !== null));
  if (to !== undefined) {
    await writeFile(to, `${JSON.stringify(records, null, 1)}\n`).catch((error: unknown) => {
      throw new ConfigError([
        `calibration: --export ${to}: cannot be written: ${error instanceof Error ? error.message : error}`,
      ]);
    });
    return `${to}: ${records.reduce((sum, { predictions }) => sum + predictions.length, 0)} promises of ${records.length} targets\n`;
  }
  const known = records.flatMap((record) => {
    const summary = scoresOf(record);
    return summary === null ? [] : calibrationBlocks(record.target, summary);
  });
  if (known.length === 0) return `${store.location}: nothing was promised in numbers yet\n`;
  return renderText([...known, calibrationRules()]);
}

async function resetAll(store: Objects, targets: readonly string[], now: string): Promise<string> {
  const lines: string[] = [];
  for (const target of targets) {
    const aside = await resetCalibration(store, target, now);
    lines.push(aside === null ? `${target}: begun; there was none` : `${target}: begun anew; the old one is ${aside}`);
  }
  return lines.length === 0 ? `${store.location}: no target is kept\n` : `${lines.join('\n')}\n`;
}

function readFlags(argv: readonly string[]): CalibrationFlags | null {
  const list = (value: string, before?: readonly string[]): string[] => [...(before ?? []), value];
  const program = new Command('npm run hunt -- calibration')
    .description('How good earlier promises were: coverage, bias and Brier score by class. Asks no source.')
    .option('--store <place>', 'folder or s3://bucket/prefix (default: ./out)')
    .option('--target <name>', 'only this target; may be repeated (default: all that are kept)', list)
    .option('--config <file>', 'JSON document with the same settings; flags win')
    .option('--export <file>', 'write every promise and outcome to a JSON file instead')
    .option('--reset', 'begin anew; the old record is copied aside')
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new ConfigError([`calibration: ${error.message.replace(/^error: /, '')}`]);
  }
  return program.opts<CalibrationFlags>();
}

async function documentOf(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // Not the parser's words: they quote what may be a password.
    throw new ConfigError([`--config ${file}: cannot be read as JSON`]);
  }
}
