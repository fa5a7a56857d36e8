/** Mail as `.eml` files. A name is taken once: the same message again is the same file. */
import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, mkdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Mailbox } from '../model/objects.ts';
import { DeliveryError } from './error.ts';
import { compose } from './mime.ts';
import { safeName } from './name.ts';

export function createFolderMailbox(folder: string): Mailbox {
  const root = resolve(folder);
  return {
    location: root,
    idempotent: true,
    async send(message, date) {
      const file = join(root, `${safeName(message.id)}.eml`);
      const bytes = await compose(message, date);
      try {
        await makeFolder(root);
        await writeOnce(root, file, bytes);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const remedy = 'Give mail a folder that this user may write, and run again';
        throw new DeliveryError(`cannot write the mail ${file}: ${why}. ${remedy}`, { cause: error, sent: 'no' });
      }
      return { messageId: file };
    },
  };
}

/** As in lib/store/folder.ts: mkdir's own recursion never ends below /proc or an automounter's folder. */
async function makeFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => null))?.isDirectory() === true) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    const other = error.code === 'EEXIST' && (await stat(folder)).isDirectory(); // a run beside this one made it
    if (!other) throw error;
  });
}

/** Written beside its place first: a crash leaves no half mail under the name that says "sent". */
async function writeOnce(root: string, file: string, bytes: Buffer): Promise<void> {
  const temporary = join(root, `.tmp-${randomUUID()}`);
  try {
    await writeFile(temporary, bytes, { flag: 'wx', flush: true });
    await link(temporary, file).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      await copyFile(temporary, file, constants.COPYFILE_EXCL); // file systems without hard links
    });
  } catch (error) {
    // mkdir has succeeded, so what exists is this very mail.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}
