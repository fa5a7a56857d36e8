/** Numbers inside sentences, rounded to what they can bear. Evidence keeps its numbers as numbers. */

/** Made once: to make one takes longer than to write a thousand numbers. */
const english = new Intl.NumberFormat('en-US');

export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 1) return 'less than 1 %';
  // Nearly all is not all.
  return `${value < 100 ? Math.min(99, Math.round(value)) : Math.round(value)} %`;
}

/** Two significant digits, thousands with a comma: 1,200,000. */
export function about(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.ceil(Math.log10(Math.abs(value) + Number.EPSILON)));
  const scale = 10 ** Math.min(digits, 3);
  const rough = Math.abs(value) >= 100 ? Number(value.toPrecision(2)) : Math.round(value * scale) / scale;
  return english.format(rough);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${english.format(count)} ${count === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const MIB = 1024 ** 2;

export function bytes(value: number): string {
  if (value >= 1024 * MIB) return `${about(value / 1024 / MIB)} GiB`;
  return value >= MIB ? `${about(value / MIB)} MiB` : `${about(value / 1024)} KiB`;
}

/** A length of time in the unit a reader would choose: `4 s`, `12 minutes`, `3.5 hours`, `6 days`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${about(seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 2 * 86_400 ? `${about(seconds / 3600)} hours` : `${about(seconds / 86_400)} days`;
}
