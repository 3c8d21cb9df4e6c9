/* The floor: sh -c true by vfork, one at a time. Prints executions per second. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1000;
  char *args[] = {"sh", "-c", "true", NULL};
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int i = 0; i < count; i++) {
    pid_t pid = vfork();
    if (pid == 0) {
      execve("/bin/sh", args, environ);
      _exit(127);
    }
    int status;
    waitpid(pid, &status, 0);
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  printf("%.1f\n", count / ((to.tv_sec - from.tv_sec) + (to.tv_nsec - from.tv_nsec) / 1e9));
  return 0;
}
