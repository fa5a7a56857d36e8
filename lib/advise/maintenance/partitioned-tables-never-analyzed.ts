import type { TableRow } from '../../model/rows.ts';
import { defineAdvisor } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteText } from '../sql/quote.ts';
import { analyzeStep, isUnseen, standbyIsBlind, subjectOf } from '../upkeep.ts';
import { about, plural } from '../words.ts';

const ROWS = 100_000;

export const partitionedTablesNeverAnalyzed = defineAdvisor({
  card: {
    id: 'partitioned-tables-never-analyzed',
    area: 'maintenance',
    title: 'Partitioned tables without statistics of the whole',
    clear: 'Every large partitioned table has been analyzed as a whole.',
    why: 'Autovacuum analyzes partitions, never the partitioned table above them. Joins and groups over the whole are then planned on guesses.',
    source: 'PostgreSQL manual, 24.1.3 Updating planner statistics; ANALYZE, Notes',
    thresholds: [
      { name: 'rows in its partitions', value: '≥ 100,000', reason: 'guesses on smaller tables cost little' },
    ],
  },
  needs: {},
  advise(_rows, { snapshot }) {
    const blind = standbyIsBlind(snapshot.server);
    if (blind !== null) return { findings: [], examined: 0, blind };
    const parents = snapshot.tables.filter((table) => table.partitioned === true && table.partitionOf === undefined);
    if (!snapshot.tables.some((table) => table.partitioned !== undefined) && snapshot.databases.length > 0) {
      return {
        findings: [],
        examined: 0,
        blind: 'Which tables are partitioned is in the catalog only. Connect pg-hunt to PostgreSQL.',
      };
    }
    if (isUnseen(snapshot, 'table', 'lastAnalyzeAt')) {
      return {
        findings: [],
        examined: 0,
        blind: 'When tables were analyzed was not seen. Connect pg-hunt to PostgreSQL as a role with pg_monitor.',
      };
    }
    const hidden = parents.filter(isHidden);
    const judged = parents.filter((parent) => !isHidden(parent));
    const why = `Whether ${plural(hidden.length, 'partitioned table')} was ever analyzed as a whole is not known: pg-hunt may not read it, and PostgreSQL hides its statistics.`;
    if (judged.length === 0 && hidden.length > 0) {
      return { findings: [], examined: 0, blind: `${why} Grant SELECT to the role of pg-hunt.` };
    }
    const findings = judged.flatMap((parent) => {
      const name = `${parent.schema}.${parent.table}`;
      const leaves = snapshot.tables.filter(
        (table) => table.database === parent.database && table.partitionOf === name,
      );
      const rows = leaves.reduce((sum, leaf) => sum + (leaf.liveRows ?? 0), 0);
      // Statistics of the whole are seen in pg_stats even where the counters were reset since.
      const known = parent.columns?.some((column) => column.distinct !== undefined) === true;
      if (rows < ROWS || known || parent.lastAnalyzeAt !== undefined || parent.lastAutoanalyzeAt !== undefined)
        return [];
      return [
        riskFinding({
          subject: subjectOf(parent),
          title: `Analyze ${name} as a whole`,
          evidence: [
            { label: 'Partitions seen', value: leaves.length, unit: 'count', source: 'pg_inherits' },
            { label: 'Rows in them', value: rows, unit: 'rows', source: 'pg_stat_user_tables.n_live_tup' },
            { label: 'Last analyzed as a whole', value: 'never', source: 'pg_stat_user_tables.last_analyze' },
          ],
          approach: `Its ${about(rows)} rows in ${leaves.length} partitions have no statistics of the whole. Run ANALYZE on the parent now, and by a schedule after large changes: weekly will do for most.`,
          basis:
            'Averts plans on guesses for joins and groups over the whole table. What they cost today takes their plans to know.',
          work: 'analyze',
          steps: [
            analyzeStep(
              parent,
              'Gather statistics of the whole table; it samples all partitions and analyzes each of them too.',
            ),
            { text: 'Schedule it, with pg_cron or the job system you have.' },
          ],
          risk: { performance: 'It reads a sample of every partition.' },
          measuredBy: {
            language: 'sql',
            query: `SELECT count(*) AS columns_known FROM pg_stats WHERE schemaname = ${quoteText(parent.schema)} AND tablename = ${quoteText(parent.table)} AND inherited;`,
          },
          acceptance: `pg_stat_user_tables.last_analyze of ${name} is newer than a month`,
        }),
      ];
    });
    return { findings, examined: judged.length, ...(hidden.length === 0 ? {} : { caveats: [why] }) };
  },
});

/** Without the right to read a table its statistics are missing as if it had none. */
const isHidden = ({ columnStatistics, lastAnalyzeAt, lastAutoanalyzeAt }: TableRow): boolean =>
  columnStatistics !== undefined && lastAnalyzeAt === undefined && lastAutoanalyzeAt === undefined;
