/** Joins samples by their labels into rows, one server at a time. */

import type { Ask, Asked } from './ask.ts';
import { type BoundKind, type Dialect, type LabelRoles, rolesOf } from './dialect.ts';
import { type Identity, identityIn } from './naming.ts';
import type { Labels } from './response.ts';
import type { Servers } from './servers.ts';
import { replicaMark } from './telling.ts';

export interface Row {
  readonly identity: Identity;
  readonly values: Map<string, number>;
  readonly users: Set<string>;
  /** Had a sample shortly before the window's end: the object still exists. */
  present: boolean;
  /** Where it is not nearly all: share of the window with samples of it (row-trust.ts). */
  seenShare?: number;
}

/** What one server's answers came to. */
export interface Joined {
  readonly rows: { readonly [Kind in BoundKind]: Map<string, Row> };
  /** Which dialect's labels name the objects of a kind. */
  readonly namedBy: Map<BoundKind, LabelRoles>;
  /** Questions that this server answered, and with how many samples. */
  readonly answered: Map<Ask, number>;
  /** Index series without a database, at exporters that look into several. */
  unplacedIndexes: number;
  /** Statements whose id the monitoring role may not see. */
  hiddenStatements: number;
}

/** Nobody's data, or the provider's own. */
const ignoredDatabases = new Set([
  '',
  'unknown',
  'template0',
  'template1',
  'rdsadmin',
  'cloudsqladmin',
  'azure_maintenance',
  'azure_sys',
]);

export interface JoinInput {
  readonly asked: readonly Asked<Ask>[];
  readonly servers: Servers;
  /** Of the window, in Unix seconds; ages count back from it. */
  readonly end: number;
  /** How many samples a replica of Prometheus has of a server. */
  readonly samplesOf: (server: string, replica: string) => number;
}

export function joinSamples({ asked, servers, end, samplesOf }: JoinInput): ReadonlyMap<string, Joined> {
  const targets = new Map(servers.names.map((name) => [name, emptyJoined()]));
  const databasesAt = databasesByExporter(asked);
  for (const { question, answer } of asked) {
    const { kind, binding, measure } = question;
    const { own = false } = question.dialects[0];
    // An aggregate without a label of its server can only be of one.
    const alone = own && servers.names.length === 1 ? servers.names[0] : undefined;
    const cells = new Map<Joined, Map<string, Cell>>();
    const mark = (labels: Labels): { name: string; joined: Joined | undefined } => {
      const name = servers.of(labels) ?? alone ?? '';
      const joined = targets.get(name);
      joined?.answered.set(question, (joined.answered.get(question) ?? 0) + 1);
      return { name, joined };
    };
    const count = (labels: Labels, value: number) => {
      const { name, joined } = mark(labels);
      if (joined === undefined) return;
      const identity = identityOf(kind, labels, question.dialects[0], databasesAt);
      if (identity === null) joined.unplacedIndexes += 1;
      else if (kind === 'statement' && (identity.queryid === '' || identity.queryid === 'unknown')) {
        joined.hiddenStatements += 1;
      } else if (identity.database === undefined || !ignoredDatabases.has(identity.database)) {
        const ofTarget = cells.get(joined) ?? new Map<string, Cell>();
        cells.set(joined, ofTarget);
        const replica = labels[replicaMark];
        addTo(ofTarget, identity, { value, samples: replica === undefined ? 0 : samplesOf(name, replica) });
      }
    };
    for (const { labels, value } of answer.samples) {
      const canonical = value * (binding.factor ?? 1);
      count(labels, binding.age === true ? end - canonical : canonical);
    }
    for (const labels of answer.nan) {
      if (binding.nan !== undefined) count(labels, binding.nan);
      // "Never reset" or "never vacuumed" is an answer, only not a time.
      else if (binding.absent !== undefined) mark(labels);
    }
    for (const [joined, ofTarget] of cells) {
      // A second dialect that names objects in other labels may call them otherwise, and would show each of them twice.
      const { labels } = question.dialects[0];
      const mayAdd = own || kind === 'server' || (joined.namedBy.get(kind) ?? labels) === labels;
      if (mayAdd && !own && ofTarget.size > 0) joined.namedBy.set(kind, labels);
      for (const cell of ofTarget.values()) {
        const row = rowOf(joined.rows[kind], cell.identity, mayAdd);
        if (row === null) continue;
        for (const user of cell.byUser.keys()) if (user !== '') row.users.add(user);
        if (own || binding.verb === 'now') row.present = true;
        const value = [...cell.byUser.values()].reduce((sum, each) => sum + each.value, 0);
        const isAbsent = binding.absent?.includes(value) === true;
        // The first name that has data for a row counts; a second one says the same again.
        if (!isAbsent && !row.values.has(measure)) row.values.set(measure, value);
      }
    }
  }
  return targets;
}

