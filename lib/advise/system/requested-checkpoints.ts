import type { Finding } from '../../model/finding.ts';
import { type Snapshot, spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { changeSetting, doneSign, numberOf } from '../change-setting.ts';
import { about, bytes, duration, percent } from '../words.ts';

const SHARE = 0.5;
const PER_HOUR = 2;
const COUNT = 3;
const GIB = 1024 ** 3;
/** WAL comes in bursts: room for this much more than the average. */
const HEADROOM = 1.5;
/** Less than an hour, or than three checkpoints of the clock, is a burst and no pace. */
const SIZED_HOURS = 1;
const SIZED_TIMEOUTS = 3;
/** Where nobody saw the free disk, no further than this in one step. */
const LEAP = 8;
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
      {
        name: 'time that a size is computed from',
        value: '≥ 1 hour, and 3 × checkpoint_timeout',
        reason: 'the pace of a burst is no pace; below it the proposal is twice the present value',
      },
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
    const short = forced.some((row) => !sizable(row, hours));
    return {
      findings: forced.map((row) => finding(row, snapshot, hours)),
      examined: server.length,
      caveats: short ? [`The counters cover ${duration(hours * 3600)}, too little to compute a size from.`] : [],
    };
  },
});

function whyBlind({ server }: Snapshot, hours: number): string | null {
  if (server.platform === 'aurora')
    return 'Aurora’s storage has no checkpoints of this kind, so there is nothing to judge.';
  if (hours > 0) return null;
  return 'It is not known what time the checkpoint counters cover. Run again: the next run subtracts this one.';
}

function timeoutHours(row: Counted): number {
  return (numberOf(row, 'checkpoint_timeout') ?? 300_000) / 3_600_000;
}

function sizable(row: Counted, hours: number): boolean {
  return hours >= Math.max(SIZED_HOURS, SIZED_TIMEOUTS * timeoutHours(row));
}

interface Sizing {
  readonly current: number | undefined;
  readonly proposed: number | null;
  /** `by-command`: the WAL written is too little to have forced these checkpoints, so something asks for them. */
  readonly ground: 'measured' | 'first-step' | 'too-short' | 'not-measured' | 'by-command' | 'unseen';
}

/** A checkpoint starts when max_wal_size ÷ (1 + checkpoint_completion_target) was written since the last one. */
function sizingOf(row: Counted, hours: number, free: number): Sizing {
  const current = numberOf(row, SETTING);
  if (current === undefined || current <= 0) return { current: undefined, proposed: null, ground: 'unseen' };
  const target = numberOf(row, 'checkpoint_completion_target') ?? 0.9;
  const doubled = roundUp(2 * current);
  if (row.walBytes === undefined) return { current, proposed: doubled, ground: 'not-measured' };
  const forces = row.checkpointsRequested * (current / (1 + target));
  if (row.walBytes < forces / 2) return { current, proposed: null, ground: 'by-command' };
  if (!sizable(row, hours)) return { current, proposed: doubled, ground: 'too-short' };
  const between = (row.walBytes / hours) * timeoutHours(row);
  const needed = roundUp(Math.max(2 * current, between * (1 + target) * HEADROOM));
  const most = roundUp(LEAP * current);
  if (needed > most && !Number.isFinite(free)) return { current, proposed: most, ground: 'first-step' };
  return { current, proposed: needed, ground: 'measured' };
}

function roundUp(size: number): number {
  return Math.ceil(size / GIB) * GIB;
}

function finding(row: Counted, snapshot: Snapshot, hours: number): Finding {
  const free = Math.min(...snapshot.hosts.map((host) => host.diskFreeBytes ?? Number.POSITIVE_INFINITY));
  const sizing = sizingOf(row, hours, free);
  const { current, proposed } = sizing;
  const fits = proposed === null || current === undefined || proposed - current <= free / 4;
  const to = proposed !== null && fits ? `${proposed / GIB}GB` : null;
  const change = to === null ? null : changeSetting(row, SETTING, to, false);
  const share = row.checkpointsRequested / (row.checkpointsRequested + row.checkpointsTimed);
  const pace =
    hours >= 1
      ? `about ${about(row.checkpointsRequested / hours)} an hour`
      : `${row.checkpointsRequested} in ${duration(hours * 3600)}`;
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
      ...(hours < 1
        ? []
        : [
            {
              label: 'Requested checkpoints per hour',
              value: row.checkpointsRequested / hours,
              unit: 'count',
              source: 'pg_stat_checkpointer or pg_stat_bgwriter',
            } as const,
          ]),
      ...(row.walBytes === undefined
        ? []
        : [{ label: 'WAL written', value: row.walBytes, unit: 'bytes', source: 'pg_stat_wal.wal_bytes' } as const]),
      current === undefined
        ? { label: SETTING, value: 'not seen', source: 'pg_settings' }
        : { label: SETTING, value: current, unit: 'bytes', source: 'pg_settings' },
    ],
    approach: approach(sizing, { fits, free, fact: `${percent(share)} of the checkpoints were requested, ${pace}.` }),
    benefit: {
      kind: 'risk',
      basis: 'Fewer full-page writes and a steadier disk. How much time statements gain by that is not measured here.',
      confidence: to !== null && (sizing.ground === 'measured' || sizing.ground === 'first-step') ? 'medium' : 'low',
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
  /** How many were requested, as a sentence. */
  readonly fact: string;
}

const grounds: { readonly [G in Sizing['ground']]?: string } = {
  measured:
    'the WAL written between two checkpoints of the clock, half as much again for bursts, and at least twice the present value',
  'first-step': `a first step of ${LEAP} times the present value: the WAL written asks for more, but the free disk was not seen; judge again next week`,
  'too-short':
    'at least twice the present value, because the counters cover too little time to compute a size; judge again after a week',
  'not-measured': 'at least twice the present value, because the WAL written was not measured; judge again next week',
};

function approach({ current, proposed, ground }: Sizing, { fits, free, fact }: Facts): string {
  if (ground === 'by-command') {
    return `${fact} The WAL written is too little to have forced them, so a command does: a backup tool, CREATE DATABASE or a CHECKPOINT in a script. Find it before changing any setting.`;
  }
  if (proposed === null || current === undefined) {
    return `${fact} ${SETTING} was not seen, so no value is proposed; a PostgreSQL connection shows it.`;
  }
  if (!fits) {
    return `${fact} WAL would need ${bytes(proposed)}, but only ${bytes(free)} of disk are free. Make room first, or write less WAL.`;
  }
  return `${fact} The proposal, in whole GiB, is ${grounds[ground]}.`;
}
