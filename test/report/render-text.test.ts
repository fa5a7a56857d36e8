import { expect, test } from 'vitest';
import type { Block } from '../../lib/report/blocks.ts';
import { renderText } from '../../lib/report/render-text.ts';

test('no line of prose is longer than 72 columns; statements and addresses are not broken', () => {
  const to = `https://hunt.example/${'a'.repeat(90)}`;
  const sql = `SELECT ${'x, '.repeat(60)}1;`;
  const blocks: Block[] = [
    { kind: 'heading', level: 1, text: 'word '.repeat(40) },
    { kind: 'text', words: [{ link: 'word '.repeat(30), to }] },
    { kind: 'list', items: ['word '.repeat(30)] },
    { kind: 'facts', facts: [{ label: 'Label', words: 'word '.repeat(30) }] },
    {
      kind: 'card',
      sign: 'worse',
      label: 'Worse',
      title: 'word '.repeat(30),
      blocks: [{ kind: 'text', words: 'word '.repeat(30) }],
    },
    { kind: 'sql', label: 'Statement', text: sql },
  ];
  const lines = renderText(blocks).split('\n');
  expect(lines.filter((line) => line.length > 72)).toEqual([to, `    ${sql}`]);
});

test('an address that may not be reached is left out, its text stays', () => {
  expect(renderText([{ kind: 'text', words: [{ link: 'here', to: 'javascript:alert(1)' }] }])).toBe('here\n');
});

test('a row of a table is told by the names of its columns, and what is not known is not a zero', () => {
  const table: Block = {
    kind: 'table',
    caption: 'Load',
    columns: [{ title: 'Statement' }, { title: 'Share', unit: 'share' }, { title: 'Mean', unit: 'ms' }],
    rows: [['SELECT 1', 0.5, null]],
  };
  expect(renderText([table])).toBe('Load:\n- SELECT 1\n  Share 50 % · Mean not measured\n');
});

test('charts become words', () => {
  const rows = [
    { label: 'Index', low: 0.4, high: 0.8, mark: 0.66 },
    { label: 'Setting', low: 0.1, high: 0.2, mark: null },
  ];
  const figure: Block = {
    kind: 'figure',
    title: 'Gain',
    description: 'As told.',
    chart: { kind: 'spans', unit: 'share', rows },
  };
  expect(renderText([figure])).toBe(
    'Gain\nAs told.\n- Index: predicted between 40 % and 80 %, 66 %\n- Setting: predicted between 10 % and 20 %, not seen yet\n',
  );
});
