/** The body of an answer, taken apart as it comes in: its elements one by one, so that nobody ever holds all of its text. */
import type { Readable } from 'node:stream';

export interface Body<Element> {
  /** All but the elements of `data.result`: small, whatever the answer. */
  readonly text: string;
  readonly elements: readonly Element[];
  readonly bytes: number;
  /** What the first element was that could not be read. */
  readonly fault?: unknown;
}

/** Rejects when the connection does. Without `elementOf` all of it is text. */
export async function receive<Element>(
  stream: Readable,
  signal: AbortSignal,
  elementOf: ((text: string) => Element) | null,
): Promise<Body<Element>> {
  const elements: Element[] = [];
  const faults: unknown[] = [];
  const split = splitter((text) => {
    if (elementOf === null || faults.length > 0) return;
    try {
      elements.push(elementOf(text));
    } catch (error) {
      faults.push(error);
    }
  });
  const plain: Buffer[] = [];
  let bytes = 0;
  const abort = () => stream.destroy(new Error('aborted'));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (elementOf === null) plain.push(chunk);
      else split.push(chunk);
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
  const text = (elementOf === null ? Buffer.concat(plain).toString() : split.rest()).replace(/^\uFEFF/, '');
  return { text, elements, bytes, ...(faults.length === 0 ? {} : { fault: faults[0] }) };
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const spaces = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** Where `data.result` begins, in brackets around it. */
const ROOT = 1;
const DATA = 2;
const RESULT = 3;
/** Enough for a key of ours and the spaces around it. */
const TAIL = 40;
/** In place of what is no element: no JSON, so that parsing the rest says so. */
const junk = Buffer.from('!');

export interface Splitter {
  readonly push: (chunk: Buffer) => void;
  readonly rest: () => string;
}

/** JSON's own structure is ASCII, so bytes do. */
export function splitter(onElement: (text: string) => void): Splitter {
  const rest: Buffer[] = [];
  let tail: Buffer = Buffer.alloc(0);
  let element: Buffer[] = [];
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inData = false;
  /** `done`: a second result would be a second key of one name. */
  let result: 'before' | 'inside' | 'done' = 'before';
  let isComplete = false;
  let afterComma = false;

  function push(chunk: Buffer): void {
    /** Where the bytes begin that belong to the rest or to an element begun. */
    let from = 0;
    const keep = (to: number) => {
      const part = chunk.subarray(from, to);
      if (part.length === 0) return;
      rest.push(part);
      tail = Buffer.concat([tail, part.subarray(-TAIL)]).subarray(-TAIL);
    };
    const follows = (key: RegExp, at: number) =>
      key.test(Buffer.concat([tail, chunk.subarray(Math.max(from, at - TAIL), at)]).toString('latin1'));
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      const between = result === 'inside' && depth === RESULT;
      if (byte === QUOTE) inString = true;
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (between) {
          if (byte === OPEN_ARRAY || isComplete) rest.push(junk);
          afterComma = false;
          from = at;
        } else if (depth === ROOT && byte === OPEN_OBJECT) inData = follows(/"data"\s*:\s*$/, at);
        else if (depth === DATA && byte === OPEN_ARRAY && inData && result === 'before') {
          if (follows(/"result"\s*:\s*$/, at)) {
            keep(at + 1);
            result = 'inside';
          }
        }
        depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth -= 1;
        if (between) {
          if (afterComma) rest.push(junk);
          from = at;
          result = 'done';
        } else if (result === 'inside' && depth === RESULT) {
          onElement(Buffer.concat([...element, chunk.subarray(from, at + 1)]).toString());
          element = [];
          isComplete = true;
        } else if (depth === ROOT) inData = false;
      } else if (between && byte === COMMA) {
        if (!isComplete) rest.push(junk);
        isComplete = false;
        afterComma = true;
      } else if (between && !spaces.has(byte)) rest.push(junk);
    }
    if (result !== 'inside') keep(chunk.length);
    // A copy: a part of a chunk would keep all of it.
    else if (depth > RESULT) element.push(Buffer.from(chunk.subarray(from)));
  }

  return { push, rest: () => Buffer.concat(rest).toString() };
}
