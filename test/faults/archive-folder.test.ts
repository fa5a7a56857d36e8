/** The same run with its store in a folder, and at another time than it thinks. */
import { clock } from './rows/clock.ts';
import { folder } from './rows/folder.ts';
import { runRow } from './run-row.ts';
import { useHttpWorld } from './world.ts';

const world = useHttpWorld('folder');
runRow('folder store', folder, world);
runRow('clock', clock, world);
