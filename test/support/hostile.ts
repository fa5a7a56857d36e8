/** The same report with every foreign string turned against us. */
import type { Report } from '../../lib/model/report.ts';

export const HOSTILE = '<img src=x onerror=1></mj-text></table><script>1</script>"\'><a href="javascript:1">\u202E&lt;';

/** What the document's own enums and times are called; everything else may hold what a stranger wrote. */
const OURS = new Set(
  [
    'version generatedAt cadence start end firstSeen since previousEnd pinnedEnd area horizon kind unit confidence level',
    'status severity state absence sources measure phase weeks at from onset step',
  ].flatMap((names) => names.split(' ')),
);

export const hostile = (report: Report): Report => infected(report, HOSTILE);

/** `text` in front of every string that a stranger may have written. */
export function infected(report: Report, text: string): Report {
  return infect(report, '', text) as Report; // same shape: only strings are longer
}

function infect(value: unknown, name: string, text: string): unknown {
  if (typeof value === 'string') return OURS.has(name) ? value : `${text}${value}`;
  if (Array.isArray(value)) return value.map((one) => infect(one, name, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const free = key === 'version' && name === 'server'; // the server says its version itself
      const isList = key === 'sources' && Array.isArray(inner) && typeof inner[0] !== 'string';
      return [key, infect(inner, free || isList ? `free ${key}` : key, text)];
    }),
  );
}
