/** A member as a test sees it, of either kind. */
export interface SeenMember {
  readonly name: string;
  /** `ip:port` */
  readonly address: string;
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A process of a pool: ours or Serf's. */
export interface Peer {
  readonly name: string;
  readonly kind: 'ours' | 'serf';
  /** `ip:port` */
  readonly address: string;
  /** Where it keeps whom it knows. */
  readonly snapshotPath: string;
  /** Also again, after it was killed. */
  start(): Promise<void>;
  join(address: string): Promise<void>;
  members(): Promise<readonly SeenMember[]>;
  setTags(tags: Readonly<Record<string, string>>): Promise<void>;
  userEvent(name: string, payload: string): Promise<void>;
  /** User events heard so far, as `name payload`. */
  heard(): Promise<readonly string[]>;
  /** Changes seen so far that should not be, as far as it tells. */
  failures(): Promise<readonly string[]>;
  leave(): Promise<void>;
  /** `SIGKILL`, `SIGSTOP`, `SIGCONT`. */
  signal(signal: NodeJS.Signals): void;
  /** Has a failed member taken for one that left. */
  removeFailed(name: string): Promise<void>;
  /** Processor time so far, ms. */
  cpuMs(): Promise<number>;
  /** Ends the process, however it is. */
  end(): Promise<void>;
}

export interface PeerOptions {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly profile: 'lan' | 'local';
  readonly tags: Readonly<Record<string, string>>;
  /** Base64; none: not encrypted. */
  readonly key?: string;
  readonly compression: boolean;
  readonly snapshotPath: string;
  /** Serf's protocol, of agents of its own; 2 is the oldest. */
  readonly protocol?: number;
}

/** `ip:port`, IPv6 in brackets. */
export function hostPort({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
