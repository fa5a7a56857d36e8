/** One target in the digest: in full, or as one line among others. */

import type { Opportunity } from '../model/opportunity.ts';
import { periodName } from '../model/period.ts';
import type { Regression } from '../model/regression.ts';
import type { Report, TargetReport } from '../model/report.ts';
import { anchor, type Block, type Cell, type Words } from './blocks.ts';
import type { Limits, MailSettings } from './digest.ts';
import { between, many, period, words } from './format.ts';
import { numbers, shortSentence, standing } from './headline.ts';
import { cut } from './markup.ts';
import { moneyWords } from './money.ts';
import {
  costOf,
  effortOf,
  gain,
  lockName,
  movementLines,
  predictedRealised,
  progressWords,
  regressionLabel,
  sentence,
  statementText,
} from './opportunity.ts';
import { qualityLine } from './quality-line.ts';
import { isReviewed, reviewBlocks } from './review.ts';
import { decisionsLine } from './sections/decisions.ts';
import { fourNumbers } from './sections/executive-summary.ts';
import { meanChange } from './sections/load.ts';
import { serverWords } from './sections/sources.ts';

interface Context {
  readonly report: Pick<Report, 'cadence' | 'window'>;
  readonly settings: MailSettings;
  readonly limits: Limits;
  /** The only target: everything is told about it. */
  readonly alone: boolean;
}

export function targetBlocks(target: TargetReport, context: Context): Block[] {
  const { report, alone, limits } = context;
  const name = cut(target.target, 60);
  const server = serverWords(target.server);
  const kicker = alone ? `${name} · ${server} · ${period(report.window)}` : server;
  const verdict = cut(target.summary.headline, limits.characters * 2);
  return [
    ...(alone ? [] : [{ kind: 'heading', level: 2, text: name } as const]),
    { kind: 'text', words: kicker, tone: 'muted' },
    alone ? { kind: 'heading', level: 1, text: verdict } : { kind: 'text', words: [{ strong: verdict }] },
    ...pageBlocks(target.target, context),
    ...(isReviewed(target) ? reviewBlocks(target, report, alone ? 5 : 2) : weekBlocks(target, context)),
  ];
}

function weekBlocks(target: TargetReport, context: Context): Block[] {
  const { report, alone } = context;
  return [
    fourNumbers(target, report),
    ...regressionCards(target, context),
    ...topCards(target, context),
    ...(alone ? rest(target, context) : unseen(target)),
  ];
}

/** The link, or where in the archive the page is. */
export function pageBlocks(target: string, { report, settings }: Pick<Context, 'report' | 'settings'>): Block[] {
  const to = settings.pageUrl(target);
  if (to !== null) return [{ kind: 'button', text: 'Open the full report', to }];
  const key =
    settings.pageKey?.(target) ?? `reports/${target}/${periodName(report.cadence, report.window.end)}/index.html`;
  return [{ kind: 'text', words: ['Full report, in the archive: ', { code: cut(key, 200) }] }];
}

function link(text: string, id: string, { settings }: Pick<Context, 'settings'>, target: string): Words {
  const page = settings.pageUrl(target);
  return [{ link: text, to: page === null ? null : `${page}#${id}` }];
}

function regressionCards({ regressions, target }: TargetReport, context: Context): Block[] {
  const worse = standing(regressions);
  if (worse.length === 0) return [];
  const more = worse.length - 3;
  return [
    { kind: 'heading', level: context.alone ? 2 : 3, text: 'Got worse' },
    ...worse.slice(0, 3).map((one): Block => regressionCard(one, target, context)),
    ...(more > 0 ? [{ kind: 'text', words: `And ${more} more in the full report.` } as const] : []),
  ];
}

function regressionCard(regression: Regression, target: string, context: Context): Block {
  const { key, status, suspect, before, now, unit } = regression;
  const size = before === 0 ? words(now, unit) : sentence(numbers(regression));
  const [cost] = costOf(regression);
  const ours = suspect === undefined ? '' : ` Our advice may be the cause; the rollback is in the report.`;
  return {
    kind: 'card',
    sign: status === 'new' ? 'worse' : 'warning',
    label: regressionLabel(regression),
    title: link(cut(shortSentence(regression), context.limits.characters), anchor('r', key), context, target),
    blocks: [
      {
        kind: 'text',
        words: `${size}.${cost === undefined ? '' : ` Costs ${cost.words}.`}${ours}`,
        tone: 'muted',
      },
    ],
  };
}

function topCards({ summary, opportunities, target }: TargetReport, context: Context): Block[] {
  const top = summary.top.flatMap((key) => opportunities.find((one) => one.key === key) ?? []);
  if (top.length === 0) return [];
  return [
    {
      kind: 'heading',
      level: context.alone ? 2 : 3,
      text: top.length === 1 ? 'Top Recommendation' : `Top ${top.length} Recommendations`,
    },
    ...top.map((one, at): Block => topCard(one, at, target, context)),
  ];
}

