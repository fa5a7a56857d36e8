/** The dialects, newest first: where two have data for one row, the first counts. */
import type { Dialect } from '../dialect.ts';
import { postgresExporter } from './postgres-exporter.ts';
import { queriesYaml } from './queries-yaml.ts';

export const dialects: readonly Dialect[] = [postgresExporter, queriesYaml];
