import { parseSync } from 'libpg-query';

/** `date_trunc($1, t) … GROUP BY date_trunc($2, t)`: one literal got two numbers, and then no server groups by it. */
export function withSharedParameters(tokens: readonly string[]): readonly string[] {
  const same = new Map<string, string>();
  eachSelect(parseSync(tokens.join(' ')), (select) => {
    const targets = (select.targetList ?? []).map((target) => shapeOf(target?.ResTarget?.val));
    const sorts = (select.sortClause ?? []).map((sort) => sort?.SortBy?.node);
    for (const item of [...(select.groupClause ?? []), ...(select.distinctClause ?? []), ...sorts]) {
      const own = shapeOf(item);
      const alike = targets.filter(({ shape }) => shape === own.shape);
      const [target] = alike;
      if (target === undefined || alike.length > 1) continue;
      for (const [i, parameter] of own.parameters.entries()) same.set(parameter, target.parameters[i] ?? parameter);
    }
  });
  return tokens.map((token) => same.get(token) ?? token);
}

/** Of the parser's tree, only what is looked at here; anything may be absent. */
interface Select {
  readonly targetList?: readonly ({ readonly ResTarget?: { readonly val?: unknown } } | null)[];
  readonly sortClause?: readonly ({ readonly SortBy?: { readonly node?: unknown } } | null)[];
  readonly groupClause?: readonly unknown[];
  readonly distinctClause?: readonly unknown[];
}

function eachSelect(node: unknown, found: (select: Select) => void): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'SelectStmt') found(value as Select); // the parser's own node of this name
    eachSelect(value, found);
  }
}

function shapeOf(node: unknown): { readonly shape: string; readonly parameters: readonly string[] } {
  const parameters: string[] = [];
  const shape = JSON.stringify(node, (key, value: unknown) => {
    if (key === 'location') return undefined;
    if (key !== 'ParamRef') return value;
    const { number = 0 } = value as { readonly number?: number }; // a ParamRef has nothing else
    parameters.push(`$${number}`);
    return '$';
  });
  return { shape: shape ?? '', parameters };
}
