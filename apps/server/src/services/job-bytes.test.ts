import { describe, expect, it } from 'vitest';
import { parseJobJson } from '@dkron/jobs';
import type { JobName, StoredJob } from '@dkron/jobs';
import { JobBytes } from './job-bytes.ts';
import { JobPages } from './job-pages.ts';

/** Jobs by name, with the changes told as the store tells them. */
class FakeStore {
  readonly jobs = new Map<JobName, StoredJob>();
  reads = 0;
  #changed: (names: Iterable<JobName>) => void = () => undefined;
  #restored: () => void = () => undefined;

  put(name: JobName, fields: object = {}): void {
    const { definition } = parseJobJson(JSON.stringify({ name, schedule: '@every 1h', executor: 'shell', ...fields }));
    const revision = (this.jobs.get(name)?.state.revision ?? 0) + 1;
    const counts = { successCount: 0, errorCount: 0, lastSuccess: null, lastError: null, status: '', problem: '' };
    const times = { next: 5n, nextTick: 7n, decidedUpTo: 0n, anchor: 0n };
    this.jobs.set(name, { definition, state: { version: 1, revision, dependentJobs: [], ...counts, ...times } });
    this.#changed([name]);
  }

  delete(name: JobName): void {
    this.jobs.delete(name);
    this.#changed([name]);
  }

  restore(): void {
    this.jobs.clear();
    this.#restored();
  }

  getJob(name: JobName): StoredJob | undefined {
    this.reads += 1;
    return this.jobs.get(name);
  }

  listJobNames(): { readonly names: readonly JobName[]; readonly total: number } {
    return { names: [...this.jobs.keys()], total: this.jobs.size };
  }

  onJobsChanged(listener: (names: Iterable<JobName>) => void): () => void {
    this.#changed = listener;
    return () => undefined;
  }

  onRestored(listener: () => void): () => void {
    this.#restored = listener;
    return () => undefined;
  }
}

function parts(options: { readonly answers?: number; readonly pages?: number } = {}) {
  const store = new FakeStore();
  const time = { now: 1_000n };
  const clock = { wallNanos: () => time.now };
  const answers = new JobBytes({ bytesMax: options.answers ?? 1_000_000 }, { store, clock });
  const pages = new JobPages({ bytesMax: options.pages ?? 1_000_000 }, { store, answers });
  return { store, time, answers, pages };
}

describe('answers of jobs', () => {
  it('are made once, and anew when their job changes', () => {
    const { store, answers } = parts();
    store.put('a');
    store.put('b');
    expect(answers.of('a')).toBe(answers.of('a'));
    expect(store.reads).toBe(1);
    const other = answers.of('b');
    store.put('a', { owner: 'ops' });
    expect(answers.of('a')?.text).toContain('"owner":"ops"');
    expect(answers.of('a')?.etag).toBe('"1-2"');
    expect(answers.of('b')).toBe(other);
    store.delete('a');
    expect(answers.of('a')).toBeUndefined();
    store.restore();
    expect(answers.of('b')).toBeUndefined();
    expect(answers.bytes).toBe(0);
  });

  it('whose next depends on the time are not kept', () => {
    const { store, time, answers } = parts();
    store.put('later', { starts_at: '2030-01-01T00:00:00Z' });
    expect(answers.of('later')?.text).toContain('"next":"2030-01-01T00:00:00Z"');
    time.now = 2_000_000_000_000_000_000n;
    expect(answers.of('later')?.text).toContain('"next":"1970-01-01T00:00:00.000000007Z"');
    expect(answers.of('later')).toBe(answers.of('later'));
  });

  it('are bounded in bytes: the one made first goes', () => {
    const { store, answers } = parts({ answers: 3_000 });
    for (let i = 0; i < 50; i++) {
      store.put(`job-${i}`);
      answers.of(`job-${i}`);
      expect(answers.bytes).toBeLessThanOrEqual(3_000);
    }
    const before = store.reads;
    answers.of('job-49');
    expect(store.reads).toBe(before);
    answers.of('job-0');
    expect(store.reads).toBe(before + 1);
  });
});

describe('pages of jobs', () => {
  it('are the answers in a JSON array, whatever the texts hold', () => {
    const { store, answers, pages } = parts();
    expect(pages.make('none', {}).body.toString()).toBe('[]');
    store.put('a', { owner: 'Jürgen 東京 😀' });
    store.put('b', { owner: 'plain' });
    store.put('c', { owner: 'ÿ' });
    const { body, total } = pages.make('all', {});
    expect(body.toString()).toBe(`[${['a', 'b', 'c'].map((name) => answers.of(name)?.text).join(',')}]`);
    expect(total).toBe(3);
  });

  it('are kept per query until any job changes', () => {
    const { store, pages } = parts();
    store.put('a');
    const page = pages.make('?_end=1', {});
    expect(pages.kept('?_end=1')).toBe(page);
    expect(pages.kept('?_end=2')).toBeUndefined();
    store.put('b');
    expect(pages.kept('?_end=1')).toBeUndefined();
    pages.make('?_end=2', {});
    expect(pages.kept('?_end=1')).toBeUndefined();
    store.restore();
    expect(pages.kept('?_end=2')).toBeUndefined();
  });

  it('are not kept while the next of a job depends on the time', () => {
    const { store, pages } = parts();
    store.put('later', { starts_at: '2030-01-01T00:00:00Z' });
    pages.make('', {});
    expect(pages.kept('')).toBeUndefined();
  });

  it('are bounded in bytes', () => {
    const { store, pages } = parts({ pages: 1_500 });
    store.put('a');
    for (const query of ['1', '2', '3', '4']) pages.make(query, {});
    expect(pages.kept('4')).toBeDefined();
    expect(pages.kept('1')).toBeUndefined();
    for (let i = 0; i < 5; i++) store.put(`b-${i}`);
    pages.make('large', {});
    expect(pages.kept('large')).toBeUndefined();
  });
});
