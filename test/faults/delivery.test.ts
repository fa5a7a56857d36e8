/** Where it goes: the store in S3, and mail through SES. */
import { s3 } from './rows/s3.ts';
import { ses } from './rows/ses.ts';
import { runRow } from './run-row.ts';
import { useHttpWorld } from './world.ts';

const world = useHttpWorld();
runRow('S3 store', s3, world);
runRow('SES', ses, world);
