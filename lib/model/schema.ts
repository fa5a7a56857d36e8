/** `npm run schema`: writes report.schema.json, the contract of report.json for programs not written here. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { reportSchema } from './report.ts';

export const schemaFile = new URL('report.schema.json', import.meta.url);

export function reportJsonSchema(): string {
  const schema = { title: 'pg-hunt report, version 1', ...z.toJSONSchema(reportSchema, { io: 'output' }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(schemaFile, reportJsonSchema());
