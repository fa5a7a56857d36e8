/** A user's own metrics: recording rules that stand for measures, and expressions for what users of applications feel. */
import * as z from 'zod';
import type { Measure } from './model/measure.ts';
import { measures } from './model/measures.ts';

/** What names a row of each kind; `server` names the server where `instance` does not. */
const rolesOf = {
  server: ['server'],
  database: ['server', 'database'],
  table: ['server', 'database', 'schema', 'table'],
  index: ['server', 'database', 'schema', 'table', 'index'],
  statement: ['server', 'database', 'user', 'queryid'],
} as const;

const label = z.string().regex(/^[a-zA-Z_]\w*$/, 'is no name of a label');
/** A comment would swallow what the expression is joined with. */
const promql = z
  .string()
  .min(1)
  .refine(
    (text) => !text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '').includes('#'),
    'has a comment: leave it out',
  );

const measure = z.strictObject({
  metric: z
    .string()
    .regex(/^[a-zA-Z_:][\w:]*$/, 'is no name of a metric; an expression goes into promql')
    .optional(),
  promql: promql.optional(),
  kind: z.enum(['counter', 'gauge']),
  /** Multiplies into the measure's unit, such as 1000 for seconds where it is in milliseconds. */
  factor: z
    .number()
    .refine((factor) => factor > 0, 'is no positive number')
    .optional(),
  labels: z
    .strictObject({
      ...{ server: label.optional(), database: label.optional(), schema: label.optional(), table: label.optional() },
      ...{ index: label.optional(), user: label.optional(), queryid: label.optional() },
    })
    .optional(),
});

/** A recording rule's own rate cannot become an increase again, and of a gauge there is none. */
const growth = /\b(rate|irate|increase|resets)\s*\(/;

function faultOf(key: string, { metric, promql: text, kind, labels = {} }: z.output<typeof measure>): string | null {
  const [, of = '', name = ''] = /^(\w+)\.(\w+)$/.exec(key) ?? [];
  if (!Object.hasOwn(rolesOf, of))
    return `is no measure: write one of ${Object.keys(rolesOf).join(', ')}, a dot and its name`;
  const all: Readonly<Record<string, Measure>> = measures[of as keyof typeof rolesOf];
  const known = Object.hasOwn(all, name) ? all[name] : undefined;
  if (known === undefined) return `no such measure of a ${of}; there are ${Object.keys(all).join(', ')}`;
  const strange = Object.keys(labels).find(
    (role) => !rolesOf[of as keyof typeof rolesOf].some((each) => each === role),
  );
  if (strange !== undefined)
    return `a ${of} has no ${strange}; its labels are ${rolesOf[of as keyof typeof rolesOf].join(', ')}`;
  if ((metric === undefined) === (text === undefined)) return 'give metric or promql, one of them';
  if (known.over === 'counter' && kind === 'gauge')
    return 'increase of a gauge: this measure counts, so its metric must be a counter';
  if (kind === 'counter' && (known.over === 'average' || known.over === 'peak')) {
    return `${known.over} of a counter: this measure is a level, so its metric must be a gauge`;
  }
  if (text === undefined) return null;
  if (kind === 'gauge' && growth.test(text))
    return 'rate of a gauge: an expression with rate() or increase() is of a counter';
  if (known.over !== 'counter') return null;
  if (/\b(rate|irate)\s*\(/.test(text)) return 'a rate is for a second: write increase(…[$window])';
  return text.includes('$window') ? null : 'must be the increase over the window: write increase(…[$window])';
}

/** By kind of row and measure, such as `statement.totalTimeMs`; they come before what the exporters show. */
export const ownMeasures = z.record(z.string(), measure).superRefine((all, context) => {
  for (const [key, one] of Object.entries(all)) {
    const message = faultOf(key, one);
    if (message !== null) context.addIssue({ code: 'custom', path: [key], message });
  }
});

/** `$window` in an expression stands for the window, such as 7d. */
export const userExperience = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(80),
      promql,
      unit: z.enum(['s', 'ms', 'share', 'count']),
      /** The target it belongs to; without it, all of this Prometheus. */
      target: z.string().min(1).optional(),
    }),
  )
  .max(8, 'has more than 8 entries')
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'has a name twice');
