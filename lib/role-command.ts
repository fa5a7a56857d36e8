/** `npm run hunt -- role`: the words behind it → SQL to print. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { platforms, type RoleOptions, roleScript } from './collect/postgres/role.ts';
import { ConfigError } from './config.ts';

interface RoleFlags {
  readonly name: string;
  readonly database?: readonly string[];
  readonly platform: RoleOptions['platform'];
  readonly read?: readonly string[];
  readonly readAll?: boolean;
  readonly pgstattuple?: boolean;
  readonly hypopg?: boolean;
  readonly iam?: boolean;
}

/** As PostgreSQL takes it, and as one line of psql can say it. */
function name(value: string, before?: readonly string[]): string[] {
  if (value === '' || Buffer.byteLength(value) > 63 || /\p{Cc}/u.test(value)) {
    throw new InvalidArgumentError('names have 1 to 63 bytes and no control characters.');
  }
  return [...(before ?? []), value];
}

/** null: the help was asked for and shown. */
export function roleCommand(argv: readonly string[]): string | null {
  const program = new Command('npm run hunt -- role')
    .description('Prints the SQL that makes a role with no more rights than a hunt needs. Nothing is run.')
    .option('--name <role>', 'what it is called', (value) => name(value)[0] ?? value, 'pghunt')
    .option('--database <name>', 'a database to hunt in; may be repeated', name)
    .addOption(new Option('--platform <name>', 'where PostgreSQL runs').choices(platforms).default('self-managed'))
    .option('--read <schema>', 'let it read the tables of this schema, for plans; may be repeated', name)
    .option('--read-all', 'let it read all tables, for plans (PostgreSQL 14 or later)')
    .option('--pgstattuple', 'the extension that measures bloat')
    .option('--hypopg', 'the extension that shows the planner indexes that do not exist')
    .option('--iam', 'RDS and Aurora: log in by IAM token')
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new ConfigError([`role: ${error.message.replace(/^error: /, '')}`]);
  }
  const flags = program.opts<RoleFlags>();
  const faults = [
    flags.readAll === true && flags.read !== undefined ? 'role: --read-all and --read exclude each other' : null,
    flags.read !== undefined && flags.database === undefined
      ? 'role: --read needs the --database that has the schema'
      : null,
    flags.iam === true && !['rds', 'aurora'].includes(flags.platform)
      ? 'role: --iam is for --platform rds or aurora'
      : null,
  ].filter((fault) => fault !== null);
  if (faults.length > 0) throw new ConfigError(faults);
  return roleScript({
    ...{ name: flags.name, databases: flags.database ?? [], platform: flags.platform },
    read: flags.readAll === true ? 'all' : (flags.read ?? 'nothing'),
    extensions: (['pgstattuple', 'hypopg'] as const).filter((extension) => flags[extension] === true),
    iam: flags.iam === true,
  });
}
