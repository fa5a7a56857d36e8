/** One server's share of all answers, as rows of the model. */
import type { DatabaseRow, IndexRow, ServerRow, StatementRow, TableRow } from '../../model/rows.ts';
import type { SourceQuery } from '../../model/snapshot.ts';
import type { Ask } from './ask.ts';
import type { Dialect } from './dialect.ts';
import { factsOf } from './found-facts.ts';
import { gapsOf } from './gaps.ts';
import { hostOf } from './hosting.ts';
import { settingsIn } from './native-settings.ts';
import { experienceOf, experienceSources } from './own.ts';
import { withoutRoots } from './partition-roots.ts';
import { presenceOf } from './presence.ts';
import { samplesOf, trustNotes, trustOf } from './quality.ts';
import type { Answers, PrometheusTarget } from './read.ts';
import { trustRows } from './row-trust.ts';
import { type Joined, presentRows, type Row } from './rows.ts';
import { platformOf, reservedConnections, roleOf, settingsOf, versionOf } from './settings.ts';
import { type Cluster, clusterOf } from './telling.ts';
import type { StatementText } from './texts.ts';
import { mainDialect, speakingOf } from './who-speaks.ts';

export function targetOf(name: string, joined: Joined, all: Answers): PrometheusTarget {
  const dialects = speakingOf(name, all);
  const main = mainDialect(joined, dialects);
  const roots = withoutRoots(name, joined, all);
  const presence = presenceOf(all.seen, (labels) => all.servers.of(labels) === name);
  const trust = trustOf(name, all.servers, all.trust, all.scope, presence);
  const rows = trustRows(name, joined, all.servers, all.trust);
  const { server, filled } = serverOf(name, joined, all);
  const aliases = all.servers.aliases.get(name) ?? [];
  const host = hostOf(name, server.platform, all.hosts, all.servers.names);
  const databases = presentRows(joined.rows.database).map(
    (row): DatabaseRow => ({ ...numbers(row), database: row.identity.database ?? '' }),
  );
  const tables = presentRows(joined.rows.table).map(
    (row): TableRow => ({ ...numbers(row), ...tableName(row), ...seen(row) }),
  );
  const indexes = presentRows(joined.rows.index).map(
    (row): IndexRow => ({ ...numbers(row), ...tableName(row), index: row.identity.index ?? '', ...seen(row) }),
  );
  const texts = all.texts.get(name);
  const statements = [...joined.rows.statement.values()].map((row) => statementOf(row, texts));
  const withTables = new Set(tables.map((row) => row.database));
  const blindDatabases = databases.map((row) => row.database).filter((database) => !withTables.has(database));
  return {
    name,
    server,
    databases: sorted(databases),
    tables: sorted(tables),
    indexes: sorted(indexes),
    statements: sorted(statements),
    hosts: host.hosts,
    ...(all.experiences.length === 0 ? {} : { userExperience: experienceOf(name, all.experiences) }),
    gaps: [
      ...gapsOf({
        joined,
        dialects,
        main,
        failed: all.failed,
        filled,
        blindDatabases: blindDatabases.sort(),
        versionNum: server.versionNum,
      }),
      ...rows.gaps,
      ...host.gaps,
    ],
    sources: [...sourcesOf(name, joined, main, all), ...host.sources],
    coveredShare: trust.coveredShare,
    resets: trust.resets,
    presence,
    samples: samplesOf(trust, presence, all),
    notes: [
      ...trustNotes(trust, presence, all.scope.seconds),
      ...sameLoad(name, aliases, all),
      ...rows.notes,
      ...roots,
      ...all.notes,
    ],
    blindDatabases,
    aliases,
    formerNames: [],
    cluster: clusterNamed(name, all),
    system: all.servers.systems.get(name) ?? null,
    standbys: standbysOf(name, all),
  };
}

function clusterNamed(name: string, all: Answers): Cluster | null {
  const own = factsOf('cluster', name, all).flatMap(({ question, samples }) =>
    samples.map(({ labels }) => clusterOf(labels, question.label)),
  );
  const counts = all.trust.filter(({ question }) => question.about === 'count').flatMap(({ answer }) => answer.samples);
  const shared = counts.filter(({ labels }) => all.servers.of(labels) === name).map(({ labels }) => clusterOf(labels));
  return [...own, ...shared].find((each) => each !== null) ?? null;
}

