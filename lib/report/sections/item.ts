/** One opportunity in full, under the labels that the reader's brief uses for its kind. */

import type { Opportunity } from '../../model/opportunity.ts';
import { anchor, type Block, type Cell, type Words } from '../blocks.ts';
import { between, day, effort as hours, words } from '../format.ts';
import { moneyWords } from '../money.ts';
import {
  effortInFull,
  effortOf,
  gain,
  gainInFull,
  lockOf,
  onlyLooks,
  riskOf,
  sentence,
  statusWords,
} from '../opportunity.ts';

type Fact = { readonly label: string; readonly words: Words };

export function item(opportunity: Opportunity): Block {
  const { key, title, risk, steps, evidence, acceptance, status, firstSeen, ranOut, money, notes, measuredBy } =
    opportunity;
  const blocks: Block[] = [
    { kind: 'facts', facts: opportunity.area === 'index' ? indexFacts(opportunity) : queryFacts(opportunity) },
    { kind: 'heading', level: 4, text: 'Implementation Steps' },
    ...steps.flatMap(stepBlocks),
    ...rollbackBlocks(risk.rollback),
    {
      kind: 'facts',
      facts: [
        { label: 'Acceptance', words: acceptance },
        ...(measuredBy === undefined ? [] : [{ label: 'Measured by', words: measured(measuredBy) }]),
        ...(notes === undefined
          ? []
          : [
              { label: 'Test', words: notes.test },
              { label: 'Rollout', words: notes.rollout },
            ]),
        { label: 'Technical risk', words: risk.technical },
        { label: 'Business risk', words: risk.business },
        { label: 'Performance risk', words: risk.performance },
        { label: 'First seen', words: `${day(firstSeen)}; ${statusWords[status]}` },
        ...(ranOut === undefined ? [] : [{ label: 'Decision', words: back(ranOut) }]),
        { label: 'ROI', words: roiWords(opportunity) },
        ...(money === undefined ? [] : [{ label: 'Money', words: `${moneyWords(money)}. ${money.basis}` }]),
        { label: 'Key', words: [{ code: key }] },
      ],
    },
    {
      kind: 'table',
      caption: 'Evidence',
      columns: [{ title: 'What' }, { title: 'Value', numeric: true }, { title: 'Seen in' }],
      rows: evidence.map(({ label, value, unit, source }): Cell[] => [label, words(value, unit), [{ code: source }]]),
    },
  ];
  return {
    kind: 'details',
    title,
    meta: [gain(opportunity), effortOf(opportunity), `${riskOf(opportunity)} risk`],
    blocks,
    id: anchor('o', key),
  };
}

/** An averted risk and a freed byte are no hours: what they are per hour of work is said in their own unit. */
function roiWords({ area, roi, benefit, effort: { engineerHours } }: Opportunity): string {
  if (roi !== null) return `${words(roi)} database-hours a quarter for each engineer-hour`;
  if (benefit.kind === 'space' && benefit.likely !== null) {
    return `${words(benefit.likely / engineerHours, 'bytes')} of disk for each engineer-hour`;
  }
  return benefit.kind === 'risk' && area !== 'query'
    ? `Not in hours: a risk is averted for ${hours(engineerHours)} of work`
    : 'Not known, as the time saved is not';
}

function measured({ query, now, target, unit }: NonNullable<Opportunity['measuredBy']>): Words {
  const from = now === undefined ? [] : [`now ${words(now, unit)}`];
  const to = target === undefined ? [] : [`aim at ${words(target, unit)}`];
  const numbers = [...from, ...to].join(', ');
  return [{ code: query }, numbers === '' ? '' : ` (${numbers})`];
}

function back({ decision, reason, until }: NonNullable<Opportunity['ranOut']>): string {
  return `${decision === 'mute' ? 'Muted' : 'Accepted'} until ${day(until)} (${reason}); that time is over.`;
}

/** Where there is no room: links to it still land. */
export function brief(opportunity: Opportunity): Block {
  return {
    kind: 'details',
    title: opportunity.title,
    meta: [gain(opportunity), effortOf(opportunity), `${riskOf(opportunity)} risk`],
    blocks: [{ kind: 'text', words: 'Steps, evidence and rollback are in report.json.' }],
    id: anchor('o', opportunity.key),
  };
}

