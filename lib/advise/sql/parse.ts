/** PostgreSQL's own parser, in WebAssembly: asynchronous to load, synchronous to ask. */
import { loadModule, type Node, parseSync } from 'libpg-query';
import type { ParsedStatement } from './statement.ts';
import { describe } from './walk.ts';

export type { ParsedStatement };
export type Parse = (text: string | undefined) => ParsedStatement | null;

export async function loadParser(): Promise<Parse> {
  await loadModule();
  const memo = new Map<string, ParsedStatement | null>();
  return (text) => {
    if (text === undefined) return null;
    const known = memo.get(text);
    if (known !== undefined) return known;
    const tree = parseOne(text);
    const parsed = tree === null ? null : described(tree);
    memo.set(text, parsed);
    return parsed;
  };
}

/**
 * Without an end the parser would look through all of such a run again for every comment that may begin in it: seconds
 * for one text.
 */
const LONG_RUN = /[~!@#^&|`?+\-*/%<>=]{500}/;

/** Text that does not parse is an answer here, not an error: sources cut texts and other servers speak dialects. */
function parseOne(text: string): Node | null {
  if (text.trim() === '' || LONG_RUN.test(text)) return null;
  try {
    const { stmts } = parseSync(text);
    return stmts?.length === 1 ? (stmts[0]?.stmt ?? null) : null;
  } catch {
    return null;
  }
}

function described(tree: Node): ParsedStatement | null {
  try {
    return describe(tree);
  } catch (error) {
    // Too deep for the stack; anything else would be a fault of ours.
    if (error instanceof RangeError) return null;
    throw error;
  }
}
