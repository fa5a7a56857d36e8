import type { Finding } from '../../model/finding.ts';
import { spanSeconds } from '../../model/snapshot.ts';
import { defineAdvisor, type With } from '../advisor.ts';
import { riskFinding } from '../plain.ts';
import { quoteText } from '../sql/quote.ts';
import { isOurs, nameOf, standbyIsBlind, storageRollback, storageStep, subjectOf } from '../upkeep.ts';
import { percent } from '../words.ts';

const PER_SECOND = 10;
const LEFT = 0.3;
const ROWS = 100_000;
/** Room for one further version of every tenth row of a page. */
const FILLFACTOR = '90';

type Row = With<'table', 'rowsUpdated' | 'rowsHotUpdated' | 'rowsUpdatedToNewPage' | 'liveRows'>;

export const updatesThatLeaveTheirPage = defineAdvisor({
  card: {
    id: 'updates-that-leave-their-page',
    area: 'maintenance',
    title: 'Updates that find no room on their page',
    clear: 'On no busy table do three of ten updates have to go to another page.',
    why: 'An update whose new row fits on the same page, and changes no indexed column, touches no index (HOT). On full pages it has to move, and every index gets a new entry. A lower fillfactor keeps room.',
    source: 'PostgreSQL manual, 66.7 Heap-Only Tuples; CREATE TABLE: fillfactor',
    thresholds: [
      { name: 'updates', value: '≥ 10 per second', reason: 'below it the index entries saved are few' },
      {
        name: 'updates that went to another page',
        value: '≥ 30 % (n_tup_newpage_upd, PostgreSQL 16)',
        reason: 'some always do; HOT lost to changed indexed columns is not among them and not cured by room',
      },
      { name: 'rows', value: '≥ 100,000', reason: 'a small table has room after each vacuum' },
    ],
  },
  needs: { table: ['rowsUpdated', 'rowsHotUpdated', 'rowsUpdatedToNewPage', 'liveRows'] },
  advise({ table }, { snapshot }) {
    const blind = standbyIsBlind(snapshot.server);
    if (blind !== null) return { findings: [], examined: 0, blind };
    const seconds = spanSeconds(snapshot, 'table');
    if (seconds === null) {
      const why = 'It is not known how long the updates have been counted. Run again: the next run subtracts this one.';
      return { findings: [], examined: 0, blind: why };
    }
    const judged = table.filter((row) => isOurs(row) && row.storage !== undefined);
    const full = judged.filter(
      (row) =>
        row.liveRows >= ROWS &&
        row.rowsUpdated / seconds >= PER_SECOND &&
        row.rowsUpdatedToNewPage >= LEFT * row.rowsUpdated &&
        row.storage?.fillfactor === undefined,
    );
    return { findings: full.map(finding), examined: judged.length };
  },
});

function finding(row: Row): Finding {
  const share = row.rowsUpdatedToNewPage / row.rowsUpdated;
  const parameters = { fillfactor: FILLFACTOR };
  const source = 'pg_stat_user_tables';
  return riskFinding({
    subject: { ...subjectOf(row), setting: 'fillfactor' },
    title: `Leave room on the pages of ${nameOf(row)} for its updates`,
    evidence: [
      { label: 'Updates', value: row.rowsUpdated, unit: 'rows', source: `${source}.n_tup_upd` },
      { label: 'Of these HOT', value: row.rowsHotUpdated, unit: 'rows', source: `${source}.n_tup_hot_upd` },
      { label: 'To another page', value: share, unit: 'share', source: `${source}.n_tup_newpage_upd ÷ n_tup_upd` },
    ],
    approach: `${percent(share)} of its updates find their page full and write a new entry into every index. With a fillfactor of ${FILLFACTOR}, pages written from now on keep a tenth free. Pages that are full already stay so until they are written anew: with pg_repack where it is installed, or page by page as vacuum frees them.`,
    basis:
      'Fewer index entries and less WAL for each update. How much depends on whether indexed columns change, and is not measured here.',
    work: 'change-storage',
    steps: [storageStep(row, parameters, 'Keep a tenth of each new page free; present pages are not touched.')],
    risk: {
      technical: 'The table grows by up to a ninth as its pages are written anew.',
      performance: 'Full scans read that tenth more.',
      mitigation: 'Begin with the table that is updated most, and compare HOT updates and size after two weeks.',
      rollback: storageRollback(row, parameters),
    },
    acceptance: `Fewer than ${percent(LEFT)} of the updates of ${nameOf(row)} go to another page over a week`,
    measuredBy: {
      language: 'sql',
      query: `SELECT n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd FROM pg_stat_user_tables WHERE schemaname = ${quoteText(row.schema)} AND relname = ${quoteText(row.table)};`,
      now: share,
      target: LEFT,
      unit: 'share',
    },
    done: {
      kind: 'storage-changed',
      database: row.database,
      schema: row.schema,
      table: row.table,
      parameter: 'fillfactor',
      from: null,
    },
  });
}
