import { spanSeconds } from '../../model/snapshot.ts';
import { WEEK_SECONDS } from '../../model/units.ts';
import { defineAdvisor } from '../advisor.ts';
import { type Misses, missesFinding, missesOf, SERVER_HIT } from '../cache-advice.ts';
import { percent } from '../words.ts';

const TABLE_HIT = 0.9;
const BLOCKS_PER_WEEK = 100_000;
const BLOCKS_LEAST = 10_000;
const READ_TIME_SHARE = 0.05;
const HOT_SHARE = 0.1;
const LIFETIME_DAYS = 14;
/** A few good ones: after them the plan of another statement is looked at anyway. */
const MOST = 3;

export const cacheMisses = defineAdvisor({
  card: {
    id: 'cache-misses',
    area: 'system',
    title: 'Reads that miss the buffer cache',
    clear: 'Statements find their pages in shared buffers, or lose no time where they do not.',
    why: 'A page outside shared buffers costs a system call, and a disk read when the operating system has not kept it either.',
    source: 'PostgreSQL manual, 19.4 Resource Consumption; 27.2 The Cumulative Statistics System',
    thresholds: [
      {
        name: 'hit ratio of the server',
        value: '< 95 %',
        reason: 'middle of what tools use (90 to 99 %); a ratio alone never suffices here',
      },
      { name: 'hit ratio of a table', value: '< 90 %', reason: 'a table may be colder than the whole' },
      {
        name: 'blocks accessed',
        value: '≥ 100,000 a week, and ≥ 10,000 in any window',
        reason: 'a ratio of few accesses says nothing; scales with the window down to that floor',
      },
      { name: 'a table’s share of all reads', value: '≥ 10 %', reason: 'below it the table cannot move the total' },
      {
        name: 'share of statement time spent reading, where measured',
        value: '≥ 5 %',
        reason: 'below it the operating system’s cache serves the reads, and memory would gain nothing',
      },
    ],
  },
  needs: { database: ['blocksRead', 'blocksHit'] },
  advise({ database }, { snapshot }) {
    const seconds = spanSeconds(snapshot, 'database');
    const lifetime = snapshot.spans.database?.basis === 'statistics-reset' && (seconds ?? 0) > LIFETIME_DAYS * 86_400;
    if (seconds === null || lifetime) {
      const blind =
        'Only totals since the statistics began are known, which hide the present. Run again: the next run subtracts this one.';
      return { findings: [], examined: 0, blind };
    }
    const floor = Math.max(BLOCKS_LEAST, (BLOCKS_PER_WEEK * seconds) / WEEK_SECONDS);
    const misses = missesOf(database, snapshot);
    const examined = database.length + snapshot.tables.filter((row) => row.heapBlocksRead !== undefined).length;
    const served = misses.readTimeShare !== null && misses.readTimeShare < READ_TIME_SHARE;
    const cold = misses.hitRatio !== null && misses.blocks >= floor && misses.hitRatio < SERVER_HIT;
    if (served || misses.blocks < floor)
      return { findings: [], examined, caveats: caveats(misses, served && cold, floor) };
    const tables = misses.tables
      .filter((row) => row.hitRatio < TABLE_HIT && row.blocks >= floor && row.shareOfReads >= HOT_SHARE)
      .slice(0, MOST);
    return {
      findings: cold || tables.length > 0 ? [missesFinding(misses, tables, snapshot)] : [],
      examined,
      caveats: caveats(misses, false, floor),
    };
  },
});

function caveats(misses: Misses, served: boolean, floor: number): readonly string[] {
  if (misses.blocks < floor)
    return [`Only ${misses.blocks.toLocaleString('en-US')} blocks were accessed, too few for a verdict.`];
  if (served && misses.hitRatio !== null) {
    return [
      `Only ${percent(misses.hitRatio)} of the blocks were found in shared buffers, but reading them took ${percent(misses.readTimeShare ?? 0)} of the statements' time: the operating system's cache serves them.`,
    ];
  }
  return misses.readTimeShare === null
    ? [
        'How long reads take was not measured; with track_io_timing on, the next run can tell disk from the operating system’s cache.',
      ]
    : [];
}
