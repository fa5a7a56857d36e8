/** The roster: every advisor the hunt asks, one line each. The order is the order of the catalogue. */
import type { Advisor } from './advisor.ts';
import { chattyStatements } from './query/chatty-statements.ts';
import { slowAndFrequentStatements } from './query/slow-and-frequent-statements.ts';
import { topTimeStatements } from './query/top-time-statements.ts';
import { unboundedResults } from './query/unbounded-results.ts';

export const roster: readonly Advisor[] = [
  // query
  topTimeStatements,
  slowAndFrequentStatements,
  chattyStatements,
  unboundedResults,
  // index
  // maintenance
  // system
];
