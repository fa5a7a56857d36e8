/** The machines below targets in RDS and Aurora, from CloudWatch, in the words of lib/model. */
import { cloudMeasures, hostMeasures, type MeasureOf } from '../../model/measures.ts';
import type { HostRow } from '../../model/rows.ts';
import type { Gap, SourceQuery, Window } from '../../model/snapshot.ts';
import type { Machine } from './machine.ts';
import { type Metric, metrics } from './metrics.ts';
import { type Asked, CloudWatchError, type CloudWatchSource, type Points, queryOf } from './source.ts';

export interface Wanted {
  readonly machine: Machine;
  /** null: not known. */
  readonly isAurora: boolean | null;
}

export interface Seen {
  readonly row: HostRow;
  /** For the row of the server, where nothing closer to it has counted them. */
  readonly connections: { readonly connectionsAverage?: number; readonly connectionsPeak?: number };
  readonly gaps: readonly Gap[];
  readonly sources: readonly SourceQuery[];
  readonly notes: readonly string[];
}

/** One answer for each that is wanted, in order. `age`: seconds from the window's start to now. Never throws CloudWatchError. */
export async function readMachines(
  source: CloudWatchSource,
  wanted: readonly Wanted[],
  window: Window,
  age: number,
): Promise<readonly Seen[]> {
  const period = periodFor((Date.parse(window.end) - Date.parse(window.start)) / 1000, age);
  const asked = wanted.map((one) => metrics.filter((metric) => fits(metric, one)).map((metric) => askFor(metric, one)));
  const found = new Map<Wanted, readonly Points[] | CloudWatchError>();
  for (const region of new Set(wanted.map(({ machine }) => machine.region))) {
    const here = [...wanted.entries()].filter(([, { machine }]) => machine.region === region);
    const all = here.flatMap(([index]) => (asked[index] ?? []).map(({ question }) => question));
    try {
      const answers = await source.metrics(all, window, period, region);
      let from = 0;
      for (const [index, one] of here) {
        const { length } = asked[index] ?? [];
        found.set(one, answers.slice(from, from + length));
        from += length;
      }
    } catch (error) {
      if (!(error instanceof CloudWatchError)) throw error;
      for (const [, one] of here) found.set(one, error);
    }
  }
  return wanted.map((one, index) => {
    const answer = found.get(one);
    const { id } = one.machine;
    if (answer === undefined || answer instanceof CloudWatchError) return unseen(id, answer);
    return seen(one, asked[index] ?? [], answer, window, period);
  });
}

interface Question {
  readonly metric: Metric;
  readonly question: Asked;
}

function fits({ only, ofCluster }: Metric, { machine, isAurora }: Wanted): boolean {
  if (ofCluster === true && machine.cluster === null) return false;
  const aurora = machine.cluster === null ? isAurora : true;
  return only === undefined || aurora === null || (only === 'aurora') === aurora;
}

function askFor(metric: Metric, { machine }: Wanted): Question {
  const dimensions = metric.ofCluster === true ? { DBClusterIdentifier: machine.id } : machine.dimensions;
  return { metric, question: { name: metric.name, stat: metric.stat, dimensions } };
}

/** CloudWatch keeps minutes for 15 days, five minutes for 63, hours for 455; a week has 168 of the last. */
function periodFor(seconds: number, age: number): number {
  const day = 86_400;
  if (seconds > 3 * day || age > 63 * day) return 3_600;
  return seconds > day / 4 || age > 15 * day ? 300 : 60;
}

