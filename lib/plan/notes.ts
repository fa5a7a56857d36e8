/** How to try a change and how to bring it out, by the sort of work and what it touches. */
import type { Work } from '../model/finding.ts';
import type { Opportunity } from '../model/opportunity.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Candidate } from './candidate.ts';

type Notes = NonNullable<Opportunity['notes']>;

/** `on`: what it touches, in words. */
const table: { readonly [W in Work]: (on: string) => Notes } = {
  analyze: (on) => ({
    test: `None is needed beforehand: it only samples ${on}. Keep the plans of its costliest statements, to compare.`,
    rollout: 'Run it in a quiet hour; plans may change at once, so look at those statements right after.',
  }),
  'change-setting': (on) => ({
    test: `Set ${on} on staging first and let the usual load run against it for an hour.`,
    rollout: 'One server first, the standbys before the primary; the rest after a day without surprises.',
  }),
  'change-storage': (on) => ({
    test: `Set it on a copy of ${on} and write to it, to see that autovacuum comes when it should.`,
    rollout: 'One table first; watch its vacuums for a week before the next one gets the same.',
  }),
  vacuum: (on) => ({
    test: `Time it on a copy of ${on}, or on a smaller table of the same kind.`,
    rollout: 'Run it in a quiet hour, one table at a time, and cancel it when users notice: it can begin again.',
  }),
  'drop-index': (on) => ({
    test: `On staging, drop ${on} and run the statements of its table, the rare reports as well.`,
    rollout: 'One index at a time; keep its definition at hand for a month, as long as the rarest report takes.',
  }),
  'rebuild-index': (on) => ({
    test: `Time it on a copy of ${on}, and see that the disk has room for both copies.`,
    rollout: 'Run it in a quiet hour, one index at a time; look for what a failed rebuild leaves behind.',
  }),
  'create-index': (on) => ({
    test: `Build it on a copy of ${on} with data of real size; compare the plans and times of the statements named, and the time of an insert.`,
    rollout: 'Build it in a quiet hour with an eye on disk and replica lag; then watch reads and writes for a week.',
  }),
  investigate: (on) => ({
    test: `Look on staging or a replica with data of real size: EXPLAIN (ANALYZE) executes what it explains. It is about ${on}.`,
    rollout:
      'Nothing is brought out yet: what the look suggests is tried, reviewed and released as a change of its own.',
  }),
  'rewrite-query': (on) => ({
    test: `Run both forms of ${on} on data of real size with rare and common values; results must be the same, NULLs and duplicates included.`,
    rollout: 'Release it to a part of the application’s instances first; go back at once if its mean time rises.',
  }),
  'change-application': (on) => ({
    test: `Cover the changed code with a test on the results, and count its statements on ${on} before and after.`,
    rollout: 'Behind a switch, for a part of the users first; the switch is the way back.',
  }),
  'change-schema': (on) => ({
    test: `Rehearse the whole migration of ${on} on a copy of real size, the way back included, and time every step.`,
    rollout:
      'In steps that each leave the application working: add, fill in batches, exchange, remove a release later.',
  }),
  'change-infrastructure': (on) => ({
    test: `Replay or imitate the load of a busy hour against the new set-up; it is about ${on}.`,
    rollout: 'One service or reader at a time, with the former way open until a full week has passed.',
  }),
};

export function notesOf({ finding }: Candidate, { server, nodes = [] }: Snapshot): Notes {
  const { schema, table: name, index, setting, statement, queryid, database } = finding.subject;
  // An index that is yet to be built has no copy: its table has.
  const on =
    index !== undefined && finding.work !== 'create-index'
      ? `${schema}.${index}`
      : name !== undefined
        ? `${schema}.${name}`
        : (setting ??
          (queryid !== undefined || statement !== undefined
            ? `query ${queryid ?? statement}`
            : database === undefined
              ? 'the server'
              : `database ${database}`));
  const { test, rollout } = table[finding.work](on);
  const followers = (server.replicas ?? []).filter(({ standby }) => standby === true).length || nodes.length - 1;
  const lag = finding.steps.some(({ walBytes = 0 }) => walBytes > 1024 ** 2) && followers > 0;
  const replicas = followers === 1 ? 'The standby replays' : `The ${followers} standbys replay`;
  return { test, rollout: lag ? `${rollout} ${replicas} its WAL: watch the lag.` : rollout };
}