/** Objects dropped within the window leave increases behind; where the newest values are known, they decide. */
export function presentRows(rows: ReadonlyMap<string, Row>): readonly Row[] {
  const all = [...rows.values()];
  const seen = new Set(all.filter((row) => row.present).map((row) => row.identity.database));
  return all.filter((row) => row.present || !seen.has(row.identity.database));
}

interface Cell {
  readonly identity: Row['identity'];
  /** Replicas and exporters repeat a fact (one of them counts), several users share a statement (added up). */
  readonly byUser: Map<string, Counted>;
}

interface Counted {
  readonly value: number;
  /** Of the replica of Prometheus that it comes from. */
  readonly samples: number;
}

/** Of two replicas the one that saw more; of two exporters the larger, since a counter that was missed is smaller. */
function addTo(cells: Map<string, Cell>, identity: Row['identity'], next: Counted): void {
  const { user = '', ...named } = identity;
  const key = JSON.stringify(Object.values(named));
  const cell = cells.get(key) ?? { identity: named, byUser: new Map() };
  const known = cell.byUser.get(user);
  const isBetter =
    known === undefined || next.samples > known.samples || (next.samples === known.samples && next.value > known.value);
  if (isBetter) cell.byUser.set(user, next);
  cells.set(key, cell);
}

function rowOf(rows: Map<string, Row>, identity: Row['identity'], mayAdd: boolean): Row | null {
  const key = JSON.stringify(Object.values(identity));
  const known = rows.get(key);
  if (known === undefined && !mayAdd) return null;
  const row = known ?? { identity, values: new Map(), users: new Set(), present: false };
  rows.set(key, row);
  return row;
}

/** null for an index series that names no database where the exporter has tables of several, or of none. */
function identityOf(
  kind: BoundKind,
  labels: Labels,
  dialect: Dialect,
  databasesAt: ReadonlyMap<string, ReadonlySet<string>>,
): Row['identity'] | null {
  const identity = identityIn(labels, rolesOf[kind], dialect);
  if (kind !== 'index' || identity.database !== '') return identity;
  const [only, ...others] = databasesAt.get(labels.instance ?? '') ?? [];
  return only === undefined || others.length > 0 ? null : { ...identity, database: only };
}

/** No release up to 0.20 gives pg_statio_user_indexes a database label (reference: 4.1); its exporter's tables tell. */
function databasesByExporter(asked: readonly Asked<Ask>[]): ReadonlyMap<string, ReadonlySet<string>> {
  const databases = new Map<string, Set<string>>();
  for (const { question, answer } of asked) {
    if (question.kind !== 'table') continue;
    for (const { labels } of answer.samples) {
      const database = labels[question.dialects[0].labels.database[0] ?? ''] ?? '';
      if (ignoredDatabases.has(database)) continue;
      const instance = labels.instance ?? '';
      databases.set(instance, (databases.get(instance) ?? new Set()).add(database));
    }
  }
  return databases;
}

function emptyJoined(): Joined {
  const rows = {
    server: new Map<string, Row>(),
    database: new Map<string, Row>(),
    table: new Map<string, Row>(),
    index: new Map<string, Row>(),
    statement: new Map<string, Row>(),
  };
  return { rows, namedBy: new Map(), answered: new Map(), unplacedIndexes: 0, hiddenStatements: 0 };
}
