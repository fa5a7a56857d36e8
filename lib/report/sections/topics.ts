/**
 * Where an opportunity stands among the headings of the reader's brief. Placement only: the plan has decided what is
 * done when. The first topic that fits has it; the last of a group takes what is left of its areas.
 */
import type { Opportunity } from '../../model/opportunity.ts';

export interface Topic {
  readonly title: string;
  readonly fits: (seen: { readonly sql: string; readonly all: string }) => boolean;
}

export interface Group {
  readonly title: string;
  readonly areas: readonly Opportunity['area'][];
  readonly topics: readonly Topic[];
}

const sql = (pattern: RegExp) => (seen: { readonly sql: string }) => pattern.test(seen.sql);
const matching = (pattern: RegExp) => (seen: { readonly all: string }) => pattern.test(seen.all);
const rest = () => true;

export const groups = {
  'quick-win': [
    { title: 'Query Optimizations', areas: ['query'], topics: [] },
    { title: 'Index Optimizations', areas: ['index'], topics: [] },
    { title: 'Maintenance and System', areas: ['maintenance', 'system'], topics: [] },
  ],
  medium: [
    {
      title: 'Query Rewrites',
      areas: ['query'],
      topics: [
        { title: 'Schema Changes', fits: matching(/partition|denormali[sz]|\badd column\b/i) },
        { title: 'Application Changes', fits: matching(/application|client|batch|cache|n\+1|per row|one by one/i) },
        { title: 'Complex Query Optimizations', fits: rest },
      ],
    },
    {
      title: 'Index Reorganization',
      areas: ['index'],
      topics: [
        { title: 'Partial Index Implementation', fits: sql(/create (unique )?index[^;]*\bwhere\b/i) },
        { title: 'Index Consolidation', fits: sql(/drop index/i) },
        { title: 'Composite Index Creation', fits: rest },
      ],
    },
    {
      title: 'Maintenance Tuning',
      areas: ['maintenance', 'system'],
      topics: [
        { title: 'Autovacuum Configuration', fits: matching(/autovacuum/i) },
        { title: 'Statistics Targets', fits: sql(/statistics|^\s*analyze/im) },
        { title: 'Bloat Remediation', fits: sql(/reindex|cluster|vacuum|repack/i) },
        { title: 'Server Settings', fits: rest },
      ],
    },
  ],
  'long-term': [
    {
      title: 'Infrastructure Improvements',
      areas: ['system', 'maintenance'],
      topics: [
        { title: 'Connection Pooling', fits: matching(/pool|connection|idle/i) },
        { title: 'Read Replicas', fits: matching(/replica/i) },
        { title: 'Hardware Upgrades', fits: rest },
      ],
    },
    {
      title: 'Schema Evolution',
      areas: ['index'],
      topics: [
        { title: 'Data Archiving', fits: matching(/archiv|retention|old rows/i) },
        { title: 'Normalization/Denormalization', fits: matching(/normali[sz]/i) },
        { title: 'Partitioning Implementation', fits: rest },
      ],
    },
    {
      title: 'Application Architecture',
      areas: ['query'],
      topics: [
        { title: 'Caching Strategies', fits: matching(/cach/i) },
        { title: 'Batch Processing', fits: matching(/batch|etl|bulk/i) },
        { title: 'Query Pattern Changes', fits: rest },
      ],
    },
  ],
} as const satisfies Record<Opportunity['horizon'], readonly Group[]>;

export function topicOf(opportunity: Opportunity, topics: readonly Topic[]): string | null {
  const sqlText = opportunity.steps.map((step) => step.sql ?? '').join('\n');
  const seen = { sql: sqlText, all: `${opportunity.title}\n${opportunity.approach}\n${sqlText}` };
  return topics.find(({ fits }) => fits(seen))?.title ?? null;
}
