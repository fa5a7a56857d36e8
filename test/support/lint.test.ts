import { expect, test } from 'vitest';
import { lint } from './lint.ts';

test('what blocks writes, loses data or is no SQL is found, each with its statement', () => {
  expect(lint(['SELECT 1;', 'CREATE INDEX i ON t (a);'])).toEqual([
    expect.stringMatching(/^require-concurrent-index-creation: .*\(CREATE INDEX i ON t \(a\);\)$/),
  ]);
  expect(lint(['DROP INDEX i;'])).toEqual([expect.stringContaining('require-concurrent-index-deletion')]);
  expect(lint(['ALTER TABLE t ADD PRIMARY KEY (a);']).join()).toMatch(/adding-serial-primary-key|constraint/);
  expect(lint(['ALTER TABLE t DROP COLUMN a;'])).toEqual([expect.stringContaining('ban-drop-column')]);
  expect(lint(['DROP INDX i;'])).not.toEqual([]);
});

test('what is fine is fine', () => {
  expect(lint(['CREATE INDEX CONCURRENTLY i ON t (a);', 'SELECT 1;'])).toEqual([]);
  expect(lint([])).toEqual([]);
});
