/** A real PostgreSQL, read through a connection that breaks. */
import { usePostgresWorld } from './postgres-world.ts';
import { postgres } from './rows/postgres.ts';
import { runRow } from './run-row.ts';

const world = usePostgresWorld();
runRow('PostgreSQL', postgres, world);
