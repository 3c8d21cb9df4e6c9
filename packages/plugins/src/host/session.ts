/** A connection to a running plugin. */
export interface PluginSession {
  /** Settles with the reason when the connection is of no use any more. */
  readonly broken: Promise<Error>;
  /** Rejects when the plugin does not answer in time. */
  ping(timeoutMs: number): Promise<void>;
  /** Asks the plugin to end; resolves when it is told, or cannot be. */
  shutdown(): Promise<void>;
  /** Lets go of the connection: what is under way fails. */
  close(): void;
}

/** Takes what a plugin prints after its start; a promise makes the plugin wait. */
export type PrintedOutput = (bytes: Uint8Array, stderr: boolean) => void | Promise<void>;
