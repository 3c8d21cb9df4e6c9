/** One file, as the journal needs it. The journal never has two calls open at once. */
export interface JournalStorage {
  /**
   * All that is stored; empty when nothing was ever written. Zeros may follow that were never appended, unless the storage
   * was closed. Called once, first.
   */
  read(): Promise<Uint8Array>;
  /**
   * Writes at the end; with `sync` it and everything before it is durable when this resolves. When it rejects, the end
   * is where it was: the next append overwrites what the failed one left.
   */
  append(bytes: Uint8Array, sync: boolean): Promise<void>;
  /** Keeps the first `lengthBytes` bytes, durably. */
  truncate(lengthBytes: number): Promise<void>;
  /** Atomically and durably puts `bytes` in place of everything; on rejection the old content stands. */
  replace(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Ends what a dead worker left running. */
export interface ProcessControl {
  /**
   * Kills process group `processGroup` if its leader started at `startTime` (text as the executor reported it).
   * Returns whether a signal was sent; never signals a group whose start time differs.
   */
  killGroup(processGroup: number, startTime: string): boolean;
}
