import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts `text` in the place of a file: after a crash there is the old one or the new one, whole. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.compact`;
  // An old one may have a wider mode.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
