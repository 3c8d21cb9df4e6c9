import type { EndNote } from '../spawn-helper/index.ts';

const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGALRM: 'alarm clock',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGIO: 'I/O possible',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGPROF: 'profiling timer expired',
  SIGPWR: 'power failure',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGSTKFLT: 'stack fault',
  SIGSYS: 'bad system call',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
  SIGUSR1: 'user defined signal 1',
  SIGUSR2: 'user defined signal 2',
  SIGVTALRM: 'virtual timer expired',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'file size limit exceeded',
};

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  E2BIG: 'argument list too long',
  EACCES: 'permission denied',
  EAGAIN: 'resource temporarily unavailable',
  EINVAL: 'invalid argument',
  ELOOP: 'too many levels of symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'too many open files in system',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'exec format error',
  ENOMEM: 'cannot allocate memory',
  ENOTDIR: 'not a directory',
  EPERM: 'operation not permitted',
  ETXTBSY: 'text file busy',
};

/** How a process ended, in the original's words; empty for exit code 0. */
export function endText(note: EndNote, file: string, cwd: string | undefined): string {
  if (note.failure !== undefined) return failureText(note, file, cwd);
  if (note.signal !== undefined) return `signal: ${SIGNAL_NAMES[note.signal] ?? note.signal}`;
  return note.exitCode === 0 ? '' : `exit status ${note.exitCode}`;
}

function failureText(note: EndNote, file: string, cwd: string | undefined): string {
  const code = note.failure as string;
  const reason = SYSTEM_ERRORS[code] ?? code;
  if (note.failed === 'cwd') return `chdir ${cwd}: ${reason}`;
  const searched = !file.includes('/');
  if (searched && (code === 'ENOENT' || code === 'EACCES')) return executableNotFound(file);
  return `fork/exec ${file}: ${reason}`;
}

export function executableNotFound(file: string): string {
  return `exec: ${JSON.stringify(file)}: executable file not found in $PATH`;
}
