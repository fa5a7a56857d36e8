/** The smallest findings, outcomes and snapshots that a plan can be made of. */
import type { Changes } from '../../lib/model/changes.ts';
import type { Area, Finding, FindingBenefit, Subject, Work } from '../../lib/model/finding.ts';
import { findingKey } from '../../lib/model/finding.ts';
import type { Outcome } from '../../lib/model/outcome.ts';
import type { ForeignKey, IndexRow, StatementRow, TableRow } from '../../lib/model/rows.ts';
import type { Snapshot } from '../../lib/model/snapshot.ts';

export const WEEK = { start: '2026-11-15T00:00:00Z', end: '2026-11-22T00:00:00Z' };

export function snapshot(rows: Partial<Snapshot> = {}, window = WEEK): Snapshot {
  return {
    version: 1,
    target: 'shop',
    takenAt: window.end,
    window,
    server: { settings: {} },
    databases: [],
    tables: [],
    indexes: [],
    statements: [],
    hosts: [],
    spans: { statement: { ...window, source: 'prometheus', basis: 'window' } },
    gaps: [],
    quality: {
      sources: ['prometheus'],
      coveredShare: 1,
      resets: 0,
      statementCoverage: null,
      statisticsAgeSeconds: null,
      blindDatabases: [],
      notes: [],
    },
    sources: [],
    ...rows,
  };
}

export function statement(id: string, totalTimeMs: number, database = 'shop'): StatementRow {
  return { database, queryid: id, statement: id, totalTimeMs };
}

export function table(name: string, rest: Partial<TableRow> = {}): TableRow {
  return { database: 'shop', schema: 'public', table: name, ...rest };
}

export function foreignKey(name: string, columns: readonly string[]): ForeignKey {
  return { name, columns, referencedSchema: 'public', referencedTable: 'other', referencedColumns: ['id'] };
}

export function index(name: string, columns: readonly string[], rest: Partial<IndexRow> = {}): IndexRow {
  const keys = columns.map((column) => ({
    name: column,
    expression: false,
    opclass: 'int4_ops',
    descending: false,
    nullsFirst: false,
  }));
  return { database: 'shop', schema: 'public', table: 'orders', index: name, keys, valid: true, ...rest };
}

export function time(
  statements: readonly string[],
  likely: number,
  confidence: FindingBenefit['confidence'] = 'medium',
): FindingBenefit {
  const reduces = { low: likely / 2, likely, high: Math.min(1, likely * 1.1) };
  return { kind: 'time', statements, reduces, basis: 'Measured.', confidence };
}

export function space(likely: number, confidence: FindingBenefit['confidence'] = 'high'): FindingBenefit {
  return { kind: 'space', bytes: { low: likely, likely, high: likely }, basis: 'Its size.', confidence };
}

export const averted: FindingBenefit = { kind: 'risk', basis: 'Less likely to stop.', confidence: 'medium' };

export function finding(subject: Subject, work: Work, benefit: FindingBenefit, rest: Partial<Finding> = {}): Finding {
  return {
    subject,
    title: `Do ${work} on ${subject.index ?? subject.table ?? subject.statement ?? subject.setting ?? 'the server'}`,
    evidence: [],
    approach: 'As follows.',
    benefit,
    work,
    risk: { level: 'low', technical: 't', business: 'b', performance: 'p', mitigation: 'm', rollback: [] },
    steps: [],
    maintenanceWindow: 'none needed',
    acceptance: `${work} shows`,
    done: { kind: 'measure-moved' },
    gain: { kind: 'object-gone' },
    ...rest,
  };
}

export function found(advisor: string, area: Area, ...findings: readonly Finding[]): Outcome {
  return {
    card: { id: advisor, area, title: advisor, clear: '', why: '', source: '', thresholds: [] },
    state: 'found',
    findings: findings.map((one) => ({ ...one, key: findingKey(advisor, one.subject) })),
    examined: findings.length,
    caveats: [],
  };
}

export const unchanged: Changes = {
  firstRun: true,
  notes: [],
  previousEnd: null,
  pinnedEnd: null,
  regressions: [],
  tracked: [],
  progress: [],
  status: {},
  gone: [],
  baseline: [],
  meanMsThen: {},
};
