import type { CommittedEntry, StateMachine, StateSnapshot } from '../node/state-machine.ts';
import type { Member } from '../node/members.ts';
import type { ConfState } from '../core/types.ts';

/** A state machine that remembers every command as text: what was applied, in which order. */
export class JournalMachine implements StateMachine {
  /** Commands applied, those before a snapshot included. */
  commands: string[] = [];
  /** Index of the last command or snapshot. */
  index = 0;
  /** Snapshots restored, by index. */
  restored: number[] = [];
  readonly configurations: { readonly index: number; readonly conf: ConfState; readonly members: readonly Member[] }[] =
    [];
  /** Calls of `apply`. */
  batches = 0;
  /** Delays the end of each call of `apply`. */
  gate: (() => Promise<void>) | undefined;

  apply(batch: readonly CommittedEntry[]): readonly unknown[] | Promise<readonly unknown[]> {
    this.batches += 1;
    const results = batch.map(({ index, data }) => {
      if (index <= this.index) throw new Error(`command ${index} after ${this.index}`);
      this.index = index;
      return this.commands.push(new TextDecoder().decode(data));
    });
    return this.gate === undefined ? results : this.gate().then(() => results);
  }

  snapshot(): StateSnapshot {
    const state = new TextEncoder().encode(JSON.stringify(this.commands));
    return {
      persist: async (writer) => {
        // In pieces, so that streams are more than one chunk.
        for (let at = 0; at < state.length; at += 1000) await writer.write(state.slice(at, at + 1000));
      },
      release: () => {},
    };
  }

  async restore(stream: AsyncIterable<Uint8Array>, meta: { readonly index: number }): Promise<void> {
    let text = '';
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    this.commands = JSON.parse(text) as string[];
    this.index = meta.index;
    this.restored.push(meta.index);
  }

  configuration(index: number, conf: ConfState, members: readonly Member[]): void {
    this.configurations.push({ index, conf, members });
  }
}
