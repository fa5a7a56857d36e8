import { expect, test } from 'vitest';
import { terminalProgress } from '../lib/terminal.ts';

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
