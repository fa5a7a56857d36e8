/** The frame of advisors that read statements' texts: who is readable, what is worth a look, and the parts all such advice shares. */
import type { DoneSign, Evidence, Finding, FindingBenefit, Risk, Step, Work } from '../../model/finding.ts';
import type { Advice, Context } from '../advisor.ts';
import { acceptanceOf, statementEvidence, subjectOf } from './explain.ts';
import { type Counted, type Load, NO_SPAN, sketch, type Workload, workload } from './workload.ts';

/** Below it the gain does not pay for anybody's time. */
export const SHARE_FLOOR = 0.01;
/** Busy sessions on average: ten minutes a week. It keeps idle servers quiet, where one per cent is nothing. */
export const LOAD_FLOOR = 0.001;
/** One call proves nothing: it may have been somebody at a prompt. */
const CALLS_FLOOR = 2;

export const worthThresholds = [
  { name: 'share of database time', value: '≥ 1 %', reason: 'below it the gain does not pay for the work' },
  {
    name: 'load',
    value: '≥ 0.001 busy sessions on average',
    reason: 'ten minutes a week; scales with the window, and keeps idle servers quiet',
  },
] as const;

export interface Readable {
  readonly work: Workload;
  /** Loads whose text was seen; whether it parses is asked of those that matter, with isRead. */
  readonly loads: readonly Load[];
}

export type ReadLoad = Load & { readonly parsed: NonNullable<Load['parsed']> };

export function isRead(load: Load): load is ReadLoad {
  return load.parsed !== null;
}

/** Every advisor of texts asks the same of the same workload. */
const withText = new WeakMap<Workload, readonly Load[]>();

/** `what`: `Whether a query has a limit`. */
export function readableLoads(rows: readonly Counted[], context: Context, what: string): Readable | Advice {
  const work = workload(rows, context);
  if (work === null) return { findings: [], examined: 0, blind: NO_SPAN };
  const loads = withText.get(work) ?? work.loads.filter((load) => load.text !== undefined);
  withText.set(work, loads);
  if (loads.some(isRead) || work.loads.length === 0) return { work, loads };
  const blind = `${what} shows only in its text, and no text was seen. Connect to PostgreSQL as a role with pg_read_all_stats.`;
  return { findings: [], examined: 0, blind };
}

export function isWorthIt(load: Load, { hours }: Workload): boolean {
  return (
    load.timeShare >= SHARE_FLOOR && load.totalTimeMs / (hours * 3_600_000) >= LOAD_FLOOR && load.calls >= CALLS_FLOOR
  );
}

/** What one advisor has to say of one statement; the rest is the same for all. */
export interface Pattern {
  /** In the imperative, followed by the statement's name: `Page by key instead of OFFSET in`. */
  readonly title: string;
  readonly approach: string;
  readonly benefit: Omit<FindingBenefit, 'kind'> & {
    readonly reduces: { low: number; likely: number; high: number } | null;
  };
  readonly steps: readonly Step[];
  readonly evidence?: readonly Evidence[];
  readonly work?: Work;
  readonly risk?: Partial<Risk>;
  readonly acceptance?: string;
  /** How a later run sees it done; default: only the measure tells. */
  readonly done?: DoneSign;
  readonly machineMinutes?: number;
}

/** Advice about the form of statements. `spot` answers null for a statement that has not the pattern. */
export function patternAdvice(
  rows: readonly Counted[],
  context: Context,
  { what, spot }: { readonly what: string; readonly spot: (load: ReadLoad) => Pattern | null },
): Advice {
  const read = readableLoads(rows, context, what);
  if (!('loads' in read)) return read;
  const worth = read.loads.filter((load) => isWorthIt(load, read.work)).filter(isRead);
  const findings = worth.flatMap((load) => {
    const pattern = spot(load);
    return pattern === null ? [] : [findingOf(load, pattern)];
  });
  return { findings, examined: read.loads.length, caveats: read.work.caveats };
}

function findingOf(load: ReadLoad, pattern: Pattern): Finding {
  const { reduces, basis, confidence } = pattern.benefit;
  return {
    subject: subjectOf(load),
    title: `${pattern.title} ${sketch(load)}`,
    evidence: [...statementEvidence(load), ...(pattern.evidence ?? [])],
    approach: pattern.approach,
    benefit:
      reduces === null
        ? { kind: 'risk', basis, confidence }
        : { kind: 'time', statements: [load.statement], reduces, basis, confidence },
    work: pattern.work ?? 'rewrite-query',
    ...(pattern.machineMinutes === undefined ? {} : { machineMinutes: pattern.machineMinutes }),
    risk: {
      level: 'low',
      technical: 'A rewritten statement can differ from the old one in a corner: NULLs, duplicates, order.',
      business: 'None, as long as both return the same rows.',
      performance: 'The new form can meet another plan with other values.',
      mitigation:
        'Compare the results of both forms on production-sized data, with rare and common values, before the release.',
      rollback: [],
      ...pattern.risk,
    },
    steps:
      pattern.done === undefined
        ? [...pattern.steps, { text: 'Release it; releasing the former version again undoes it.' }]
        : pattern.steps,
    maintenanceWindow: 'none needed',
    acceptance: pattern.acceptance ?? acceptanceOf(load, 'lower than it is now'),
    done: pattern.done ?? { kind: 'measure-moved' },
    gain: { kind: 'statement-time', statements: [load.statement] },
  };
}
