/** The words behind `npm run hunt --` → what they ask for, and all that is wrong with them at once. */
import { Command, CommanderError } from 'commander';

export interface Flags {
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
  readonly invoke?: string;
  readonly send?: boolean;
  readonly force?: boolean;
  readonly pinBaseline?: boolean | string;
  readonly unpinBaseline?: boolean;
  readonly compare?: { readonly from: string; readonly to: string };
}

const EXAMPLES = `
Examples:
  npm run hunt -- --prometheus https://prometheus.example.com --window 7d
  PGPASSWORD=… npm run hunt -- --postgres postgres://pghunt@db.example.com:5432/app
  npm run hunt -- role --database app --read-all      # the SQL for a role with the rights that a hunt needs
  npm run hunt -- calibration      # how good earlier promises were; with --export FILE or --reset to begin anew
  npm run hunt -- --replay out/reports/TARGET/2026-W47/snapshot.json.gz --no-send

Exit 0: the run worked, whatever it found. 1: it failed. 2: bad configuration, with every fault named.
Progress goes to stderr, the result to stdout. Settings can be PG_HUNT_… variables as well: see README.md.
`;

function command(): Command {
  const list = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
  return new Command('npm run hunt --')
    .usage('[flags]')
    .description('Hunts for PostgreSQL optimization opportunities and writes the report, the archive and the mail.')
    .optionsGroup('What to read (at least one):')
    .option('--prometheus <url>', 'Prometheus-compatible server, with its path prefix if it has one')
    .option('--postgres <url>', 'PostgreSQL, read only: postgres://user@host:5432/database (password: PGPASSWORD)')
    .option('--replay <file>', 'judge a saved snapshot.json(.gz) again, without collecting')
    .optionsGroup('What to hunt:')
    .option('--target <name>', 'only this target, or the name for the one found; may be repeated', list)
    .option('--window <duration>', 'Prometheus duration of 5m or more (default: 7d)')
    .option('--end <time>', 'end of the window, ISO 8601 (default: now)')
    .option('--cadence <name>', 'weekly, monthly, quarterly or on-demand (default: weekly)')
    .option('--pin-baseline [week]', 'make this window, or a week that is kept, the baseline of later weeks')
    .optionsGroup('From what is kept, without a hunt:')
    .option('--compare <from..to>', 'two weeks, as 2026-W40..2026-W47 or as days on which runs ended', weeksIn)
    .option('--unpin-baseline', 'have no baseline any more')
    .optionsGroup('Where it goes:')
    .option('--store <place>', 'folder or s3://bucket/prefix (default: ./out)')
    .option('--mail <place>', 'folder for .eml files, or ses (default: STORE/mail)')
    .option('--mail-from <address>', 'sender')
    .option('--to <address>', 'recipient; may be repeated', list)
    .option('--archive-url <url>', 'where the store can be read over HTTP; mails link to it')
    .option('--send', 'with --invoke: mail it') // before its contrary, which would make true the default
    .option('--no-send', 'write the archive, send nothing')
    .option('--force', 'send although it may have been sent before')
    .optionsGroup('On AWS:')
    .option('--invoke <function>', 'let the deployed function hunt: a preview, unless --send or --force')
    .optionsGroup('Everything else:')
    .option('--config <file>', 'JSON document with the same settings; flags win')
    .option('--json', 'print the Report document instead of the summary')
    .helpOption('-h, --help', 'this text')
    .addHelpText('after', EXAMPLES)
    .configureOutput({ writeErr: () => {} }) // faults are told together, in our words
    .allowExcessArguments(true)
    .exitOverride();
}

function weeksIn(value: string): NonNullable<Flags['compare']> {
  const [from = '', to = ''] = value.split('..');
  return { from, to };
}

/** null: the help was asked for and shown. */
export function readFlags(
  argv: readonly string[],
): { readonly flags: Flags; readonly faults: readonly string[] } | null {
  // Apart, so that a fault can name a flag without its value, which may be a password.
  let rest = argv.flatMap((word) => /^(--[a-z-]+)=(.*)$/s.exec(word)?.slice(1) ?? [word]);
  const faults: string[] = [];
  for (;;) {
    const program = command();
    try {
      program.parse(rest, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return null;
      const [, flag = ''] = /'(-[^\s']*)/.exec(error.message) ?? [];
      const at = rest.lastIndexOf(flag);
      if (at < 0) return { flags: {}, faults: [...faults, error.message] };
      const [, meant] = /Did you mean (?:one of )?([^?)]+)/.exec(error.message) ?? [];
      const unknown = error.code === 'commander.unknownOption';
      const why = unknown
        ? `no such flag${meant === undefined ? '; --help lists them' : `; did you mean ${meant}?`}`
        : '';
      faults.push(`${flag}: ${unknown ? why : 'its value is missing'}`);
      // Its value goes with it, or would be taken for a word without a flag.
      const words = unknown && rest[at + 1]?.startsWith('-') === false ? 2 : 1;
      rest = rest.toSpliced(at, words);
      continue;
    }
    const { length } = program.args;
    if (length > 0) {
      const words = length === 1 ? 'a word stands' : `${length} words stand`;
      faults.push(
        `${words} behind no flag that takes a value: is --prometheus, --postgres or a quotation mark missing?`,
      );
    }
    return { flags: program.opts<Flags>(), faults };
  }
}
