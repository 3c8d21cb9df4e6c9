import type { KeyResultEvent } from '../core/serf/effects.ts';
import { GossipError } from '../errors.ts';
import { requireKey } from './options.ts';

/** What the pool said to a key command. */
export type KeyAnswers = Omit<KeyResultEvent, 'type' | 'query'>;

type Run = (command: 'install' | 'use' | 'remove' | 'list', key: Uint8Array | null) => Promise<KeyResultEvent>;

/**
 * Keys of the whole pool, in base64. To rotate: `install` the new one, `use` it, `remove` the old one, each when the one
 * before has succeeded. All reject with {@link GossipError} `GOSSIP_KEYS` unless every member did it (its details have the
 * answers), and throw TypeError for what is no key.
 */
export class KeyCommands {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Adds a key that can open from now on. */
  install(key: string): Promise<KeyAnswers> {
    return this.#change('install', key);
  }

  /** Makes an installed key the one that seals. */
  use(key: string): Promise<KeyAnswers> {
    return this.#change('use', key);
  }

  /** Removes a key that does not seal. */
  remove(key: string): Promise<KeyAnswers> {
    return this.#change('remove', key);
  }

  /** How many members have each key, and how many seal with each. */
  list(): Promise<KeyAnswers> {
    return this.#succeed('list', null);
  }

  async #change(command: 'install' | 'use' | 'remove', key: string): Promise<KeyAnswers> {
    return await this.#succeed(command, requireKey(key));
  }

  async #succeed(command: 'install' | 'use' | 'remove' | 'list', key: Uint8Array | null): Promise<KeyAnswers> {
    const result = await this.#run(command, key);
    if (result.succeeded) return result;
    const { members, answers, errors, messages } = result;
    const said = [...messages].map(([name, message]) => `${name}: ${message}`).join('; ');
    throw new GossipError(
      'GOSSIP_KEYS',
      `${command}: ${answers} of ${members} members answered, ${errors} refused. ${said.slice(0, 1024)}`,
      { ...result },
    );
  }
}
