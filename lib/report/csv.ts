/** The report's lists as CSV (RFC 4180) for spreadsheets, which must not run what a stranger named a table. */
import { type Input, stringify } from 'csv-stringify/sync';
import type { TargetReport } from '../model/report.ts';
import { clean } from './markup.ts';

/** File name → text; one row an item, numbers in the units of report.json. A list without items has no file. */
export function csvFiles(target: TargetReport): readonly (readonly [name: string, text: string])[] {
  return Object.entries(tablesOf(target)).flatMap(([name, rows]) => (rows.length === 0 ? [] : [[name, csv(rows)]]));
}

type Row = Readonly<Record<string, string | number | null>>;

function tablesOf({
  opportunities,
  regressions,
  topStatements,
  progress,
  coverage,
  baselines,
}: TargetReport): Readonly<Record<string, readonly Row[]>> {
  return {
    'opportunities.csv': opportunities.map(
      ({ key, advisor, area, horizon, title, benefit, effort, roi, risk, status, firstSeen, ...one }) => ({
        key,
        advisor,
        area,
        horizon,
        status,
        firstSeen,
        title,
        benefitKind: benefit.kind,
        benefitLow: benefit.low,
        benefitLikely: benefit.likely,
        benefitHigh: benefit.high,
        benefitUnit: benefit.unit,
        shareOfDbTimeLow: benefit.shareOfDbTime?.low ?? null,
        shareOfDbTimeHigh: benefit.shareOfDbTime?.high ?? null,
        confidence: benefit.confidence,
        engineerHours: effort.engineerHours,
        roi,
        risk: risk.level,
        maintenanceWindow: one.maintenanceWindow,
        steps: one.steps.flatMap(({ sql }) => sql ?? []).join('\n'),
        rollback: risk.rollback.join('\n'),
        acceptance: one.acceptance,
      }),
    ),
    'regressions.csv': regressions.map(
      ({ key, title, status, severity, unit, before, now, change, costMsPerWeek, shareOfDbTime, since, ...one }) => ({
        key,
        status,
        severity,
        title,
        unit,
        before,
        now,
        change: change.estimate,
        changeLow: change.low,
        changeHigh: change.high,
        costMsPerWeek,
        shareOfDbTime,
        cause: one.cause[0]?.text ?? null,
        since,
        onset: one.onset ?? null,
        database: one.subject.database ?? null,
        queryid: one.subject.queryid ?? null,
        text: one.text ?? null,
      }),
    ),
    'statements.csv': topStatements.map(({ median, p95, ...one }) => ({
      ...one,
      medianMs: median?.ms ?? null,
      p95Ms: p95?.ms ?? null,
    })),
    'progress.csv': progress.map(({ key, title, status, unit, predicted, realised, since, sentence }) => ({
      key,
      title,
      status,
      unit,
      predictedLow: predicted?.low ?? null,
      predictedHigh: predicted?.high ?? null,
      realisedLow: realised?.low ?? null,
      realisedHigh: realised?.high ?? null,
      since,
      sentence,
    })),
    'baselines.csv': baselines.numbers.map(({ label, unit, now, previous, pinned, why }) => ({
      label,
      unit,
      now,
      previous,
      pinned,
      why: why ?? null,
    })),
    'coverage.csv': coverage,
  };
}

/** A number is one, also with a sign in front; whatever else begins like a formula is shown, never run. */
const NUMBER = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i;

function csv(rows: readonly Row[]): string {
  const input: Input = rows.map((row) => row);
  return stringify(input, {
    header: true,
    ...(rows[0] === undefined ? {} : { columns: Object.keys(rows[0]) }),
    bom: true, // without it a spreadsheet takes UTF-8 for something else
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { string: (value) => (NUMBER.test(value) ? { value, escape_formulas: false } : clean(value).trim()) },
  });
}
