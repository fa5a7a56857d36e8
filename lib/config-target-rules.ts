/** How the operator names, groups and leaves out servers; lib/model/target-rules.ts says what it does. */
import * as z from 'zod';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$/;
const targetWord = z
  .string()
  .regex(
    NAME,
    'is no name of a target: letters, digits, point, dash and underscore, 80 at most, and no point in front',
  );
const patterns = z.array(z.string().min(1)).min(1);

/** A server in two places of the rules could be hunted twice or under the wrong name, so that is refused where it shows. */
export const targetRules = z
  .strictObject({
    include: patterns.optional(),
    exclude: patterns.optional(),
    groups: z.record(targetWord, patterns).optional(),
    rename: z.record(z.string().min(1), targetWord).optional(),
  })
  .superRefine(({ groups = {}, rename = {} }, context) => {
    const fault = (path: readonly (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: [...path], message });
    const grouped = new Map<string, string>();
    for (const [group, members] of Object.entries(groups)) {
      for (const [at, pattern] of members.entries()) {
        const other = grouped.get(pattern);
        if (other !== undefined && other !== group) fault(['groups', group, at], `is in the group ${other} already`);
        grouped.set(pattern, group);
      }
    }
    const taken = new Map(Object.keys(groups).map((group) => [group, `the group ${group}`]));
    for (const [old, name] of Object.entries(rename)) {
      const other = taken.get(name);
      if (other !== undefined)
        fault(['rename', old], `would have the same name as ${other}; two servers of one cluster are a group`);
      else taken.set(name, old);
    }
  });
