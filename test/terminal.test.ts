import { expect, test } from 'vitest';
import type { Report } from '../lib/model/report.ts';
import { reportSummary } from '../lib/report/summary.ts';
import { terminalProgress, terminalScreen } from '../lib/terminal.ts';
import { states } from './support/states.ts';

function sink() {
  const written: string[] = [];
  let now = 0;
  const stream = { isTTY: false, columns: 80, rows: 24, write: (text: string) => written.push(text) > 0 };
  return { written, stream, clock: () => now, wait: (ms: number) => (now += ms) };
}

const ESCAPE = String.fromCharCode(27);

test('without a terminal every step is one plain line with the time since the start', () => {
  const { written, stream, clock, wait } = sink();
  const progress = terminalProgress(stream, { clock });
  progress.step('starting');
  wait(1500);
  progress.step('judging');
  progress.end();
  expect(written).toEqual(['[  0.0 s] starting\n', '[  1.5 s] judging\n']);
});

test('without a terminal a busy detail is told every five seconds at most', () => {
  const { written, stream, clock, wait } = sink();
  const progress = terminalProgress(stream, { clock });
  progress.step('working');
  for (let done = 0; done < 12; done++) {
    wait(1000);
    progress.detail(`${done} done`);
  }
  expect(written).toEqual(['[  0.0 s] working\n', '[  5.0 s]   4 done\n', '[ 10.0 s]   9 done\n']);
});

test('a failure names the step it happened in', () => {
  const { written, stream, clock } = sink();
  const progress = terminalProgress(stream, { clock });
  progress.step('asking PostgreSQL');
  progress.end('failed');
  expect(written.at(-1)).toBe('[  0.0 s] failed while: asking PostgreSQL\n');
});

test('a terminal of no size gets plain lines, not lines cut to nothing', () => {
  const { written, stream, clock } = sink();
  const progress = terminalProgress({ ...stream, isTTY: true, columns: 0 }, { clock });
  progress.step('starting');
  progress.end();
  expect(written).toEqual(['[  0.0 s] starting\n']);
});

test('on a terminal the live line ends with a mark and stays', () => {
  const { written, stream, clock, wait } = sink();
  const progress = terminalProgress(stream, { live: true, colour: false, clock });
  progress.step('judging');
  wait(2000);
  progress.end();
  expect(written.join('')).toContain('✓ judging · 2.0 s');
});

test('a finished step drops its detail, a failed one keeps it', () => {
  const ended = (outcome: 'done' | 'failed'): string => {
    const { written, stream, clock } = sink();
    const progress = terminalProgress(stream, { live: true, colour: false, clock });
    progress.step('judging');
    progress.detail('statements');
    progress.end(outcome);
    return written.join('');
  };
  expect(ended('done')).not.toContain('statements');
  expect(ended('failed')).toContain('✗ judging · statements');
});

test('colours are left out when they are not wanted', () => {
  const escapes = (colour: boolean): number => {
    const { written, stream, clock } = sink();
    const progress = terminalProgress(stream, { live: true, colour, clock });
    progress.step('judging');
    progress.end();
    return written.join('').split(`${ESCAPE}[3`).length;
  };
  expect(escapes(true)).toBeGreaterThan(escapes(false));
  expect(escapes(false)).toBe(1);
});

test('what a database is called is no command to the terminal', () => {
  const { written, stream, clock } = sink();
  const progress = terminalProgress(stream, { clock });
  progress.step(`database ${ESCAPE}]0;owned\u0007${ESCAPE}[2J\r\nfake: \u202Edone`);
  progress.end('failed');
  expect(written.join('').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E]/u);
  expect(written).toHaveLength(2);
});

const reportOf = (state: string): Report => {
  const make = states[state];
  if (make === undefined) throw new Error(`no state ${state}`);
  return make().report;
};

/** What the summary of a state looks like there. */
function shown(state: string, screen: { isTTY: boolean; columns: number }, env: NodeJS.ProcessEnv = {}): string {
  const report = reportOf(state);
  const pages = Object.fromEntries(report.targets.map(({ target }) => [target, `reports/${target}/index.html`]));
  return reportSummary(report, { location: '/store/', pages, mail: 'Mail: none' }, terminalScreen(screen, env));
}

const uncoloured = (text: string) => text.replace(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '');

test("the summary has the digest's top in its order", () => {
  const text = shown('regression', { isTTY: false, columns: 0 });
  const order = [
    'shop · PostgreSQL 18.4',
    'SELECT on orders is 2.6 times slower per call, from 12.4 to 31.9 ms',
    '22–43 % Estimated Performance Improvement',
    'Got worse\n  ▲ Regression: SELECT on orders',
    'From 12.4 to 31.9 ms. Costs 65 min a week more, 13 % of database time.',
    'What was done, and whether it worked\n  ✔ Verified: ',
    'To do next, of 5 opportunities\n  1. Create an index on orders',
    'Checks: ',
    'Read on: /store/reports/shop/index.html',
  ].map((part) => text.indexOf(part));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test.each([40, 80, 200])('on a terminal of %i columns no line but an address is wider', (columns) => {
  for (const state of ['regression', 'fleet', 'aftermath', 'first-run']) {
    const lines = uncoloured(shown(state, { isTTY: true, columns })).split('\n');
    const wide = lines.filter((line) => line.length > Math.min(columns, 100) && !/^(Read on|Archive): /.test(line));
    expect(wide, state).toEqual([]);
  }
});

test('what goes to a file or another program is neither painted nor broken', () => {
  const text = shown('regression', { isTTY: false, columns: 40 });
  expect(text).not.toContain(ESCAPE);
  expect(text).toContain(reportOf('regression').targets[0]?.summary.headline ?? 'no target');
});

test('a terminal gets colours and the same words without them, unless NO_COLOR or its kind forbids', () => {
  const terminal = { isTTY: true, columns: 80 };
  const painted = shown('regression', terminal);
  expect(painted).toContain(`${ESCAPE}[31m▲${ESCAPE}[39m`);
  const plain = shown('regression', terminal, { NO_COLOR: '1' });
  expect(plain).not.toContain(ESCAPE);
  expect(uncoloured(painted)).toBe(plain);
  expect(shown('regression', terminal, { TERM: 'dumb' })).toBe(plain);
  expect(shown('regression', terminal, { NO_COLOR: '' })).toBe(painted);
});

test('of a fleet three are told in full, the worst first, ten in a line, and the rest is counted', () => {
  const lines = shown('fleet', { isTTY: true, columns: 80 }, { NO_COLOR: '1' }).split('\n');
  expect(lines.slice(0, 2).join(' ')).toBe('25 of 200 databases got worse. 4 of 204 could not be hunted. ');
  expect(lines.filter((line) => line.startsWith('Read on: '))).toHaveLength(3);
  expect(lines.filter((line) => /^shop-eu-\d+: /.test(line))).toHaveLength(10);
  expect(lines.join('\n')).toContain('And 187 more in the archive.');
});

test('no name from outside paints or moves anything in the summary', () => {
  const report = reportOf('regression');
  const targets = report.targets.map((one) => ({
    ...one,
    target: `shop${ESCAPE}[31m`,
    summary: { ...one.summary, headline: `Worse${ESCAPE}]0;owned\u0007\r\n\u202Efake` },
  }));
  const text = reportSummary({ ...report, targets }, { location: '/store', pages: {}, mail: '' });
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E]/u);
  expect(text).toContain('Worse]0;owned fake\n');
});
