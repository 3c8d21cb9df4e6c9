import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOURCE = `
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
  int n = atoi(argv[1]);
  char *args[] = {"sh", "-c", "true", NULL};
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (int i = 0; i < n; i++) {
    pid_t pid = vfork();
    if (pid == 0) { execve("/bin/sh", args, environ); _exit(127); }
    int status;
    waitpid(pid, &status, 0);
  }
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("%f\\n", n / ((b.tv_sec - a.tv_sec) + (b.tv_nsec - a.tv_nsec) / 1e9));
}
`;

/** Runs per second of \`sh -c true\` in a C vfork loop, one at a time; undefined where there is no C compiler. */
export function vforkRate(count: number): number | undefined {
  if (spawnSync('cc', ['--version']).status !== 0) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'dkron-bench-'));
  try {
    const source = join(directory, 'loop.c');
    const binary = join(directory, 'loop');
    writeFileSync(source, SOURCE);
    execFileSync('cc', ['-O2', '-o', binary, source], { stdio: ['ignore', 'ignore', 'ignore'] });
    return Number(execFileSync(binary, [String(count)], { encoding: 'utf8' }).trim());
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
