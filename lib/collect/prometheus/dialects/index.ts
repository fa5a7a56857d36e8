/** The dialects: where two have data for one row, the first counts. */
import { checked, faultsIn, hostFaultsIn } from '../catalogue.ts';
import type { Dialect, HostDialect } from '../dialect.ts';
import { brief } from './brief.ts';
import { cloudNativePg } from './cloudnative-pg.ts';
import { cloudWatchExporter } from './cloudwatch-exporter.ts';
import { nodeExporter } from './node-exporter.ts';
import { openTelemetry } from './opentelemetry.ts';
import { percona } from './percona.ts';
import { pgExporter } from './pg-exporter.ts';
import { pgMonitor } from './pgmonitor.ts';
import { pgwatch } from './pgwatch.ts';
import { postgresAi } from './postgres-ai.ts';
import { postgresExporter } from './postgres-exporter.ts';
import { postgresExporter012 } from './postgres-exporter-0.12.ts';
import { queriesYaml } from './queries-yaml.ts';
import { rdsExporter } from './rds-exporter.ts';
import { sqlExporter } from './sql-exporter.ts';
import { yace } from './yace.ts';

export const dialects = checked<Dialect>(
  [
    percona,
    postgresExporter012,
    postgresExporter,
    brief,
    queriesYaml,
    pgExporter,
    postgresAi,
    pgwatch,
    pgMonitor,
    cloudNativePg,
    openTelemetry,
    sqlExporter,
  ],
  faultsIn,
);

export const hostDialects = checked<HostDialect>([nodeExporter, rdsExporter, yace, cloudWatchExporter], hostFaultsIn);
