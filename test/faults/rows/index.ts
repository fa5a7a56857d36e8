/** The whole matrix: each dependency, in each way that it can fail. */
import type { Cell, Dependency, Way } from '../cell.ts';
import { clock } from './clock.ts';
import { cloudwatch } from './cloudwatch.ts';
import { folder } from './folder.ts';
import { postgres } from './postgres.ts';
import { prometheus } from './prometheus.ts';
import { s3 } from './s3.ts';
import { secrets } from './secrets.ts';
import { ses } from './ses.ts';

export const matrix: { readonly [D in Dependency]: { readonly [W in Way]: Cell<never> } } = {
  Prometheus: prometheus,
  PostgreSQL: postgres,
  'S3 store': s3,
  'folder store': folder,
  SES: ses,
  'Secrets Manager': secrets,
  CloudWatch: cloudwatch,
  clock,
};
