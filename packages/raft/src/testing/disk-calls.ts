/** Calls of a `Disk` and of its files. */
export type DiskCall =
  | 'open'
  | 'rename'
  | 'remove'
  | 'removeDir'
  | 'makeDir'
  | 'list'
  | 'syncDir'
  | 'freeBytes'
  | 'size'
  | 'read'
  | 'write'
  | 'writeDurable'
  | 'writeDurableNow'
  | 'truncate'
  | 'sync'
  | 'close';

/** One call under way. */
export interface PendingCall {
  readonly call: DiskCall;
  readonly path: string;
  /** Bytes read or written, otherwise 0. */
  readonly bytes: number;
}

/**
 * Decides when a call completes: calls `complete` once, now or later; never calling it is a disk that hangs. `complete`
 * does nothing once the disk has crashed.
 */
export type Completion = (call: PendingCall, complete: () => void) => void;

/** Faults to come; each is used up when it strikes. `path` restricts it to paths that contain it. */
export interface DiskFault {
  readonly call: DiskCall;
  readonly path?: string;
  /** Strikes after so many matching calls went well. @default 0 */
  readonly after?: number;
  /** Code of the error. @default 'EIO' */
  readonly code?: string;
  /** For reads: the call succeeds, one of its bytes has these bits flipped. */
  readonly flipMask?: number;
  /** For writes: the bytes go to this offset instead, and the call succeeds. */
  readonly misdirectTo?: number;
}
