/** What is asked: Prometheus, CloudWatch, and Secrets Manager for the way in. */
import { cloudwatch } from './rows/cloudwatch.ts';
import { prometheus } from './rows/prometheus.ts';
import { secrets } from './rows/secrets.ts';
import { runRow } from './run-row.ts';
import { useHttpWorld } from './world.ts';

const world = useHttpWorld();
runRow('Prometheus', prometheus, world);
runRow('Secrets Manager', secrets, world);
runRow('CloudWatch', cloudwatch, world);
