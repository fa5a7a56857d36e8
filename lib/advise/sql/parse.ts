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
    const parsed = tree === null ? null : describe(tree);
    memo.set(text, parsed);
    return parsed;
  };
}

/** Text that does not parse is an answer here, not an error: sources cut texts and other servers speak dialects. */
function parseOne(text: string): Node | null {
  if (text.trim() === '') return null;
  try {
    const { stmts } = parseSync(text);
    return stmts?.length === 1 ? (stmts[0]?.stmt ?? null) : null;
  } catch {
    return null;
  }
}
