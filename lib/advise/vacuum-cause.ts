/** Why dead rows stayed, and what that asks for. */
import type { HorizonHolder } from '../model/server-facts.ts';
import { type Snapshot, spanSeconds } from '../model/snapshot.ts';
import type { With } from './advisor.ts';
import { looksSeldom, switchedOffEverywhere, switchedOffHere } from './autovacuum.ts';
import { isUnseen } from './upkeep.ts';

const HELD_SECONDS = 3600;
/** However short the window: what ends within minutes holds nothing up. */
const HELD_LEAST = 300;
/** What has no time of its own, as held-horizon judges it. */
const HELD_XIDS = 10_000_000;
const RECENT_SECONDS = 7 * 24 * 3600;

export type Cause =
  | 'held'
  | 'pinned'
  | 'seldom'
  | 'off-everywhere'
  | 'off-here'
  | 'cannot-keep-up'
  | 'did-not-run'
  | 'unknown';

export function causeOf(row: With<'table', 'liveRows' | 'deadRows'>, snapshot: Snapshot): Cause {
  const { server } = snapshot;
  const held = Math.max(HELD_LEAST, Math.min(HELD_SECONDS, spanSeconds(snapshot, 'table') ?? HELD_SECONDS));
  if (switchedOffHere(row)) return 'off-here';
  if (switchedOffEverywhere(server)) return 'off-everywhere';
  if ((server.idleInTransactionSeconds ?? 0) >= held) return 'held';
  const pins = ({ kind, ageSeconds = 0, ageXids = 0 }: HorizonHolder) =>
    ageSeconds >= held || (kind !== 'transaction' && ageXids >= HELD_XIDS);
  if (server.horizon?.some(pins) === true) return 'pinned';
  const since = Date.parse(snapshot.window.end) / 1000 - RECENT_SECONDS;
  if ((row.autovacuums ?? 0) > 0 || (row.lastAutovacuumAt ?? 0) >= since) return 'cannot-keep-up';
  if (looksSeldom(server) !== null) return 'seldom';
  if (row.lastAutovacuumAt === undefined && isUnseen(snapshot, 'table', 'lastAutovacuumAt')) return 'unknown';
  return 'did-not-run';
}

export const approaches: { readonly [C in Cause]: string } = {
  held: 'A transaction sat idle for so long that nothing that died since can be removed. End such transactions first; tune nothing until the dead rows go down.',
  pinned:
    'An old transaction, a replication slot, a prepared transaction or a standby keeps rows that died since from being removed. Release it first (held-horizon names it); tune nothing until the dead rows go down.',
  seldom:
    'Autovacuum looks at this database far too rarely: autovacuum_naptime is high. Vacuum once, and set it back; the shipped value is one minute.',
  'off-everywhere':
    'Autovacuum is switched off for the whole server. Vacuum once by hand and switch it on; parameters of the table cannot help before.',
  'off-here':
    'Autovacuum is switched off for this table, which somebody meant. Ask why before anything else; whoever switched it off must vacuum on a schedule of their own.',
  'cannot-keep-up':
    'Autovacuum did run here and the dead rows stayed: it comes too late, or something holds the rows. Rule out a holder, vacuum once, then let it come earlier.',
  'did-not-run':
    'Autovacuum did not come although its trigger was passed: its workers may be busy elsewhere, or a lock sends it away. Vacuum once, then let it come earlier.',
  unknown: 'Whether autovacuum came was not seen. Rule out a holder, vacuum once, then let it come earlier.',
};
