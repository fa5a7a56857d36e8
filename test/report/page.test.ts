import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../lib/model/report.ts';
import { anchor } from '../../lib/report/blocks.ts';
import { renderPage } from '../../lib/report/page.ts';
import { aBusyReport } from '../support/busy-report.ts';
import { hostile } from '../support/hostile.ts';
import { attributesOf, parsed } from '../support/html.ts';
import { anOpportunity, aReport, aTargetReport, noNav } from '../support/report.ts';

const nav = {
  ...noNav,
  index: '../index.html',
  method: '../../../method.html',
  previous: '../2026-W46/index.html',
  compared: '../2026-W46/index.html',
  files: ['report.json', 'opportunities.csv'],
};

function pageOf(report: Report): string {
  const [target] = report.targets;
  if (target === undefined) throw new Error('no target');
  return renderPage(report, target, nav);
}

/** Required Output Format of the brief: its headings and, under them, what is asked for. */
const brief = [
  'Executive Summary; Total Optimization Opportunities; Estimated Performance Improvement; Implementation Effort Required; Top 3 Recommendations',
  '1. Quick Wins; Query Optimizations; Index Optimizations',
  'Table/Column; Optimization Type; Current Impact; Expected Benefit; Implementation Steps; Maintenance Window Required',
  'Query Identifier; Current Performance; Optimization Approach; Expected Improvement; Implementation Effort; Risk Level',
  '2. Medium Effort Optimizations; Query Rewrites; Complex Query Optimizations; Schema Changes; Application Changes',
  'Index Reorganization; Composite Index Creation; Index Consolidation; Partial Index Implementation',
  'Maintenance Tuning; Autovacuum Configuration; Statistics Targets; Bloat Remediation',
  '3. Long-term Projects; Infrastructure Improvements; Hardware Upgrades; Connection Pooling; Read Replicas',
  'Schema Evolution; Partitioning Implementation; Normalization/Denormalization; Data Archiving',
  'Application Architecture; Caching Strategies; Query Pattern Changes; Batch Processing',
  '4. Implementation Roadmap; Phase 1 (Week 1-2): Quick Wins; Priority 1 Items; Resource Requirements; Success Metrics; Risk Mitigation',
  'Phase 2 (Week 3-8): Medium Effort Items; Project Planning; Resource Allocation; Testing Strategy; Change Management',
  'Phase 3 (Month 2-6): Long-term Projects; Architecture Planning; Vendor Evaluation; Budget Requirements; Migration Planning',
  '5. Monitoring & Measurement Plan; Baseline Metrics; Query Response Times; Throughput Metrics; Resource Utilization; User Experience',
  'Success Criteria; Performance Improvements; Resource Efficiency; Availability Improvements; Capacity Gains',
  'Monitoring Strategy; Continuous Monitoring; Alert Thresholds; Reporting Cadence; Review Schedule',
  '6. Risk Assessment & Mitigation; Implementation Risks; Technical Risk; Business Risk; Performance Risk; Rollback Strategy',
  'Mitigation Strategies; Testing Requirements; Phased Rollouts; Monitoring Plans; Contingency Plans',
].flatMap((line) => line.split('; '));

