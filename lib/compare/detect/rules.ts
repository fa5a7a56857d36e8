/** Every threshold of the detector, each with the reason it has. Log points are natural logarithms of ms per call. */
export const RULES = {
  /** Weeks looked back on. Eight make a baseline; each one more steadies the variance of the weeks, which decides. */
  pastWeeks: 14,
  /** Values a slot of the week needs before its median is a baseline. */
  baselineValues: 3,
  /** Weeks of history without which nothing is judged; with no more than these only what is confirmed is told. */
  leastWeeks: 4,
  /** Median calls a slot must hold: below, one slow call is the slot. */
  callsPerSlot: 30,
  /** A slot with fewer is noise. */
  leastCalls: 5,
  /** This week's calls and days without which a statement is not judged. */
  weekCalls: 100,
  weekDays: 2,
  /** Days from which an onset can be found. */
  scanDays: 21,
  /** The days around the onset found in which it is sought again: the smaller part of a week is what is pulled in. */
  nearDays: 3,
  /** The best of so many onsets looks this much better than one (measured on event-free series). */
  lookElsewhere: 4,
  /** Days beyond so many robust deviations are pulled in. */
  winsor: 4,
  /** Part of a week's variance that is the week's own whatever the days say. */
  weekShare: 0.15,
  /** Statements and values a day needs before the workload's median is subtracted. */
  controlStatements: 20,
  controlValues: 15,
  /** Latency may follow the statement's own traffic this much, and no more is believed. */
  elasticityRidge: 0.5,
  elasticityMost: 0.3,
  /** Calls up by this (log points) and the slowdown small beside it: load, not a regression. */
  loadCalls: 0.3,
  loadElasticity: 0.15,
  /** False discovery rates of the tiers. */
  confirmed: 0.05,
  alert: 0.1,
  watch: 0.2,
  /** Smaller effects are not worth a line. */
  leastEffect: Math.log(1.05),
  /** Days an effect must have lasted, or it is provisional: most of what goes away goes within a week. */
  leastDays: 7,
  /** Beyond chance at this p it need not wait so long. */
  urgentDays: 4,
  urgentP: 1e-5,
  /** Standard errors after the best onset was picked are too small by this (measured on planted steps). */
  selection: 1.1,
  /** Without a workload to subtract only this much is more than a watch. */
  lonelyEffect: Math.log(1.5),
  /** Part of the days since onset that must show at least half the effect. */
  stillThere: 0.7,
  /** The whole database: p and effect. */
  wideP: 0.01,
  wideEffect: Math.log(1.04),
  /** Recovered below the larger of this and that part of the opening effect, for so many weeks. */
  recoveredWithin: 0.025,
  recoveredPart: 1 / 3,
  recoveredWeeks: 2,
  /** After so many weeks open it is the new normal: the baseline moves on. */
  normalWeeks: 8,
} as const;

export type Rules = { readonly [Name in keyof typeof RULES]: number };
