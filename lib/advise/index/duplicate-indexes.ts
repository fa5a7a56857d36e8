import type { Finding } from '../../model/finding.ts';
import { type Context, defineAdvisor } from '../advisor.ts';
import { buildAgain, doneWhenDropped, dropStep, scansEvidence, sizeEvidence, spaceOf, usageStep } from './drop.ts';
import { isComparable, type Redundancy, redundancies } from './redundant.ts';

export const NO_DEFINITIONS =
  'Index definitions were not seen, and numbers alone do not tell what an index is for. Connect to PostgreSQL: the catalog has them.';

export const duplicateIndexes = defineAdvisor({
  card: {
    id: 'duplicate-indexes',
    area: 'index',
    title: 'Indexes that another index already covers',
    clear: 'No index repeats another one or its leading columns.',
    why: 'A repeated index answers nothing that the other does not, but every write maintains both and both compete for memory.',
    source: 'PostgreSQL manual, 11.3 Multicolumn indexes; 11.5 Combining multiple indexes',
    thresholds: [
      {
        name: 'size of the repeated index',
        value: '≥ 1 MiB',
        reason: 'below it neither space nor writes are worth a change',
      },
      {
        name: 'a shorter index is kept',
        value: 'below a third of the size and scanned at least as often',
        reason: 'it may be the faster one, and cached where the longer is not',
      },
    ],
  },
  needs: { index: [] },
  advise({ index: all }, context) {
    const known = all.filter((index) => index.definition !== undefined && index.keys !== undefined);
    if (known.length === 0) return { findings: [], examined: 0, blind: NO_DEFINITIONS };
    const judged = known.filter(isComparable);
    const findings = redundancies(judged).map((pair) => finding(pair, context));
    const partitioned = known.filter((index) => index.partitioned === true || index.partitionOf !== undefined).length;
    const caveats =
      partitioned > 0
        ? [
            `${partitioned} indexes of partitioned tables were not compared: they can only be dropped as a whole tree, with a lock.`,
          ]
        : [];
    return { findings, examined: judged.length, caveats };
  },
});

function finding({ index, keeper }: Redundancy, { snapshot }: Context): Finding {
  const exact = keeper.keys?.length === index.keys?.length;
  const relation = exact ? 'has the same columns' : 'begins with the same columns';
  return {
    subject: { database: index.database, schema: index.schema, table: index.table, index: index.index },
    title: `Drop index ${index.index}, which ${keeper.index} on ${index.schema}.${index.table} covers`,
    evidence: [
      { label: 'Repeated index', value: index.definition ?? index.index, source: 'pg_get_indexdef' },
      { label: 'Index that stays', value: keeper.definition ?? keeper.index, source: 'pg_get_indexdef' },
      ...sizeEvidence(index),
      ...sizeEvidence(keeper, 'Size of the one that stays'),
      ...scansEvidence(index),
      ...scansEvidence(keeper, 'Scans of the one that stays'),
    ],
    approach: `${keeper.index} ${relation}, in the same order, with the same operator classes, collations and condition, so it answers whatever ${index.index} answers. Drop the one that repeats.`,
    benefit: spaceOf(index, `${keeper.index} ${relation}.`),
    work: 'drop-index',
    machineMinutes: 1,
    risk: {
      level: 'low',
      technical: exact
        ? 'Statements that name the index in a hint lose it.'
        : 'The longer index is larger: scans that used the short one read somewhat more pages. Statements that name it in a hint lose it.',
      business: 'None expected; no rule of the data depends on it.',
      performance: exact
        ? 'Plans stay as they are.'
        : 'A scan may get slower by a few pages; watch the statements on this table.',
      mitigation: 'Keep the definition at hand and compare the statements of this table for a day.',
      rollback: index.definition === undefined ? [] : [buildAgain(index.definition)],
    },
    steps: [usageStep(keeper, snapshot.server.versionNum), dropStep(index)].map((step, at) =>
      at === 0
        ? {
            ...step,
            text: 'Make sure that the index that stays is there and valid on this server before the other goes.',
          }
        : step,
    ),
    maintenanceWindow: 'none needed',
    acceptance: `${index.index} is gone, its space is free, and no statement on ${index.schema}.${index.table} has become slower over a week`,
    done: doneWhenDropped(index),
    gain: { kind: 'object-gone' },
  };
}
