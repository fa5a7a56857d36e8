/**
 * The only way to make HTML or MJML here. A raw string never becomes markup: whatever is put into the template is
 * cleaned and escaped unless it was made by the template itself. One escaping serves text and attributes alike.
 */
const made: unique symbol = Symbol('made by the markup tag');

export interface Markup {
  readonly [made]: true;
  readonly source: string;
}

type Part = string | number | Markup | readonly Part[];

/** HTML or MJML; attributes must be quoted. */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return trusted(literals.reduce((text, literal, at) => text + sourceOf(parts[at - 1] ?? '') + literal));
}

/** For text that is ours, such as a style sheet or a renderer's output. Never for anything that came from outside. */
export function trusted(source: string): Markup {
  return { [made]: true, source };
}

export const nothing = trusted('');

function sourceOf(part: Part): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(clean(part));
  if (made in part) return part.source;
  return part.map(sourceOf).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? '');
}

/** Control characters, and characters that turn the reading direction so that text can lie about its order. */
const UNSEEN =
  /[\p{Cc}\u{61C}\u{200E}\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}\u{FDD0}-\u{FDEF}\u{FEFF}\u{FFFE}\u{FFFF}]/gu;

/** Nearly every text: nothing of it needs a second look. */
const PLAIN = /^[\n\x20-\x7E]*$/;

/** Keeps tabs and line feeds; half a surrogate pair becomes U+FFFD. */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  const lines = text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(/\p{Cs}/gu, '\uFFFD');
  return lines.replace(UNSEEN, (sign) => (sign === '\n' || sign === '\t' ? sign : ''));
}

/** One line, for subjects and summaries; what glues a number to its unit stays. */
export function oneLine(text: string): string {
  return clean(text)
    .replace(/[^\S\u00A0]+/g, ' ')
    .trim();
}

/** At most so many characters; cut before escaping, so that an entity or a character is never halved. */
export function cut(text: string, characters: number): string {
  const all = [...oneLine(text)];
  return all.length <= characters
    ? all.join('')
    : `${all
        .slice(0, characters - 1)
        .join('')
        .trimEnd()}…`;
}

/** Cut in the middle: who it is stands at the beginning, how bad it is at the end. */
export function elided(text: string, characters: number): string {
  const all = [...oneLine(text)];
  if (all.length <= characters) return all.join('');
  const tail = Math.floor((characters - 1) * 0.45);
  return `${all
    .slice(0, characters - 1 - tail)
    .join('')
    .trimEnd()}…${all
    .slice(all.length - tail)
    .join('')
    .trimStart()}`;
}

/** An address fit for a link, or null: no scheme but these may be reached from a report. */
export function safeUrl(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  return ['https:', 'http:', 'file:'].includes(parsed.protocol) ? parsed.href : null;
}
