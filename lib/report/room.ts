/** What a page may hold, from nearly all of it down: the first that fits is written, the rest stands in report.json. */
export interface Room {
  /** Told in full, of each horizon and of each list; the others keep a line and their anchor. */
  readonly items: number;
  /** Of a statement's text. */
  readonly characters: number;
}

export const rooms: readonly [Room, ...Room[]] = [
  { items: 100, characters: 4000 },
  { items: 40, characters: 1500 },
  { items: 20, characters: 600 },
  { items: 10, characters: 300 },
  { items: 3, characters: 100 },
];

/** A page that opens at once on a phone. */
export const MAX_PAGE_BYTES = 400 * 1024;

export function shortened(text: string, { characters }: Room): string {
  return text.length <= characters
    ? text
    : `${text.slice(0, characters)}\n-- … cut here; the whole text is in report.json`;
}
