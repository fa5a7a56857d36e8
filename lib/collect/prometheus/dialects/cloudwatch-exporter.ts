/** CloudWatch as the official cloudwatch_exporter publishes it; its samples carry CloudWatch's time, minutes ago. */
import type { HostDialect } from '../dialect.ts';
import { cloudWatch, noSizes } from './yace.ts';

export const cloudWatchExporter: HostDialect = {
  id: 'cloudwatch-exporter',
  title: 'cloudwatch_exporter',
  family: 'aws_rds_.+',
  host: ['dbinstance_identifier'],
  managed: true,
  lacking: noSizes,
  bindings: cloudWatch(
    (metric) =>
      `Add ${metric} of AWS/RDS with the dimension DBInstanceIdentifier and the statistic Average to the configuration of cloudwatch_exporter.`,
  ),
};
