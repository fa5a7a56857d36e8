/** What sessions wait for: how many for each other now, and what the active ones do over a few looks. */
import type { WaitSamples } from '../../model/server-facts.ts';
import { type Counters, counted } from './present.ts';
import { ownMark, type Session } from './source.ts';

/** Before 14 nobody notes when a wait began; the statement began no later. */
const blockedSql = (version: number) => `SELECT ${ownMark} count(*)::float8 AS "blockedSessions",
  coalesce(max(extract(epoch FROM clock_timestamp() - ${version >= 140_000 ? '(SELECT min(l.waitstart) FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted)' : 'a.query_start'})), 0)::float8
    AS "longestBlockedSeconds"
FROM pg_stat_activity a WHERE a.wait_event_type = 'Lock'`;

/** Measures of the server. */
export async function readBlocked(session: Session, version: number): Promise<Counters> {
  const [line] = await session.ask<Readonly<Record<string, number | null>>>(blockedSql(version));
  return counted(line ?? {});
}

export const waitsSql = `SELECT ${ownMark} extract(epoch FROM clock_timestamp())::float8 AS at,
  coalesce((SELECT json_agg(w) FROM (SELECT coalesce(a.wait_event_type, 'CPU') AS type, coalesce(a.wait_event, 'CPU') AS event,
    count(*) AS sessions FROM pg_stat_activity a WHERE a.state = 'active' AND a.pid <> pg_backend_pid()
      AND a.backend_type IN ('client backend', 'parallel worker') GROUP BY 1, 2) w), '[]') AS events`;

interface Sample {
  readonly at: number;
  readonly events: readonly { readonly type: string; readonly event: string; readonly sessions: number }[];
}

/** Enough for a picture; a server of a hundred databases is not asked more often than one of ten. */
const mostSamples = 20;

export function waitSampler() {
  const samples: Sample[] = [];
  return {
    /** Never in the way of what comes after it. */
    take: async (session: Session): Promise<void> => {
      if (samples.length >= mostSamples) return;
      samples.push(...(await session.ask<Sample>(waitsSql).catch(() => [])));
    },
    summary: (): WaitSamples | null => summaryOf(samples),
  };
}

export function summaryOf(samples: readonly Sample[]): WaitSamples | null {
  const [first] = samples;
  if (first === undefined) return null;
  const sums = new Map<string, { type: string; event: string; sessions: number }>();
  for (const { type, event, sessions } of samples.flatMap(({ events }) => events)) {
    const key = `${type} ${event}`;
    const before = sums.get(key)?.sessions ?? 0;
    sums.set(key, { type, event, sessions: before + sessions / samples.length });
  }
  const events = [...sums.values()].sort((a, b) => b.sessions - a.sessions || (a.event < b.event ? -1 : 1));
  return { samples: samples.length, seconds: (samples.at(-1)?.at ?? first.at) - first.at, events };
}
