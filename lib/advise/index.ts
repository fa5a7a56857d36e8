/** The roster: every advisor the hunt asks, one line each. The order is the order of the catalogue. */
import type { Advisor } from './advisor.ts';

export const roster: readonly Advisor[] = [
  // query
  // index
  // maintenance
  // system
];
