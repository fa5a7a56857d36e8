/** Every bullet of the brief, and where a full report answers it. A bullet without an answer fails here. */
import { describe, expect, it } from 'vitest';
import { roster } from '../lib/advise/index.ts';
import { reportSchema } from '../lib/model/report.ts';
import { renderPage } from '../lib/report/page.ts';
import { carriesAll } from './support/carries.ts';
import { parsed } from './support/html.ts';
import { noNav } from './support/report.ts';
import { huntRich } from './support/rich.ts';

// As the pipeline makes it: snapshot → advise → compare → plan → report → page. Nothing in it is written by hand.
const { report, outcomes } = await huntRich();
const target = report.targets[0];
if (target === undefined) throw new Error('the rich server is a target');
const nav = noNav;
const { text } = parsed(renderPage(report, target, nav));
const ids = new Set(roster.map(({ card }) => card.id));

/** Bullet → the advisors that answer it. */
const analysis: Readonly<Record<string, readonly string[]>> = {
  'Rank queries by total resource consumption': ['top-time-statements'],
  'Find queries with worst average performance': ['slow-and-frequent-statements'],
  'Locate frequently-called inefficient queries': ['chatty-statements', 'slow-and-frequent-statements'],
  'Identify common anti-patterns (N+1, missing WHERE clauses)': ['chatty-statements', 'unfiltered-writes'],
  'Review execution plans for slow queries': ['wrong-row-estimates', 'nested-loops-over-tables', 'filters-after-index'],
  'Check for queries that could benefit from rewriting': ['not-in-subqueries', 'large-offsets', 'distinct-over-joins'],
  'Find tables with high sequential scan ratios': ['missing-indexes'],
  'Identify foreign key columns without indexes': ['foreign-keys-without-index'],
  'Locate WHERE clause columns needing indexes': ['missing-indexes', 'columns-inside-functions'],
  'Find indexes with zero or minimal usage': ['unused-indexes'],
  'Calculate storage savings from dropping unused indexes': ['unused-indexes', 'duplicate-indexes'],
  'Assess maintenance overhead reduction': ['many-indexes', 'unused-indexes'],
  'Review indexes with poor hit ratios': ['cache-misses'],
  'Identify opportunities for composite indexes': ['missing-indexes'],
  'Find partial index opportunities': ['mostly-null-indexes'],
  'Identify tables with excessive dead tuples': ['dead-rows'],
  'Review autovacuum configuration effectiveness': ['autovacuum-off', 'default-vacuum-settings-on-large-tables'],
  'Find tables needing custom vacuum schedules': ['default-vacuum-settings-on-large-tables'],
  'Check for stale table statistics': ['stale-statistics'],
  'Identify tables needing more frequent ANALYZE': ['stale-statistics', 'partitioned-tables-never-analyzed'],
  'Review auto-analyze configuration': ['stale-statistics'],
  'Calculate table and index bloat ratios': ['bloated-tables', 'bloated-indexes'],
  'Estimate storage reclamation potential': ['bloated-tables', 'bloated-indexes', 'unused-indexes'],
  'Plan REINDEX or CLUSTER operations': ['bloated-tables', 'bloated-indexes'],
  'Assess connection efficiency and utilization': ['connection-peaks'],
  'Identify connection leak opportunities': ['idle-in-transaction'],
  'Review pooling configuration optimization': ['connection-peaks'],
  'Analyze buffer cache hit ratios': ['cache-misses'],
  'Review shared_buffers and work_mem settings': ['shared-buffers-size', 'sorts-that-spill'],
  'Identify memory allocation improvements': ['shared-buffers-size', 'sorts-that-spill'],
  'Find I/O hotspots and bottlenecks': ['cache-misses', 'io-timing-off'],
  'Review checkpoint and WAL configuration': ['requested-checkpoints', 'full-page-images', 'retained-wal'],
  'Assess storage subsystem optimization': ['full-disks', 'io-timing-off'],
};

/** Section → what the page must say there, in the brief's own words or beside them. */
const sections: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'Executive Summary': [
    'Total Optimization Opportunities',
    'Estimated Performance Improvement',
    'Implementation Effort Required',
    'Top 3 Recommendations',
  ],
  '1. Quick Wins': [
    'Query Optimizations',
    'Index Optimizations',
    'Table/Column',
    'Optimization Type',
    'Current Impact',
    'Expected Benefit',
    'Implementation Steps',
    'Maintenance Window Required',
  ],
  '2. Medium Effort Optimizations': [
    'Query Identifier',
    'Current Performance',
    'Optimization Approach',
    'Expected Improvement',
    'Implementation Effort',
    'Risk Level',
    'Complex Query Optimizations',
    'Schema Changes',
    'Application Changes',
    'Composite Index Creation',
    'Index Consolidation',
    'Partial Index Implementation',
    'Autovacuum Configuration',
    'Statistics Targets',
    'Bloat Remediation',
  ],
  '3. Long-term Projects': [
    'Hardware Upgrades',
    'Connection Pooling',
    'Read Replicas',
    'Partitioning Implementation',
    'Normalization/Denormalization',
    'Data Archiving',
    'Caching Strategies',
    'Query Pattern Changes',
    'Batch Processing',
  ],
  '4. Implementation Roadmap': [
    'Priority 1 Items',
    'Resource Requirements',
    'Success Metrics',
    'Risk Mitigation',
    'Project Planning',
    'Resource Allocation',
    'Testing Strategy',
    /Change Management.*Communication and Approval ?\d+ items? changes?/,
    'Architecture Planning',
    /Vendor Evaluation ?Which product fits is not measured here/,
    /Budget Requirements.*Money is not measured here: multiply/,
    'Migration Planning',
  ],
  '5. Monitoring & Measurement Plan': [
    /Query Response Times.*Mean time per statement ?[\d.]+ ?ms.*95th percentile of statement time ?[\d.]+ ?ms.*99th percentile of statement time ?[\d.]+ ?ms/,
    /Throughput Metrics.*Transactions per second ?[\d.]+.*Statements per second ?[\d.]+/,
    /Resource Utilization.*CPU busy, busiest machine ?90.%.*Memory in use, fullest machine ?88.%.*Disk in use, fullest machine ?99.%.*Disk reads and writes a second ?1,200/,
    /User Experience.*Application response times are not measured here/,
    'Performance Improvements',
    'Resource Efficiency',
    'Availability Improvements',
    'Capacity Gains',
    'Continuous Monitoring',
    /Alert Thresholds.*a fifth above today: .* above \d/,
    /Reporting Cadence ?weekly, the next about \w+/,
    /Review Schedule ?Each quarter, next on \w+/,
  ],
  '6. Risk Assessment & Mitigation': [
    'Technical Risk',
    'Business Risk',
    'Performance Risk',
    'Rollback Strategy',
    'Testing Requirements',
    'Phased Rollouts',
    'Monitoring Plans',
    /Contingency Plans.*pg_cancel_backend/,
  ],
};