function topCard(one: Opportunity, at: number, target: string, context: Context): Block {
  const { characters } = context.limits;
  return {
    kind: 'card',
    sign: 'neutral',
    label: String(at + 1),
    title: link(cut(one.title, characters), anchor('o', one.key), context, target),
    blocks: [
      {
        kind: 'facts',
        facts: [
          { label: 'Expected Improvement', words: gain(one) },
          { label: 'Effort', words: `${effortOf(one)}. Risk: ${one.risk.level}` },
          { label: 'Window', words: cut(`${one.maintenanceWindow}; ${lockName(one)}`, characters) },
        ],
      },
    ],
  };
}

/** Where there is no room for the list, the number. */
function unseen({ coverage }: TargetReport): Block[] {
  const blind = blindChecks(coverage);
  if (blind === 0) return [];
  return [{ kind: 'text', words: `${blind} of ${many(coverage.length, 'check')} could not look.`, tone: 'muted' }];
}

function blindChecks(coverage: TargetReport['coverage']): number {
  return coverage.filter(({ state }) => state === 'blind' || state === 'failed').length;
}

function rest(target: TargetReport, { limits, report }: Context): Block[] {
  return [...progress(target, limits), ...statements(target, limits), ...lines(target, limits, report.window)];
}

function progress({ progress: items }: TargetReport, { characters }: Limits): Block[] {
  const judged = items.filter(({ status }) => status !== 'unobserved' && status !== 'too-early').slice(0, 3);
  if (judged.length === 0) return [];
  return [
    { kind: 'heading', level: 2, text: 'What was done, and whether it worked' },
    ...judged.map((item): Block => {
      const { sign, label } = progressWords[item.status];
      return {
        kind: 'card',
        sign,
        label,
        title: cut(item.title, characters),
        blocks: [{ kind: 'text', words: `${sentence(predictedRealised(item))}.`, tone: 'muted' }],
      };
    }),
  ];
}

function statements({ topStatements }: TargetReport, { statements: most }: Limits): Block[] {
  const shown = topStatements.slice(0, most);
  if (shown.length === 0) return [];
  return [
    { kind: 'heading', level: 2, text: 'Where the time goes' },
    {
      kind: 'table',
      caption: 'Statements by share of database time',
      columns: [
        { title: 'Statement', wide: true },
        { title: 'Share', unit: 'share', bar: true },
        { title: 'Mean', unit: 'ms' },
        { title: 'Change', numeric: true },
      ],
      rows: shown.map((one): Cell[] => [[{ code: statementText(one, 80) }], one.share, one.meanMs, meanChange(one)]),
    },
  ];
}

/** One line an area, what is fine, what could not be seen, and how the numbers were made. */
function lines(
  { opportunities, coverage, quality, improvements = [], watch = [], summary, decisions = [] }: TargetReport,
  { characters }: Limits,
  window: Report['window'],
): Block[] {
  const count = (fits: (one: Opportunity) => boolean) => opportunities.filter(fits).length;
  const areas = (['query', 'index', 'maintenance', 'system'] as const).map(
    (area) => `${area} ${count((one) => one.area === area)}`,
  );
  const horizons = `quick wins ${count((one) => one.horizon === 'quick-win')}, medium ${count((one) => one.horizon === 'medium')}, long-term ${count((one) => one.horizon === 'long-term')}`;
  const names = (state: string) => coverage.filter((one) => one.state === state).map(({ advisor }) => advisor);
  const blind = [...names('blind'), ...names('failed')];
  const clear = names('clear');
  const decided = decisionsLine(decisions);
  return [
    { kind: 'heading', level: 2, text: 'In one line each' },
    {
      kind: 'facts',
      facts: [
        ...[
          { label: 'Got faster', words: movementLines(improvements).join('; ') },
          { label: 'Worth watching', words: movementLines(watch).join('; ') },
        ].flatMap(({ label, words: said }) => (said === '' ? [] : [{ label, words: cut(said, characters * 2) }])),
        { label: 'By area', words: areas.join(', ') },
        { label: 'Roadmap', words: horizons },
        {
          label: 'Checked and healthy',
          words: clear.length === 0 ? 'none' : cut(`${clear.length}: ${clear.join(', ')}`, characters * 2),
        },
        {
          label: 'Could not be checked',
          words: blind.length === 0 ? 'none' : cut(`${blind.length}: ${blind.join(', ')}`, characters * 2),
        },
        ...(summary.money === undefined ? [] : [{ label: 'Money', words: moneyWords(summary.money) }]),
        ...(decided === null ? [] : [{ label: 'Muted and accepted', words: cut(decided, characters * 2) }]),
        { label: 'Numbers', words: qualityLine(quality, window) },
      ],
    },
  ];
}

export function targetLine(target: TargetReport, settings: MailSettings, { characters }: Limits): Words {
  const { summary, regressions } = target;
  const gained = summary.estimatedImprovement;
  const size = gained === null ? '' : `, ${between(gained, 'share')} of database time`;
  const worse = standing(regressions).length;
  const blind = blindChecks(target.coverage);
  return [
    { link: cut(target.target, Math.min(60, characters)), to: settings.pageUrl(target.target) },
    `: ${worse === 0 ? '' : `${many(worse, 'regression')}, `}${many(summary.opportunities, 'opportunity', 'opportunities')}${size}${blind === 0 ? '' : `, ${many(blind, 'check')} could not look`}`,
  ];
}