function queryFacts(opportunity: Opportunity): Fact[] {
  const { area, subject, approach, risk, maintenanceWindow, evidence } = opportunity;
  return [
    { label: area === 'query' ? 'Query Identifier' : 'Subject', words: subjectWords(subject) },
    { label: area === 'query' ? 'Current Performance' : 'Current State', words: present(evidence) },
    { label: 'Optimization Approach', words: approach },
    { label: 'Expected Improvement', words: gainInFull(opportunity) },
    { label: 'Implementation Effort', words: effortInFull(opportunity) },
    { label: 'Risk Level', words: `${riskOf(opportunity)}. ${risk.mitigation}` },
    { label: 'Maintenance Window Required', words: `${sentence(maintenanceWindow)}; ${lockOf(opportunity)}` },
  ];
}

function indexFacts(opportunity: Opportunity): Fact[] {
  const { subject, approach, risk, maintenanceWindow, evidence } = opportunity;
  return [
    { label: 'Table/Column', words: subjectWords(subject) },
    { label: 'Optimization Type', words: indexType(opportunity) },
    { label: 'Current Impact', words: present(evidence) },
    { label: 'Approach', words: approach },
    { label: 'Expected Benefit', words: gainInFull(opportunity) },
    { label: 'Implementation Effort', words: effortInFull(opportunity) },
    { label: 'Maintenance Window Required', words: `${sentence(maintenanceWindow)}; ${lockOf(opportunity)}` },
    { label: 'Risk Level', words: `${riskOf(opportunity)}. ${risk.mitigation}` },
  ];
}

function subjectWords(subject: Opportunity['subject']): string {
  const { database, schema, table, index, queryid, setting, statement } = subject;
  const object = [schema, table].filter((part) => part !== undefined).join('.');
  const parts = [
    database === undefined ? '' : `database ${database}`,
    object === '' ? '' : `table ${object}`,
    index === undefined ? '' : `index ${index}`,
    queryid === undefined ? '' : `query id ${queryid}`,
    statement === undefined || queryid !== undefined ? '' : `statement ${statement}`,
    setting === undefined ? '' : `setting ${setting}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'the whole server' : parts.join(', ');
}

function present(evidence: Opportunity['evidence']): string {
  const first = evidence.slice(0, 4).map(({ label, value, unit }) => `${label}: ${words(value, unit)}`);
  return first.length === 0 ? 'see the evidence below' : first.join('; ');
}

function indexType({ steps }: Opportunity): string {
  const all = steps.map(({ sql = '' }) => sql.toUpperCase()).join('\n');
  const creates = /\bCREATE (UNIQUE )?INDEX\b/.test(all);
  const drops = /\bDROP INDEX\b/.test(all);
  if (creates && drops) return 'Modify: create the better one, drop the old one';
  if (creates) return 'Create';
  return drops ? 'Drop' : 'Modify';
}

function stepBlocks(step: Opportunity['steps'][number], at: number): Block[] {
  const { sql, text, lock, blocks, inTransaction, durationEstimate, diskBytes, walBytes } = step;
  const reads = onlyLooks(step);
  const facts: Fact[] = reads
    ? [{ label: 'Effect', words: 'Only looks; blocks nothing that users do' }]
    : [
        ...(lock === undefined ? [] : [{ label: 'Lock', words: lock }]),
        ...(blocks === undefined ? [] : [{ label: 'Blocks', words: blocks }]),
        ...(durationEstimate === undefined ? [] : [{ label: 'Takes', words: between(durationEstimate, 's') }]),
        ...(diskBytes === undefined ? [] : [{ label: 'Disk', words: words(diskBytes, 'bytes') }]),
        ...(walBytes === undefined ? [] : [{ label: 'WAL', words: `${words(walBytes, 'bytes')} at most` }]),
        ...(sql === undefined || inTransaction === undefined
          ? []
          : [{ label: 'Transaction', words: inTransaction ? 'may run inside one' : 'cannot run inside one' }]),
      ];
  return [
    { kind: 'text', words: [{ strong: `Step ${at + 1}.` }, ` ${text}`] },
    ...(sql === undefined ? [] : [{ kind: 'sql', label: `Step ${at + 1}`, text: sql } as const]),
    ...(facts.length === 0 ? [] : [{ kind: 'facts', facts } as const]),
  ];
}

function rollbackBlocks(rollback: readonly string[]): Block[] {
  if (rollback.length === 0) return [{ kind: 'text', words: 'Rollback: there is nothing to undo in the database.' }];
  return [
    { kind: 'heading', level: 4, text: 'Rollback' },
    { kind: 'sql', label: 'Rollback', text: rollback.join('\n') },
  ];
}
