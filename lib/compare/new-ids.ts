/** What is remembered of statements, under the ids that they have now. */
import type { Past } from '../model/changes.ts';
import { keyPart } from '../model/finding.ts';
import type { History } from '../model/history.ts';
import type { Series } from '../model/series.ts';

export type Successor = NonNullable<History['successors']>[number];

interface Named {
  readonly database: string;
  readonly statement: string;
  readonly queryid: string;
}

export function underNewIds(past: Past, successors: readonly Omit<Successor, 'at'>[]): Past {
  if (successors.length === 0) return past;
  const next = new Map(successors.map((one) => [idOf(one.database, one.from), one]));
  const row = <One extends Named>(one: One): One => {
    const found = next.get(idOf(one.database, one.statement));
    return found === undefined ? one : { ...one, statement: found.to, queryid: found.queryid };
  };
  const name = (database: string, statement: string): string => next.get(idOf(database, statement))?.to ?? statement;
  const names = (database: string | undefined, statements: readonly string[]): string[] =>
    statements.map((one) => (database === undefined ? one : name(database, one)));
  const inKey = new Map(successors.map((one) => [`${keyPart(one.database)}/${keyPart(one.from)}`, keyPart(one.to)]));
  const key = (text: string): string => {
    const [head = '', ...rest] = text.split('/');
    const database = head.slice(head.lastIndexOf(':') + 1);
    return [head, ...rest.map((part) => inKey.get(`${database}/${part}`) ?? part)].join('/');
  };
  const subject = <One extends History['regressions'][number]['subject']>(one: One): One => {
    const found = next.get(idOf(one.database ?? '', one.statement ?? ''));
    return found === undefined ? one : { ...one, statement: found.to, queryid: found.queryid };
  };
  const series = (one: Series): Series => ({ ...one, statements: once(one.statements.map(row)) });
  const finding = (one: History['findings'][number]): History['findings'][number] => ({
    ...one,
    key: key(one.key),
    subject: subject(one.subject),
    gain:
      one.gain.kind === 'statement-time'
        ? { ...one.gain, statements: names(one.subject.database, one.gain.statements) }
        : one.gain,
    ...(one.before === undefined ? {} : { before: { ...one.before, statements: one.before.statements.map(row) } }),
  });
  const history = (one: History): History => ({
    ...one,
    statements: one.statements.map(row),
    series: one.series === null ? null : series(one.series),
    findings: one.findings.map(finding),
    regressions: one.regressions.map((each) => ({ ...each, key: key(each.key), subject: subject(each.subject) })),
    openings: Object.fromEntries(Object.entries(one.openings).map(([of, opening]) => [key(of), opening])),
    tracked: one.tracked.map((each) =>
      each.statement === null ? each : { ...each, statement: name(each.database, each.statement) },
    ),
  });
  return {
    ...past,
    previous: past.previous === null ? null : history(past.previous),
    pinned: past.pinned === null ? null : history(past.pinned),
    recent: past.recent.map(history),
    series: past.series.map(series),
  };
}

/** The week of the change has both ids: the new one is what goes on. */
function once(rows: Series['statements']): Series['statements'] {
  return [...new Map(rows.map((row) => [idOf(row.database, row.statement), row])).values()];
}

function idOf(database: string, statement: string): string {
  return JSON.stringify([database, statement]);
}
