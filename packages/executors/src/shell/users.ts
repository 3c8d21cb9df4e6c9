import { readFile } from 'node:fs/promises';

/** An account that does not exist. */
export class UnknownAccountError extends Error {
  override readonly name = 'UnknownAccountError';
}

/** Numbers of the user and the group that a command runs as. */
export interface Credential {
  readonly uid: number;
  readonly gid: number;
}

/** Where users and groups are looked up. */
export interface AccountFiles {
  /** @default '/etc/passwd' */
  readonly passwd?: string;
  /** @default '/etc/group' */
  readonly group?: string;
}

/**
 * Looks up `user` or `user:group` by name. Without a group it is the user's own.
 *
 * @throws UnknownAccountError
 */
export async function lookUpCredential(su: string, files: AccountFiles = {}): Promise<Credential> {
  const [userName = '', groupName] = su.split(':');
  const user = await findEntry(files.passwd ?? '/etc/passwd', userName);
  if (!user) throw new UnknownAccountError(`user: unknown user ${userName}`);
  const uid = Number(user[2]);
  if (groupName === undefined) return { uid, gid: Number(user[3]) };
  const group = await findEntry(files.group ?? '/etc/group', groupName);
  if (!group) throw new UnknownAccountError(`group: unknown group ${groupName}`);
  return { uid, gid: Number(group[2]) };
}

async function findEntry(path: string, name: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8');
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    if (name !== '' && fields[0] === name && fields.length >= 3) return fields;
  }
  return undefined;
}
