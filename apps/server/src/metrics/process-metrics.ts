import { readFileSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import type { MetricsRegistry } from './registry.ts';

/** What every scrape tells about this process; the runtime's own numbers stand where the original has those of Go. */
export function addProcessMetrics(registry: MetricsRegistry): void {
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  const host = hostname().replaceAll(/[^A-Za-z0-9_]/g, '_');
  const cpu = registry.counter('process_cpu_seconds_total', 'User and system CPU time spent, in seconds');
  let counted = 0;
  registry.collect(() => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    cpu.add(seconds - counted);
    counted = seconds;
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
    const gauges: readonly (readonly [name: string, help: string, value: number])[] = [
      ['process_start_time_seconds', 'Start time since the epoch, in seconds', startedAtSeconds],
      ['process_resident_memory_bytes', 'Resident memory', rss],
      ['process_open_fds', 'Open file descriptors', countOf('/proc/self/fd')],
      ['process_max_fds', 'Most file descriptors that may be open', openFilesMax()],
      ['nodejs_heap_size_total_bytes', 'Heap reserved', heapTotal],
      ['nodejs_heap_size_used_bytes', 'Heap in use', heapUsed],
      ['nodejs_external_memory_bytes', 'Memory of buffers outside the heap', external],
      [`dkron_${host}_runtime_alloc_bytes`, 'Heap in use', heapUsed],
      [`dkron_${host}_runtime_sys_bytes`, 'Resident memory', rss],
    ];
    for (const [name, help, value] of gauges) if (value >= 0) registry.gauge(name, help).set(value);
    registry.gauge('nodejs_version_info', 'Version of the runtime').set(1, { version: process.version });
  });
}

/** -1 where the system does not tell. */
function countOf(directory: string): number {
  try {
    return readdirSync(directory).length;
  } catch {
    return -1;
  }
}

function openFilesMax(): number {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return match === null ? -1 : Number(match[1]);
  } catch {
    return -1;
  }
}
