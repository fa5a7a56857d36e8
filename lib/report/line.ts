/** Where the parts of a line chart stand, for the page's SVG and the mail's picture alike. */
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { LineChart } from './blocks.ts';
import { stepSize } from './format.ts';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

export interface Placed {
  readonly band: { readonly top: number; readonly height: number } | null;
  readonly marker: number | null;
  readonly ticks: readonly { readonly y: number; readonly value: number }[];
  /** One a line, as `d` of a path. */
  readonly paths: readonly string[];
  /** The same as points, from gap to gap. */
  readonly runs: readonly (readonly Spot[])[];
  /** Values between two gaps, which no line would show, and the last of the first line. */
  readonly dots: readonly Spot[];
  /** Where each line ends, for its name; none for a single line. */
  readonly ends: readonly { readonly y: number; readonly label: string }[];
  readonly first: string;
  readonly last: string;
}

/** First and last moment, and the largest value. */
export function extentOf({ lines, usual }: LineChart): { first: string; last: string; top: number } {
  const moments = lines[0]?.points.map(({ at }) => at) ?? [];
  const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => value ?? []));
  const top = Math.max(...values, usual?.high ?? 0);
  return { first: moments[0] ?? '', last: moments.at(-1) ?? '', top: top > 0 ? top : 1 };
}

export function place(chart: LineChart, box: Box): Placed {
  const { first, last, top } = extentOf(chart);
  const [from, to] = [Date.parse(first), Date.parse(last)];
  // From zero: a line that fills the plot whatever its values are makes every week look like a landslide.
  const x = scaleLinear([from, Math.max(to, from + 1)], [box.left, box.left + box.width]).clamp(true);
  const y = scaleLinear([0, top * 1.05], [box.top + box.height, box.top]).clamp(true);
  // Round in what they are told in: 2 h, not 7,000,000 ms.
  const step = chart.unit === 'unix-s' ? 1 : stepSize(top, chart.unit);
  const draw = line<Spot | null>()
    .defined((spot) => spot !== null)
    .x((spot) => spot?.x ?? 0)
    .y((spot) => spot?.y ?? 0)
    .digits(1);
  const spots = chart.lines.map(({ points }) =>
    points.map(({ at, value }): Spot | null => {
      const spot = { x: x(Date.parse(at)), y: y(value ?? Number.NaN) };
      // What is drawn pixel by pixel must end somewhere.
      return Number.isFinite(spot.x) && Number.isFinite(spot.y) ? spot : null;
    }),
  );
  const runs = spots.flatMap((row) =>
    row.reduce<Spot[][]>((all, spot, at) => {
      if (spot === null) return all;
      if (row[at - 1]) all.at(-1)?.push(spot);
      else all.push([spot]);
      return all;
    }, []),
  );
  const lonely = runs.flatMap((run) => (run.length === 1 ? run : []));
  const latest = spots[0]?.findLast((spot) => spot !== null);
  const began = chart.from === null ? Number.NaN : Date.parse(chart.from);
  return {
    band:
      chart.usual === null
        ? null
        : { top: y(chart.usual.high), height: Math.max(y(chart.usual.low) - y(chart.usual.high), 1) },
    marker: began >= from && began <= to ? x(began) : null,
    ticks: scaleLinear([0, (top * 1.05) / step], [0, 1])
      .ticks(3)
      .map((count) => ({ y: y(count * step), value: count * step })),
    runs,
    paths: spots.map((row) => draw(row) ?? ''),
    dots: latest ? [...lonely, latest] : lonely,
    ends:
      chart.lines.length < 2
        ? []
        : chart.lines.flatMap(({ label }, at) => {
            const end = spots[at]?.findLast((spot) => spot !== null);
            return end ? [{ y: end.y, label }] : [];
          }),
    first,
    last,
  };
}
