/** Findings whose benefit is a risk averted, not time: the parts they share. What differs is named by the advisor. */
import type {
  Confidence,
  DoneSign,
  Evidence,
  Finding,
  MeasuredBy,
  Risk,
  Step,
  Subject,
  Work,
} from '../model/finding.ts';

export interface Plain {
  readonly subject: Subject;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  readonly approach: string;
  readonly basis: string;
  readonly confidence?: Confidence;
  readonly averts?: 'outage';
  readonly steps: readonly Step[];
  readonly acceptance: string;
  readonly measuredBy?: MeasuredBy;
  readonly work?: Work;
  readonly risk?: Partial<Risk>;
  readonly maintenanceWindow?: string;
  readonly done?: DoneSign;
}

const LOOKING: Risk = {
  level: 'low',
  technical: 'Looking changes nothing; what is changed afterwards carries its own risk.',
  business: 'Users notice nothing of the look; left undone, what it is about stays as it is.',
  performance: 'The look reads views of the system only; that load cannot be measured.',
  mitigation: 'Change one thing at a time, on staging first, and look at the acceptance number in between.',
  rollback: [],
};

const CHANGING: Risk = {
  ...LOOKING,
  technical: 'Only what the steps name changes; the way back stands beside them.',
  business: 'None is expected of the change; left undone, what it is about stays as it is.',
  performance: 'The steps name what they lock and how long that takes; more load than theirs is not expected.',
};

export function riskFinding(plain: Plain): Finding {
  const { subject, title, evidence, approach, steps, acceptance, basis, work = 'investigate' } = plain;
  return {
    subject,
    title,
    evidence,
    approach,
    benefit: {
      kind: 'risk',
      basis,
      confidence: plain.confidence ?? 'medium',
      ...(plain.averts === undefined ? {} : { averts: plain.averts }),
    },
    work,
    risk: { ...(work === 'investigate' ? LOOKING : CHANGING), ...plain.risk },
    steps,
    maintenanceWindow: plain.maintenanceWindow ?? 'none needed',
    acceptance,
    ...(plain.measuredBy === undefined ? {} : { measuredBy: plain.measuredBy }),
    done: plain.done ?? { kind: 'measure-moved' },
    // No kept number fits: its going away in a week that could look says it.
    gain: { kind: 'object-gone' },
  };
}
