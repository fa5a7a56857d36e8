/** squawk, a linter for migrations, on whatever SQL the product prints. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

/** Rules that do not apply to a printed statement, each with the reason. All others do. */
const EXCLUDED: Readonly<Record<string, string>> = {
  'prefer-robust-stmts':
    'A person runs each statement alone and sees what it says; IF NOT EXISTS would take an invalid index of the name for the one wanted.',
  'require-lock-timeout':
    'A timeout is the session’s. Steps that stop writes say so in words; what takes SHARE UPDATE EXCLUSIVE keeps nobody waiting.',
  'require-statement-timeout': 'Builds take as long as they take: each step states its duration instead.',
  'changing-column-type':
    'The one rewrite that is printed (a column near the end of its type) is marked as one for small tables, with its lock and the other way beside it.',
};

/** The parent's part of a partitioned index: it holds no row, and PostgreSQL makes and drops it in no other way. */
const ON_ONLY = /^CREATE (?:UNIQUE )?INDEX (\S+) ON ONLY /;

const { platform, arch } = process;
const binary = createRequire(import.meta.url).resolve(
  `@squawk-cli/${platform}-${arch}/bin/squawk${platform === 'win32' ? '.exe' : ''}`,
);

/** What squawk finds, `rule: message (statement)`; by the rules for the oldest version supported. */
export function lint(statements: readonly string[]): readonly string[] {
  if (statements.length === 0) return [];
  const args = ['--reporter=json', '--pg-version=13.0', '--stdin-filepath=printed.sql'];
  const input = statements.map((sql) => sql.replaceAll('\n', ' ')).join('\n');
  const { stdout, stderr, error } = spawnSync(binary, [...args, `--exclude=${Object.keys(EXCLUDED).join(',')}`], {
    input,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  const found = (stdout.trim() === '' ? null : JSON.parse(stdout)) as
    | readonly { rule_name: string; message: string; line: number }[]
    | null;
  if (found === null) throw new Error(`squawk said nothing: ${stderr}`);
  const empty = new Set(statements.flatMap((sql) => ON_ONLY.exec(sql)?.[1] ?? []));
  const isEmpty = (sql = '') => ON_ONLY.test(sql) || empty.has(/^DROP INDEX \S*?([^.\s]+);$/.exec(sql)?.[1] ?? '');
  return found
    .filter(({ line }) => !isEmpty(statements[line]))
    .map(({ rule_name, message, line }) => `${rule_name}: ${message} (${statements[line]})`);
}