function seen(
  { machine, isAurora }: Wanted,
  questions: readonly Question[],
  answers: readonly Points[],
  window: Window,
  period: number,
): Seen {
  const byName = new Map(questions.map(({ metric }, index) => [`${metric.name} ${metric.stat}`, answers[index]]));
  const values = new Map<string, number>();
  const gaps: Gap[] = [];
  for (const [index, { metric }] of questions.entries()) {
    const points = answers[index];
    const value = points === undefined ? null : numberOf(metric, points, byName.get(`${metric.by} Average`));
    const before = values.get(metric.measure);
    if (value !== null) values.set(metric.measure, before === undefined ? value : Math.min(before, value));
    else if (
      metric.mayLack !== true &&
      metric.measure in hostMeasures &&
      !(metric.only !== undefined && isAurora === null && machine.cluster === null)
    ) {
      gaps.push(lacking(metric, points, machine.id));
    }
  }
  const { connectionsAverage, connectionsPeak, ...row } = Object.fromEntries(values);
  const never = (['cpuCount', 'memoryBytes', 'diskBytes'] as const).filter((measure) => !values.has(measure));
  const rows = answers.reduce((sum, points) => sum + points.values.size, 0);
  const most = Math.max(0, ...answers.map((points) => points.values.size));
  const expected = (Date.parse(window.end) - Date.parse(window.start)) / 1000 / period;
  return {
    row: { host: machine.id, ...row },
    connections: {
      ...(connectionsAverage === undefined ? {} : { connectionsAverage }),
      ...(connectionsPeak === undefined ? {} : { connectionsPeak }),
    },
    gaps: [
      ...gaps,
      ...(values.size === 0
        ? []
        : [
            gap(
              never,
              'unsupported',
              'CloudWatch does not publish the size of an instance.',
              "Look up the instance's class, or let Prometheus scrape rds_exporter with Enhanced Monitoring.",
            ),
          ]),
    ],
    sources: [
      {
        ...({ source: 'cloudwatch', language: 'cloudwatch', kind: 'host' } as const),
        measures: [...values.keys()].filter((measure) => measure in hostMeasures).sort(),
        text: JSON.stringify(
          questions.map(({ question }, index) => queryOf(question, `m${index}`, period)),
          null,
          1,
        ),
        rows,
      },
    ],
    notes:
      rows > 0 && most < expected * 0.8
        ? [`CloudWatch has values of ${machine.id} for ${Math.floor((100 * most) / expected)} % of the window.`]
        : [],
  };
}

/** null: not known. An incomplete answer would make a wrong average, so it makes none. */
function numberOf({ over, factor = 1 }: Metric, points: Points, weights: Points | undefined): number | null {
  const all = [...points.values].sort(([a], [b]) => a - b);
  if (points.incomplete !== null || all.length === 0) return null;
  const numbers = all.map(([, value]) => value);
  switch (over) {
    case 'average':
      return (factor * numbers.reduce((sum, value) => sum + value, 0)) / numbers.length;
    case 'newest':
      return factor * (numbers.at(-1) ?? 0);
    case 'most':
      return factor * numbers.reduce((most, value) => Math.max(most, value));
    case 'least':
      return factor * numbers.reduce((least, value) => Math.min(least, value));
    case 'weighted': {
      const weight = (at: number) => weights?.values.get(at) ?? 0;
      const total = all.reduce((sum, [at]) => sum + weight(at), 0);
      if (weights?.incomplete !== null || total <= 0) return null;
      return (factor * all.reduce((sum, [at, value]) => sum + value * weight(at), 0)) / total;
    }
    default:
      throw new Error(`unknown way ${over satisfies never}`);
  }
}

function lacking({ measure, name, by }: Metric, points: Points | undefined, id: string): Gap {
  const status = points?.incomplete ?? null;
  if (status === 'Forbidden') {
    return gap(
      [measure],
      'no-right',
      `CloudWatch refused ${name} of ${id}.`,
      'Grant cloudwatch:GetMetricData to the role of this run.',
    );
  }
  if (status !== null) {
    return gap([measure], 'truncated', `CloudWatch gave only a part of ${name} of ${id} (${status}).`, 'Run again.');
  }
  if ((points?.values.size ?? 0) > 0 && by !== undefined) {
    return gap(
      [measure],
      'no-history',
      `${by} of ${id} was zero or unknown in the window, so no operation has a time.`,
      'Nothing to do while there is none.',
    );
  }
  return gap(
    [measure],
    'not-exported',
    `CloudWatch has no ${name} of ${id} in the window.`,
    'Check the identifier and the region in cloudwatch.instances and cloudwatch.region.',
  );
}

function unseen(id: string, error: CloudWatchError | undefined): Seen {
  const reason = `${error?.message ?? 'CloudWatch did not answer'}.`;
  const remedy =
    error?.denied === true
      ? 'Grant cloudwatch:GetMetricData to the role of this run.'
      : 'Make CloudWatch reachable from this network and run again.';
  const absence = error?.denied === true ? 'no-right' : 'unreachable';
  return {
    row: { host: id },
    connections: {},
    gaps: [
      gap(
        Object.keys(hostMeasures).filter((name) => !cloudMeasures.includes(name)),
        absence,
        reason,
        remedy,
      ),
    ],
    sources: [],
    notes: [],
  };
}

function gap(all: readonly string[], absence: Gap['absence'], reason: string, remedy: string): Gap {
  return { kind: 'host', measures: all as readonly MeasureOf<'host'>[], source: 'cloudwatch', absence, reason, remedy };
}