describe('every analysis of the brief has its advisor', () => {
  it.each(Object.entries(analysis))('%s', (_bullet, advisors) => {
    expect(advisors.filter((id) => !ids.has(id))).toEqual([]);
  });
});

describe('every field of the brief’s output stands in its section', () => {
  const titles = Object.keys(sections);
  // The list of contents has shorter names, so the first mention is the heading.
  const starts = titles.map((title) => text.indexOf(title === 'Executive Summary' ? 'Total Optimization' : title));
  const cases = titles.flatMap((title, at) =>
    (sections[title] ?? []).map((field) => [title, String(field), field, at] as const),
  );
  it.each(cases)('%s: %s', (_title, _name, field, at) => {
    const start = starts[at] ?? -1;
    expect(start).toBeGreaterThanOrEqual(0);
    expect(text.slice(start, starts[at + 1])).toMatch(field);
  });
});

describe('step 1 and what is calculated of each query', () => {
  it.each([
    ['Gather Performance Metrics', /Sources and method/],
    ['Establish Current Baselines', /Baseline Metrics/],
    ['Validate Data Quality', /Statistics of pg_stat_statements were reset/],
    ['Identify Analysis Scope', /database shop/],
    ['Estimate performance improvement potential', /Expected Improvement/],
    ['Assess implementation complexity', /Implementation Effort/],
    ['Prioritize by ROI (Return on Investment)', /database-hours a quarter for each engineer-hour/],
  ])('%s', (_bullet, words) => {
    expect(text).toMatch(words);
  });

  it('Bloat: ratios, what can be reclaimed, and each method with its lock and disk', () => {
    expect(text).toMatch(/Bloat Remediation[\s\S]*Give back the empty 60 % of public\.ledger/);
    expect(text).toMatch(/Rebuild index public\.ledger_entry_idx, 60 % of it empty/);
    const methods = [
      /pg_repack --no-order/,
      /VACUUM \(FULL/,
      /CLUSTER public\.ledger USING/,
      /REINDEX INDEX CONCURRENTLY/,
    ];
    for (const method of methods) expect(text).toMatch(method);
    expect(text).toContain('ACCESS EXCLUSIVE on public.ledger');
    // What pg_repack asks for: twice the table with its indexes.
    expect(text).toContain('22 GiB');
  });
});

describe('every piece of advice', () => {
  const { opportunities } = target;

  it('is there from most advisors, so that the report is worth holding against the brief', () => {
    expect(outcomes.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(new Set(opportunities.map(({ advisor }) => advisor)).size).toBeGreaterThanOrEqual(40);
    expect(new Set(opportunities.map(({ horizon }) => horizon))).toEqual(new Set(['quick-win', 'medium', 'long-term']));
    expect(() => reportSchema.parse(report)).not.toThrow();
  });

  it.each(opportunities.map((one) => [one.key, one] as const))('%s carries every field', (_key, one) => {
    carriesAll(one);
  });

  it('shows on the page what it carries', () => {
    const count = (label: RegExp) => text.match(label)?.length ?? 0;
    for (const label of [/Measured by ?(SELECT|1 - avg|min by)/g, /Rollout ?[A-Z]/g, /ROI ?/g, /Key ?[a-z-]+:/g])
      expect(count(label), String(label)).toBeGreaterThanOrEqual(opportunities.length);
    expect(text).toMatch(/WAL ?[\d.]+.GiB at most/);
    expect(text).toMatch(/of work: 45.min analysis, 15.min review, \d+.h rollout|45.min analysis/);
  });
});

describe('the brief’s success criteria', () => {
  it('quantifies an opportunity about time with ROI, and says so where it cannot', () => {
    for (const { benefit, roi } of target.opportunities) expect(roi !== null).toBe(benefit.kind === 'time');
    expect(text).toContain('database-hours a quarter for each engineer-hour');
  });

  it('has baselines, a roadmap and a risk for every opportunity', () => {
    expect(target.baselines.numbers.length).toBeGreaterThan(0);
    const planned = target.roadmap.flatMap(({ items }) => items);
    expect([...planned].sort()).toEqual(target.opportunities.map(({ key }) => key).sort());
    expect(text).toContain('Decisions asked of you');
  });
});
