import { freePortOn } from './ports.ts';

/** Where one node lives. */
export interface Place {
  readonly host: string;
  /** Command that puts another one into the node's network. */
  readonly prefix: readonly string[];
}

/** Where nodes live, and how they are kept apart. */
export interface NodeNetwork {
  /** Said in the report. */
  readonly name: string;
  /** Whether `cut` does anything. */
  readonly canCut: boolean;
  /** What loses packets; undefined = nothing here can. */
  readonly lossTool: string | undefined;
  /** An address for a node; for one that has one already another, while it does not run. */
  place(id: string): Promise<Place>;
  /** A port of an address that was free a moment ago. */
  freePort(host: string): Promise<number>;
  /** What `from` sends to `to` is lost from now on; the other direction is left alone. */
  cut(from: string, to: string): Promise<void>;
  /** This share of what a node gets from others is lost from now on. @param share - above 0, below 1 */
  lose(id: string, share: number): Promise<void>;
  /** Ends cuts and losses. */
  heal(): Promise<void>;
  /** Leaves nothing behind. To be called after the nodes are gone; synchronous, so that it also runs at an exit. */
  close(): void;
}

/** All on loopback, nothing can be cut. */
export function loopbackNetwork(): NodeNetwork {
  return {
    name: 'loopback',
    canCut: false,
    lossTool: undefined,
    place: async () => ({ host: nextHost(), prefix: [] }),
    freePort: freePortOn,
    cut: () => Promise.reject(new TypeError('cut: the loopback network cannot be cut')),
    lose: () => Promise.reject(new TypeError('lose: the loopback network loses nothing')),
    heal: () => Promise.resolve(),
    close: () => {},
  };
}

let hosts = 0;

/** Another address of loopback each time, as machines have their own; where there is only one, that one. */
function nextHost(): string {
  hosts += 1;
  if (process.platform !== 'linux') return '127.0.0.1';
  // By process, as tests run next to each other.
  return `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}.${1 + (hosts % 250)}`;
}
