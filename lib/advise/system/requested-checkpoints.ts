import type { Finding } from '../../model/finding.ts';
import { type Snapshot, spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { changeSetting, doneSign, numberOf } from '../change-setting.ts';
import { about, bytes, percent } from '../words.ts';

const SHARE = 0.5;
const PER_HOUR = 2;
const COUNT = 3;
const GIB = 1024 ** 3;
/** WAL comes in bursts: room for this much more than the average. */
const HEADROOM = 1.5;
const SETTING = 'max_wal_size';

type Counted = With<'server', 'checkpointsTimed' | 'checkpointsRequested'>;

export const requestedCheckpoints = defineAdvisor({
  card: {
    id: 'requested-checkpoints',
    area: 'system',
    title: 'Checkpoints forced by WAL volume',
    clear: 'Checkpoints come by the clock, not by WAL volume.',
    why: 'A checkpoint that comes early writes pages that would soon change again, and each first change after it puts a whole page into the WAL.',
    source: 'PostgreSQL manual, 28.5 WAL Configuration',
    thresholds: [
      { name: 'requested ÷ all checkpoints', value: '≥ 50 %', reason: 'below it the clock still sets the pace' },
      {
        name: 'requested checkpoints per hour',
        value: '≥ 2',
        reason: 'backups, CREATE DATABASE and CHECKPOINT by hand request a few a day; scales with the window',
      },
      { name: 'requested checkpoints', value: '≥ 3', reason: 'one or two can be a backup’s, however short the window' },
    ],
  },
  needs: { server: ['checkpointsTimed', 'checkpointsRequested'] },
  advise({ server }, { snapshot }) {
    const hours = (spanSeconds(snapshot, 'server') ?? 0) / 3600;
    const blind = whyBlind(snapshot, hours);
    if (blind !== null) return { findings: [], examined: 0, blind };
    const forced = server.filter(
      (row) =>
        row.checkpointsRequested >= COUNT &&
        row.checkpointsRequested / hours >= PER_HOUR &&
        row.checkpointsRequested / (row.checkpointsRequested + row.checkpointsTimed) >= SHARE,
    );
    return { findings: forced.map((row) => finding(row, snapshot, hours)), examined: server.length };
  },
});

function whyBlind({ server }: Snapshot, hours: number): string | null {
  if (server.platform === 'aurora')
    return 'Aurora’s storage has no checkpoints of this kind, so there is nothing to judge.';
  if (hours > 0) return null;
  return 'It is not known what time the checkpoint counters cover. Run again: the next run subtracts this one.';
}

interface Sizing {
  readonly current: number | undefined;
  readonly proposed: number | null;
  /** The WAL written is too little to have forced these checkpoints: something asks for them. */
  readonly byCommand: boolean;
}

/** A checkpoint starts when max_wal_size ÷ (1 + checkpoint_completion_target) was written since the last one. */
function sizingOf(row: Counted, hours: number): Sizing {
  const current = numberOf(row, SETTING);
  if (current === undefined || current <= 0) return { current: undefined, proposed: null, byCommand: false };
  const target = numberOf(row, 'checkpoint_completion_target') ?? 0.9;
  if (row.walBytes === undefined) return { current, proposed: roundUp(2 * current), byCommand: false };
  const forces = row.checkpointsRequested * (current / (1 + target));
  if (row.walBytes < forces / 2) return { current, proposed: null, byCommand: true };
  const timeoutHours = (numberOf(row, 'checkpoint_timeout') ?? 300_000) / 3_600_000;
  const between = (row.walBytes / hours) * timeoutHours;
  return { current, proposed: roundUp(Math.max(2 * current, between * (1 + target) * HEADROOM)), byCommand: false };
}

function roundUp(size: number): number {
  return Math.ceil(size / GIB) * GIB;
}

function finding(row: Counted, snapshot: Snapshot, hours: number): Finding {
  const { current, proposed, byCommand } = sizingOf(row, hours);
  const free = Math.min(...snapshot.hosts.map((host) => host.diskFreeBytes ?? Number.POSITIVE_INFINITY));
  const fits = proposed === null || current === undefined || proposed - current <= free / 4;
  const to = proposed !== null && fits ? `${proposed / GIB}GB` : null;
  const change = to === null ? null : changeSetting(row, SETTING, to, false);
  const share = row.checkpointsRequested / (row.checkpointsRequested + row.checkpointsTimed);
  const perHour = row.checkpointsRequested / hours;
  return {
    subject: { setting: SETTING },
    title:
      to === null
        ? 'Find out what forces checkpoints'
        : `Raise ${SETTING} to ${to} so that checkpoints come by the clock`,
    evidence: [
      {
        label: 'Requested share of checkpoints',
        value: share,
        unit: 'share',
        source: 'pg_stat_checkpointer (17+) or pg_stat_bgwriter',
      },
      {
        label: 'Requested checkpoints',
        value: row.checkpointsRequested,
        unit: 'count',
        source: 'pg_stat_checkpointer or pg_stat_bgwriter',
      },
      {
        label: 'Requested checkpoints per hour',
        value: perHour,
        unit: 'count',
        source: 'pg_stat_checkpointer or pg_stat_bgwriter',
      },
      ...(row.walBytes === undefined
        ? []
        : [{ label: 'WAL written', value: row.walBytes, unit: 'bytes', source: 'pg_stat_wal.wal_bytes' } as const]),
      current === undefined
        ? { label: SETTING, value: 'not seen', source: 'pg_settings' }
        : { label: SETTING, value: current, unit: 'bytes', source: 'pg_settings' },
    ],
    approach: approach(
      { current, proposed, byCommand },
      { fits, free, perHour, share, measured: row.walBytes !== undefined },
    ),
    benefit: {
      kind: 'risk',
      basis: 'Fewer full-page writes and a steadier disk. How much time statements gain by that is not measured here.',
      confidence: to === null || row.walBytes === undefined ? 'low' : 'medium',
    },
    work: to === null ? 'investigate' : 'change-setting',
    risk: {
      level: 'low',
      technical: 'Recovery after a crash reads more WAL and so takes longer, about in proportion.',
      business: 'A longer restart after a crash; nothing in normal running.',
      performance:
        proposed === null || current === undefined
          ? 'Looking costs nothing.'
          : `WAL may take up to ${bytes(proposed - current)} more disk, and more still when a slot or the archiver is behind.`,
      mitigation: 'Check free disk on the WAL’s volume first, and alert on it.',
      rollback: change?.rollback ?? [],
    },
    steps: [
      {
        text: 'See who asks: with log_checkpoints on, the log names the reason of each checkpoint (wal, time, or a command). Leave backups and CREATE DATABASE out of account.',
        sql: 'SHOW log_checkpoints;',
        inTransaction: true,
      },
      ...(change?.steps ?? []),
    ],
    maintenanceWindow: 'none needed',
    acceptance: `Requested checkpoints fall below half of all and below ${PER_HOUR} an hour`,
    done: to === null ? { kind: 'measure-moved' } : doneSign(row, SETTING),
    gain: { kind: 'server-measure', measure: 'checkpointsRequested' },
  };
}

interface Facts {
  readonly fits: boolean;
  readonly free: number;
  readonly perHour: number;
  readonly share: number;
  readonly measured: boolean;
}

function approach({ current, proposed, byCommand }: Sizing, { fits, free, perHour, share, measured }: Facts): string {
  const fact = `${percent(share)} of the checkpoints were requested, about ${about(perHour)} an hour.`;
  if (byCommand) {
    return `${fact} The WAL written is too little to have forced them, so a command does: a backup tool, CREATE DATABASE or a CHECKPOINT in a script. Find it before changing any setting.`;
  }
  if (proposed === null || current === undefined) {
    return `${fact} ${SETTING} was not seen, so no value is proposed; a PostgreSQL connection shows it.`;
  }
  if (!fits) {
    return `${fact} WAL would need ${bytes(proposed)}, but only ${bytes(free)} of disk are free. Make room first, or write less WAL.`;
  }
  const ground = measured
    ? 'the WAL written between two checkpoints of the clock, half as much again for bursts, and at least twice the present value'
    : 'twice the present value, because the WAL written was not measured; judge again next week';
  return `${fact} The proposal is ${ground}.`;
}