/** Backups and receivers of WAL stream as well, and answer no query. */
function standbysOf(name: string, all: Answers): PrometheusTarget['standbys'] {
  const streaming = factsOf('standbys', name, all)
    .flatMap(({ samples }) => samples)
    .map(({ labels }) => ({
      name: labels.application_name ?? '',
      address: labels.client_addr ?? '',
      state: labels.state ?? 'streaming',
    }))
    .filter((each) => each.state === 'streaming' && !/^pg_(basebackup|receivewal|recvlogical)$/.test(each.name));
  const unique = new Map(streaming.map(({ name: own, address }) => [`${own} ${address}`, { name: own, address }]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** Those with one system identifier are known to be one. */
function sameLoad(name: string, aliases: readonly string[], { servers: { systems } }: Answers): readonly string[] {
  const guessed = aliases.filter(
    (alias) => systems.get(alias) === undefined || systems.get(alias) !== systems.get(name),
  );
  if (guessed.length === 0) return [];
  const names = [name, ...guessed];
  return [
    `${names.slice(0, -1).join(', ')} and ${names.at(-1)} show the same load at the same time and were taken for exporters of one server.`,
  ];
}

function serverOf(name: string, joined: Joined, all: Answers): { server: ServerRow; filled: ReadonlySet<string> } {
  const settings = allSettings(name, all);
  const [version] = factsOf('version', name, all).flatMap(({ question, samples }) =>
    samples.map(({ labels }) =>
      versionOf(question.label === undefined ? labels : { short_version: labels[question.label] ?? '' }),
    ),
  );
  const { versionText, versionNum } = version === undefined ? {} : version;
  const role = roleOf(factsOf('role', name, all).flatMap(({ samples }) => samples)[0]?.value ?? null, settings);
  const platform = platformOf(settings);
  const reserved = reservedConnections(settings);
  const [row] = joined.rows.server.values();
  const measured = row === undefined ? {} : numbers(row);
  const derived = {
    ...(reserved === null ? {} : { reservedConnections: reserved }),
    ...(versionNum === undefined ? {} : { versionNum }),
  };
  const server: ServerRow = {
    ...derived,
    ...measured,
    settings,
    ...(versionText === undefined ? {} : { versionText }),
    ...(role === undefined ? {} : { role }),
    ...(platform === undefined ? {} : { platform }),
  };
  return { server, filled: new Set(Object.keys(derived).map((measure) => `server.${measure}`)) };
}

function allSettings(target: string, all: Answers): ServerRow['settings'] {
  const found = factsOf('settings', target, all).map(({ question: { settings }, samples }) =>
    settings === undefined ? settingsOf(samples) : Object.fromEntries(settingsIn(settings, samples)),
  );
  // The first that has a setting counts.
  const merged = Object.assign({}, ...found.reverse()) as ServerRow['settings']; // a sum of such
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Several users share a statement; then none of them is its user. */
function statementOf(row: Row, texts: ReadonlyMap<string, StatementText> | undefined): StatementRow {
  const queryid = row.identity.queryid ?? '';
  const [user] = row.users;
  const text = texts?.get(queryid);
  return {
    ...numbers(row),
    database: row.identity.database ?? '',
    queryid,
    statement: `id:${queryid}`,
    ...seen(row),
    ...(user === undefined || row.users.size > 1 ? {} : { user }),
    ...(text === undefined ? {} : { text: text.text, ...(text.cut ? { textCut: true } : {}) }),
  };
}

const seen = ({ seenShare }: Row) => (seenShare === undefined ? {} : { seenShare });

function tableName(row: Row): { database: string; schema: string; table: string } {
  const { database = '', schema = '', table = '' } = row.identity;
  return { database, schema, table };
}

/** Measures by name: the dialect's types guarantee that only measures of the row's kind are in there. */
function numbers(row: Row): Readonly<Record<string, number>> {
  return Object.fromEntries([...row.values].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sorted<T extends object>(rows: readonly T[]): readonly T[] {
  const named = rows.map((row) => ({
    row,
    name: JSON.stringify(Object.values(row).filter((part) => typeof part === 'string')),
  }));
  return named.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ row }) => row);
}

function sourcesOf(name: string, joined: Joined, main: Dialect, all: Answers): readonly SourceQuery[] {
  const byText = new Map<string, { ask: Ask; measures: string[]; rows: number }>();
  for (const [ask, rows] of joined.answered) {
    const key = `${ask.kind} ${ask.promql}`;
    const same = byText.get(key) ?? { ask, measures: [], rows };
    same.measures.push(ask.measure);
    byText.set(key, same);
  }
  const measured = [...byText.values()].map(
    ({ ask, measures, rows }): SourceQuery => ({
      source: 'prometheus',
      language: 'promql',
      measures,
      kind: ask.kind,
      dialect: ask.dialects.includes(main) ? main.id : ask.dialects[0].id,
      text: ask.promql,
      rows,
    }),
  );
  const facts = factsOf(null, name, all).flatMap(({ question, samples }): readonly SourceQuery[] => {
    const rows = samples.length;
    const kind = question.about === 'texts' ? 'statement' : 'server';
    const measures = question.about === 'settings' ? ['reservedConnections'] : [];
    return rows === 0
      ? []
      : [{ source: 'prometheus', language: 'promql', measures, kind, text: question.promql, rows }];
  });
  return [...measured, ...facts, ...experienceSources(name, all.experiences)];
}
