/** Walks a parse tree without knowing its node types. */

/** Calls `on` with every tagged node (`{ SelectStmt: … }`); it returns true to stay out of that node's children. */
export function visit(node: unknown, on: (tag: string, body: unknown) => boolean): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, on);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  for (const [tag, body] of Object.entries(node)) {
    if (/^[A-Z]/.test(tag) && on(tag, body)) continue;
    visit(body, on);
  }
}

/** True when a node with one of these tags is anywhere in it. */
export function contains(node: unknown, ...tags: readonly string[]): boolean {
  let found = false;
  visit(node, (tag) => {
    if (tags.includes(tag)) found = true;
    return found;
  });
  return found;
}
