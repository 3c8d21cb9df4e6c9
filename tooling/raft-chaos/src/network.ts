import { freePort } from '@dkron/harness';

/** Where servers live, and how they are kept apart. */
export interface ServerNetwork {
  /** Said in the report. */
  readonly name: string;
  /** Whether `cut` does anything. */
  readonly canCut: boolean;
  place(id: string): Promise<{ readonly host: string; readonly port: number; readonly prefix: readonly string[] }>;
  /** What `from` sends to `to` is lost from now on; the other direction is left alone. */
  cut(from: string, to: string): Promise<void>;
  heal(): Promise<void>;
  /** Leaves nothing behind. To be called after the servers are gone; synchronous, so that it also runs at an exit. */
  close(): void;
}

/** All on loopback, nothing can be cut. */
export function loopbackNetwork(): ServerNetwork {
  return {
    name: 'loopback',
    canCut: false,
    place: async () => ({ host: '127.0.0.1', port: await freePort(), prefix: [] }),
    cut: () => Promise.reject(new TypeError('cut: the loopback network cannot be cut')),
    heal: () => Promise.resolve(),
    close: () => {},
  };
}
