import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reportJsonSchema, schemaFile } from '../../lib/model/schema.ts';

test('report.schema.json is what the zod schema says (npm run schema writes it)', () => {
  expect(readFileSync(schemaFile, 'utf8')).toBe(reportJsonSchema());
});

test('the JSON Schema names every part of the document that others read', () => {
  const schema = JSON.parse(reportJsonSchema());
  const target = schema.properties.targets.items.properties;
  expect(Object.keys(target)).toEqual(
    expect.arrayContaining([
      'summary',
      'opportunities',
      'regressions',
      'progress',
      'baselines',
      'roadmap',
      'risks',
      'coverage',
    ]),
  );
  expect(schema.additionalProperties).toBe(false);
});
