/** What is asked of the server as a whole, each question by itself: one that fails costs no other. */
import type { Setting } from '../../model/rows.ts';
import type {
  HorizonHolder,
  Progress,
  Replica,
  ReplicationSlot,
  SettingOverride,
  Subscription,
} from '../../model/server-facts.ts';
import type { Normalise } from '../text.ts';
import { type Activity, readActivity } from './activity.ts';
import { type DatabaseFacts, readDatabases } from './databases.ts';
import type { Asked, Attempt } from './gaps.ts';
import { horizonOf, readPrepared, readTransactions } from './horizon.ts';
import type { Counters } from './present.ts';
import { readBackups } from './progress.ts';
import { readReplicas, readSlots, readStandby, readSubscriptions } from './replication.ts';
import type { ServerFacts } from './server.ts';
import { readArchiver, readBackground, readCheckpoints, readIo, readSlru, readWal } from './server-counters.ts';
import type { ServerViews } from './server-increase.ts';
import { readOverrides, readSettings } from './settings.ts';
import type { Session } from './source.ts';
import { readBlocked } from './waits.ts';

/** null: could not be seen. */
export interface ServerSeen {
  readonly settings: Readonly<Record<string, Setting>> | null;
  readonly overrides: readonly SettingOverride[] | null;
  readonly activity: Activity | null;
  readonly databases: readonly DatabaseFacts[];
  readonly views: ServerViews;
  /** Measures as they stand. */
  readonly gauges: Counters;
  readonly horizon: readonly HorizonHolder[] | null;
  readonly slots: readonly ReplicationSlot[] | null;
  readonly replicas: readonly Replica[] | null;
  readonly subscriptions: readonly Subscription[] | null;
  readonly backups: readonly Progress[];
}

export async function lookAtServer(
  session: Session,
  { version, row, readsAll }: ServerFacts,
  normalise: Normalise,
  attempt: Attempt,
): Promise<ServerSeen> {
  const server = (what: string, ...measures: readonly string[]): Asked => ({ kind: 'server', what, measures });
  const settings = await attempt(server('pg_settings'), () => readSettings(session));
  const overrides = await attempt(server('pg_db_role_setting'), () => readOverrides(session));
  const activity = await attempt(server('pg_stat_activity', 'connectionsAverage', 'connectionsPeak'), () =>
    readActivity(session),
  );
  const blocked = await attempt(server('waits for locks', 'blockedSessions', 'longestBlockedSeconds'), () =>
    readBlocked(session, version),
  );
  const checkpoints = await attempt(
    server('checkpoints', 'checkpointsTimed', 'checkpointsRequested', 'checkpointWriteMs'),
    () => readCheckpoints(session, version),
  );
  const background = await attempt(server('pg_stat_bgwriter', 'backgroundBuffersWritten', 'buffersAllocated'), () =>
    readBackground(session, version),
  );
  const wal =
    version < 140_000
      ? null
      : await attempt(server('pg_stat_wal', 'walBytes', 'walRecords', 'walFullPageImages', 'walBuffersFull'), () =>
          readWal(session, version),
        );
  const archiver = await attempt(server('pg_stat_archiver', 'walArchived', 'walArchiveFailures'), () =>
    readArchiver(session),
  );
  const io = version < 160_000 ? null : await attempt(server('pg_stat_io'), () => readIo(session, version));
  const slru = await attempt(server('pg_stat_slru'), () => readSlru(session));
  const slots = await attempt(server('pg_replication_slots'), () => readSlots(session, version));
  const replicas = await attempt(server('pg_stat_replication'), () => readReplicas(session));
  const subscriptions = await attempt(server('pg_subscription'), () => readSubscriptions(session, version));
  const standby =
    row.role === 'standby'
      ? await attempt(server('the replay of WAL', 'replayLagBytes', 'replayLagSeconds'), () => readStandby(session))
      : null;
  const transactions = await attempt(server('transactions that hold rows back'), () =>
    readTransactions(session, normalise),
  );
  const prepared = await attempt(server('pg_prepared_xacts'), () => readPrepared(session));
  const backups = await attempt(server('pg_stat_progress_basebackup'), () => readBackups(session));
  const databases = await attempt({ kind: 'database', what: 'pg_stat_database' }, () =>
    readDatabases(session, version),
  );
  const holders = transactions === null || prepared === null || slots === null || replicas === null;
  return {
    ...{ settings, overrides, activity, slots, replicas, subscriptions },
    databases: databases ?? [],
    views: { checkpoints, background, wal, archiver, io, slru },
    // Without the right, what others wait for and hold is NULL and would look like nothing.
    gauges: { ...(readsAll ? blocked : {}), ...archiver?.gauges, ...standby },
    // Some of the holders would be no answer: the oldest may be among the others.
    horizon: holders || !readsAll ? null : horizonOf({ transactions, prepared, slots, replicas }),
    backups: backups ?? [],
  };
}
