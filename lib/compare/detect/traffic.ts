/** Latency that follows the statement's own traffic is load, not a slower statement. */
import type { Daily } from './daily.ts';
import type { Rules } from './rules.ts';

/** Latency residuals less what the statement's own calls explain. */
export function withoutTraffic({ latency, calls }: Daily, rules: Rules): Float64Array {
  const slope = elasticity(latency, calls, rules);
  return latency.map((value, day) => {
    const more = calls[day] ?? Number.NaN;
    return Number.isFinite(more) ? value - slope * more : value;
  });
}

/** Ridge regression of latency on calls, both about their means. */
function elasticity(latency: Float64Array, calls: Float64Array, rules: Rules): number {
  const days = [...latency.keys()].filter((day) => Number.isFinite(latency[day]) && Number.isFinite(calls[day]));
  const mean = (values: Float64Array): number =>
    days.reduce((sum, day) => sum + (values[day] ?? 0), 0) / Math.max(1, days.length);
  const [y, x] = [mean(latency), mean(calls)];
  let xy = 0;
  let xx = rules.elasticityRidge;
  for (const day of days) {
    const dx = (calls[day] ?? 0) - x;
    xy += dx * ((latency[day] ?? 0) - y);
    xx += dx * dx;
  }
  return Math.min(rules.elasticityMost, Math.max(0, xy / xx));
}
