/** How far the numbers of a snapshot can be trusted, in numbers and in whole sentences. */
import { DateTime } from 'luxon';
import type { SourceQuality } from '../model/quality.ts';
import {
  statementCoverage as coverageOf,
  type Quality,
  type Snapshot,
  type SourceName,
  type Span,
  type Window,
} from '../model/snapshot.ts';
import { sourceNotes } from './source-quality.ts';

type Judged = Pick<Snapshot, 'databases' | 'statements' | 'spans'>;

export interface QualityInput {
  readonly snapshot: Judged;
  readonly window: Window;
  readonly sources: readonly SourceName[];
  readonly coveredShare: number | null;
  readonly resets: number;
  readonly statisticsAgeSeconds: number | null;
  readonly blindDatabases: readonly string[];
  readonly bySource: readonly SourceQuality[];
  /** Of the sources. */
  readonly notes: readonly string[];
}

/** Below this, the largest statements may not be those we see. */
const enoughStatements = 0.7;
/** A span that differs by less is the window for every purpose of a weekly report. */
const sameLength = 0.2;

export function qualityOf(input: QualityInput): Quality {
  const { snapshot, window, blindDatabases, notes, ...rest } = input;
  const statementCoverage = coverageOf(snapshot);
  return {
    ...rest,
    statementCoverage,
    blindDatabases,
    notes: [
      ...shortNotes(snapshot.spans),
      ...spanNotes(snapshot.spans, window),
      ...(statementCoverage !== null && statementCoverage < enoughStatements
        ? [
            `The statements seen make up ${Math.round(statementCoverage * 100)} % of the time the databases were busy; the rest ran in statements nobody recorded.`,
          ]
        : []),
      ...(blindDatabases.length > 0
        ? [`Nobody looked at the tables of ${blindDatabases.join(', ')}, so nothing is advised about them.`]
        : []),
      ...input.bySource.flatMap(sourceNotes),
      ...notes,
    ],
  };
}

export const lengthOf = ({ start, end }: Window): number => Date.parse(end) - Date.parse(start);

/** Whether a span stands for the window asked for. */
export function coversWindow(span: Window, window: Window): boolean {
  return Math.abs(lengthOf(span) / lengthOf(window) - 1) <= sameLength;
}

const DAY_MS = 24 * 3600 * 1000;

/** Hours know neither the night's jobs nor the Monday; seconds know nothing but themselves. */
function shortNotes({ statement, server }: Snapshot['spans']): readonly string[] {
  const span = statement ?? server;
  if (span === undefined || lengthOf(span) >= DAY_MS) return [];
  const seconds = lengthOf(span) / 1000;
  const length =
    seconds < 120
      ? `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} minutes`
        : `${Math.round(seconds / 3600)} hours`;
  return [
    `The counters cover only ${length}, less than a day: what they say of a week is scaled up, and savings in time are given one level less confidence.`,
  ];
}

function spanNotes(spans: Snapshot['spans'], window: Window): readonly string[] {
  const own = (['statement', 'table', 'index', 'database', 'server'] as const).flatMap((kind) => {
    const span = spans[kind];
    return span === undefined || span.basis === 'window' ? [] : [{ kind, span }];
  });
  const groups = new Map<string, { kinds: string[]; span: Span }>();
  for (const { kind, span } of own) {
    // Statistics of one server begin within seconds of each other; the reader needs one sentence for them.
    const key = `${span.basis} ${span.start.slice(0, 15)}`;
    const group = groups.get(key) ?? { kinds: [], span };
    group.kinds.push(kind);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ kinds, span }) => {
    const since = DateTime.fromISO(span.start, { zone: 'utc' }).toFormat('yyyy-MM-dd HH:mm');
    const whose = `Counters of ${kinds.join(', ')} rows`;
    if (span.basis === 'statistics-reset')
      return [`${whose} cover the time since their statistics began, ${since} UTC.`];
    return coversWindow(span, window) ? [] : [`${whose} cover the time since the last run, ${since} UTC.`];
  });
}
