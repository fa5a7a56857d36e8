import type { IndexRow } from '../../model/rows.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { leadingColumns } from '../index/shape.ts';
import { alternatives, outermostSelect } from '../sql/form.ts';
import { nameOf } from '../sql/scope.ts';
import { listed } from '../words.ts';
import { patternAdvice, type ReadLoad, worthThresholds } from './pattern.ts';
import { gainFromWaste, readsTooMuch, tooMuchThreshold } from './waste.ts';

export const alternativesAcrossColumns = defineAdvisor({
  card: {
    id: 'alternatives-across-columns',
    area: 'query',
    title: 'OR between different columns, which no one index serves',
    clear: 'No costly statement is filtered by OR between different columns that indexes cannot serve together.',
    why: 'An index leads to one of two alternatives only. Within one table PostgreSQL can combine two indexes, if both exist; across tables it must build the whole join first and filter afterwards.',
    source: 'PostgreSQL manual, 11.5 Combining multiple indexes',
    thresholds: [
      ...worthThresholds,
      tooMuchThreshold,
      {
        name: 'columns with an index that begins with them',
        value: 'not all, or columns of several tables',
        reason: 'where each alternative has its index, PostgreSQL combines them by itself',
      },
    ],
  },
  needs: { statement: ['calls', 'totalTimeMs'] },
  advise({ statement }, context) {
    return patternAdvice(statement, context, {
      what: 'Whether a query has alternatives across columns',
      spot(load) {
        const found = alternativesIn(load);
        if (found === null || !readsTooMuch(load)) return null;
        const across = found.qualifiers.size > 1;
        if (!across && everyOneServed(load, found.columns, context)) return null;
        return {
          title: 'Split the alternatives of',
          approach: across
            ? `The OR names columns of several tables (${listed(found.columns)}), so rows are joined first and thrown away afterwards. Write one SELECT for each alternative and put them together with UNION, which removes rows found twice.`
            : `The OR names ${listed(found.columns)}, and not each of them has an index that begins with it. With an index for each, PostgreSQL combines them; or write one SELECT for each alternative and put them together with UNION.`,
          benefit: { ...gainFromWaste(load), confidence: 'low' },
          steps: [
            {
              text: 'See in the plan whether the OR is a Filter (read and thrown away) or a BitmapOr (served by indexes already).',
            },
            {
              text: 'Write the alternatives as SELECT … UNION SELECT …, each with its own index; use UNION ALL only if no row can satisfy two of them.',
            },
          ],
        };
      },
    });
  },
});

function alternativesIn(load: ReadLoad): { columns: readonly string[]; qualifiers: ReadonlySet<string> } | null {
  const select = outermostSelect(load.parsed.tree);
  const references = select === null ? null : alternatives(select);
  if (references === null) return null;
  const names = references.map(({ fields = [] }) => fields.map((field) => nameOf(field) ?? '?'));
  const columns = [...new Set(names.map((parts) => parts.at(-1) ?? '?'))].sort();
  const qualifiers = new Set(names.map((parts) => parts.slice(0, -1).join('.')));
  return columns.length < 2 ? null : { columns, qualifiers };
}

function everyOneServed(load: ReadLoad, columns: readonly string[], { snapshot }: Context): boolean {
  const mentioned = new Set(load.parsed.tables.map((table) => table.name));
  const here = (index: IndexRow) => index.database === load.database && mentioned.has(index.table);
  const first = new Set(snapshot.indexes.filter(here).flatMap((index) => leadingColumns(index).slice(0, 1)));
  return columns.every((column) => first.has(column));
}
