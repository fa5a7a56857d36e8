/** What the people who run the databases have decided about findings, and what became of it in a run. */
import * as z from 'zod';
import type { Subject } from './finding.ts';
import { time } from './opportunity.ts';

/** As configured. In each text but `reason` and `until`, `*` stands for any characters. */
export interface Decision {
  readonly decision: 'mute' | 'accept';
  readonly key?: string | undefined;
  readonly advisor?: string | undefined;
  readonly target?: string | undefined;
  readonly subject?: { readonly [Part in keyof Subject]?: string | undefined } | undefined;
  readonly reason: string;
  /** Last day on which it holds, `2027-01-31`, in UTC. */
  readonly until: string;
}

export const decidedSchema = z.strictObject({
  decision: z.enum(['mute', 'accept']),
  /** What it is about, by its patterns. */
  about: z.string(),
  reason: z.string(),
  until: z.iso.date(),
  /** `expired`: its findings are in the plan again. `idle`: in force, and about nothing that was found for weeks. */
  state: z.enum(['in-force', 'expired', 'idle']),
  /** It ran out within the window. */
  justExpired: z.boolean(),
  /** Since when it has been about nothing; null where it is about something, or its checks could not look. */
  idleSince: time.nullable(),
  /** A whole sentence where a reader should look at it. */
  note: z.string().optional(),
  findings: z.array(
    z.strictObject({
      key: z.string(),
      advisor: z.string(),
      title: z.string(),
      /** What is accepted: why it was found. */
      why: z.string(),
    }),
  ),
});

export type Decided = z.infer<typeof decidedSchema>;

/** What history keeps of each, so that one that is about nothing can be named. */
export const rememberedDecision = z.object({ id: z.string(), idleSince: time.nullable() });
export type RememberedDecision = z.infer<typeof rememberedDecision>;

/** The same as long as it is about the same: a new reason or date does not make it another. */
export function decisionId({ decision, about }: Pick<Decided, 'decision' | 'about'>): string {
  return `${decision} ${about}`;
}
