import type { NoticeChannel } from '@dkron/jobs';

/** What is still to be told, as lines: execution, event, channel. */
export class ModelNotices {
  notify: readonly NoticeChannel[] = [];
  #lines: string[] = [];

  get lines(): readonly string[] {
    return this.#lines.toSorted();
  }

  started(id: string): void {
    this.#add(id, 'start', ['cronitor', 'pre-webhook']);
  }

  ended(id: string, ownerEmail: string): void {
    this.#add(id, 'end', ownerEmail === '' ? ['cronitor', 'webhook'] : ['cronitor', 'mail', 'webhook']);
  }

  /** It has not ended after all. */
  revived(id: string): void {
    this.#lines = this.#lines.filter((line) => !line.startsWith(`${id} end`));
  }

  settled(line: string): void {
    const at = this.#lines.indexOf(line);
    if (at !== -1) this.#lines.splice(at, 1);
  }

  #add(id: string, event: string, channels: readonly NoticeChannel[]): void {
    for (const channel of channels) if (this.notify.includes(channel)) this.#lines.push(`${id} ${event} ${channel}`);
  }
}
