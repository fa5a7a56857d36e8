import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from '../cell.ts';
import { type HttpScene, TARGET } from '../world.ts';
import { keptWeeks, twins } from './history.ts';

const place = ({ store }: HttpScene, ...parts: string[]) => join(store.location, ...parts);

export const folder: Row<HttpScene> = {
  refused: [
    {
      // Rights would not stop root, a file in the way does.
      end: 'fails',
      says: /a part of this path is a file and no folder: move the file away or choose another store/,
      break: async (scene) => {
        await writeFile(place(scene, 'claims'), '');
        return () => rm(place(scene, 'claims'), { recursive: true, force: true });
      },
    },
    {
      end: 'fails',
      says: /there is a folder of this name: move it away or choose another store/,
      break: async (scene) => {
        await mkdir(place(scene, 'reports', TARGET, '2026-W47', 'index.html'), { recursive: true });
        return () => rm(place(scene, 'reports', TARGET, '2026-W47', 'index.html'), { recursive: true, force: true });
      },
    },
  ],
  slow: { never: 'a file system answers or hangs, and then the scheduler ends the run: killed process' },
  'reset mid-body': {
    elsewhere: [
      ['test/store/folder.test.ts', 'does not list what a killed run left half-written'],
      ['test/store/contract.ts', 'a reader never sees a part of a body that is being overwritten'],
    ],
  },
  garbage: {
    end: 'unharmed',
    break: async (scene) => {
      await writeFile(place(scene, 'history', TARGET, 'notes.txt'), 'x');
      await writeFile(place(scene, 'history', TARGET, '.tmp-half'), 'x');
      await mkdir(place(scene, 'reports', 'another', '2026-W46'), { recursive: true });
      await writeFile(place(scene, 'reports', 'another', '2026-W46', 'report.json'), '{"version":7}');
      await writeFile(place(scene, 'targets.json'), '{');
      return () => rm(place(scene, 'history', TARGET, 'notes.txt'), { force: true });
    },
  },
  partial: {
    // The folder was moved under the run's feet: only a part of the archive is there.
    end: 'unharmed',
    break: async (scene) => {
      await rename(place(scene, 'reports'), place(scene, 'elsewhere'));
    },
  },
  throttled: { never: 'a file system makes who writes wait, and refuses nobody for it' },
  'expired credentials': { never: 'a folder has rights and no credentials: refused' },
  'clock wrong': { never: 'no time of a file is read: keys bear the times' },
  'full disk': {
    elsewhere: [
      [
        'test/store/folder.test.ts',
        'on a full disk names the file and the remedy, keeps the old body and no temporary file',
      ],
    ],
  },
  'killed process': { elsewhere: [['test/store/folder.test.ts', 'does not list what a killed run left half-written']] },
  'concurrent run': twins,
  ...keptWeeks,
};
