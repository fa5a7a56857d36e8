/** What the method page says about effort, from the table that makes it. */
import type { Method } from '../model/archive.ts';
import { effortTable } from './effort.ts';

export const effortRules: Method['effort'] = Object.entries(effortTable).map(
  ([work, { analysis, review, rollout, bySize, each }]) => ({
    name: work.replaceAll('-', ' '),
    value: `${analysis + review + rollout} h`,
    reason: [
      `a judgement: analysis ${analysis} h, review ${review} h, roll-out with a look a week later ${rollout} h`,
      ...(bySize === true ? ['more from 10 GiB on, and twice as much from 100 GiB'] : []),
      ...(each === undefined ? [] : [`${each} h more for each further statement`]),
    ].join('; '),
  }),
);