describe('the page', () => {
  const html = pageOf(aBusyReport());
  const { text } = parsed(html);

  test.each(brief)('has a home for «%s»', (heading) => {
    expect(text).toContain(heading);
  });

  test('has the sections of the brief in its order', () => {
    const { elements } = parsed(html);
    const ids = elements.filter(({ tagName }) => tagName === 'h2').map(({ attrs }) => attrs[0]?.value);
    expect(ids).toEqual([
      'executive-summary',
      'regressions',
      'progress',
      'quick-wins',
      'medium-effort',
      'long-term',
      'roadmap',
      'measurement',
      'risks',
      'load',
      'coverage',
      'sources',
    ]);
  });

  test('has each opportunity exactly once, under its permanent anchor, with steps and rollback', () => {
    const ids = attributesOf(html, 'id');
    expect(new Set(ids).size).toBe(ids.length);
    for (const { key, steps, risk } of aBusyReport().targets[0]?.opportunities ?? []) {
      expect(ids).toContain(anchor('o', key));
      for (const sql of [...steps.flatMap((step) => step.sql ?? []), ...risk.rollback]) expect(text).toContain(sql);
    }
  });

  test('keeps every anchor that it links to', () => {
    const ids = new Set(attributesOf(html, 'id'));
    const inner = attributesOf(html, 'href').filter((to) => to.startsWith('#'));
    expect(inner.length).toBeGreaterThan(20);
    expect(inner.filter((to) => !ids.has(to.slice(1)))).toEqual([]);
  });

  test('runs nothing and fetches nothing: no script, and a policy that allows its own style only', () => {
    const { counts } = parsed(html);
    for (const tag of ['script', 'link', 'img', 'iframe', 'form']) expect(counts[tag]).toBeUndefined();
    expect(attributesOf(html, 'style')).toEqual([]);
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    const policy = attributesOf(html, 'content').find((value) => value.includes('default-src'));
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
    expect(style).not.toMatch(/url\(|@import/);
  });

  test('lets wide tables scroll in a region of their own that the keyboard reaches', () => {
    const { elements } = parsed(html);
    const tables = elements.filter(({ tagName }) => tagName === 'table');
    for (const { parentNode } of tables) {
      const attrs = parentNode !== null && 'attrs' in parentNode ? parentNode.attrs : [];
      expect(attrs).toEqual(
        expect.arrayContaining([
          { name: 'tabindex', value: '0' },
          { name: 'role', value: 'group' },
        ]),
      );
    }
  });

  test('of hostile names has exactly the elements of a friendly one', () => {
    const wild = pageOf(hostile(aBusyReport()));
    expect(parsed(wild).counts).toEqual(parsed(html).counts);
    expect(attributesOf(wild, 'onerror')).toEqual([]);
    expect(attributesOf(wild, 'href').filter((to) => to.includes('javascript'))).toEqual([]);
    expect(wild).not.toContain('\u202E');
  });

  test('is the same, byte for byte, for the same report', () => expect(pageOf(aBusyReport())).toBe(html));
});

describe('a page with little to tell', () => {
  const bare = aTargetReport({
    summary: { ...aTargetReport().summary, headline: 'Nothing yet.', top: [] },
    opportunities: [],
    topStatements: [],
    sources: [],
    baselines: { previousEnd: null, pinnedEnd: null, numbers: [] },
    coverage: [{ advisor: 'unused-index', area: 'index', state: 'blind', why: 'No index was seen.' }],
  });
  const text = parsed(pageOf(aReport({ targets: [bare] }))).text;

  test('says that a first hunt cannot compare, not that nothing got worse', () => {
    expect(text).toContain('First hunt, nothing to compare with yet.');
    expect(text).not.toContain('Nothing got worse.');
  });

  test('says under an empty heading that its checks could not look', () => {
    expect(text).toContain('Index Optimizations');
    expect(text).toContain('1 of 1 check of this area could not look');
  });

  test('says that the load was not measured', () =>
    expect(text).toContain('Not measured: no statement statistics were seen.'));
});

test('a SELECT that acts is not said to look only', () => {
  const step = (sql: string) => ({ sql, text: 'Do it.', inTransaction: true, diskBytes: 0, walBytes: 0, lock: 'none' });
  const looks = (sql: string) => {
    const one = anOpportunity({ steps: [step(sql)] });
    return pageOf(aReport({ targets: [aTargetReport({ opportunities: [one] })] })).includes('Only looks');
  };
  expect(looks('SHOW work_mem;')).toBe(true);
  expect(looks('SELECT pg_reload_conf();')).toBe(false);
});
