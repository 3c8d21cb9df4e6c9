import type { ApplyEvent, Group, JobName } from '@dkron/jobs';
import type { StateView } from './ports.ts';

/** Which causes still have work open, and who waits for their end. */
export class OpenRoots {
  readonly #open = new Set<Group>();
  readonly #waiting = new Map<Group, Set<() => void>>();

  /** An open run has an open execution or a due record. */
  load(view: StateView): void {
    const names = new Set<JobName>();
    for (const execution of view.openExecutions()) names.add(execution.jobName);
    for (const due of view.dues()) {
      if (due.kind !== 'hold') this.#open.add(due.rootGroup);
      names.add(due.jobName);
    }
    for (const name of names) for (const run of view.openRuns(name)) this.#open.add(run.rootGroup);
  }

  clear(): void {
    this.#open.clear();
    for (const root of this.#waiting.keys()) this.#wake(root);
  }

  onEvent(event: ApplyEvent): void {
    if (event.type === 'run' && event.run.open) this.#open.add(event.run.rootGroup);
    else if (event.type === 'due' && event.change === 'added' && event.due.kind !== 'hold')
      this.#open.add(event.due.rootGroup);
    else if (event.type === 'settled') {
      this.#open.delete(event.rootGroup);
      this.#wake(event.rootGroup);
    }
  }

  /** Resolves when nothing is open under `root`; rejects with the signal's reason. */
  wait(root: Group, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (!this.#open.has(root)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const aborted = (): void => {
        this.#waiting.get(root)?.delete(done);
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', aborted, { once: true });
      const set = this.#waiting.get(root) ?? new Set();
      this.#waiting.set(root, set.add(done));
    });
  }

  #wake(root: Group): void {
    const waiting = this.#waiting.get(root);
    this.#waiting.delete(root);
    for (const done of waiting ?? []) done();
  }
}
