/** The clock of the machine that hunts; those of the services stand in their own rows. */
import type { Row } from '../cell.ts';
import { EARLIER, END, type HttpScene } from '../world.ts';

const at = (end: string) => ({
  break: async () => {},
  hunt: ({ hunt }: HttpScene) => hunt((input) => ({ ...input, config: { ...input.config, end }, now: end })),
});
const wire = 'it is no service: it answers at once, or there is no machine';

export const clock: Row<HttpScene> = {
  refused: { never: wire },
  slow: { never: `${wire}; one that runs slow is a wrong one` },
  'reset mid-body': { never: wire },
  garbage: {
    never: 'a time that is none, such as --end yesterday, is refused with the other settings before any call',
  },
  partial: { never: wire },
  throttled: { never: wire },
  'expired credentials': {
    elsewhere: [
      ['test/faults/rows/s3.ts', "'clock wrong'"],
      ['test/faults/rows/ses.ts', "'clock wrong'"],
      ['test/faults/rows/secrets.ts', "'clock wrong'"],
    ],
  },
  'clock wrong': [
    // A year ahead nobody has a sample: no report about nothing, and nothing is kept of it.
    {
      end: 'fails',
      says: /no .*in the window|between|window/,
      ...at('2027-11-22T00:00:00.000Z'),
    },
    // A week behind, the week before is hunted again: its history stays, and its own mail is its own.
    { end: 'apart', digests: 2, ...at(EARLIER) },
    {
      end: 'fails',
      says: /no .*in the window|between|window/,
      ...at('1970-01-08T00:00:00.000Z'),
    },
  ],
  'full disk': { never: wire },
  'killed process': { never: 'it does not stop with the process' },
  // Two machines, forty minutes apart, hunt the same window: neither may think the other one dead.
  'concurrent run': {
    end: 'unharmed',
    break: async () => {},
    hunt: async ({ hunt }) => {
      const ahead = new Date(Date.parse(END) + 40 * 60_000).toISOString();
      const [one] = await Promise.all([hunt(), hunt((input) => ({ ...input, now: ahead }))]);
      return one;
    },
  },
  'corrupted history': { never: 'it keeps nothing' },
  'missing week': {
    elsewhere: [
      [
        'test/compare/history.test.ts',
        'are one run of each week back, the one that ended nearest; a week without a run is none',
      ],
    ],
  },
  'old format': { never: 'times are ISO 8601 in UTC wherever they are kept, and refused where they are not' },
};
