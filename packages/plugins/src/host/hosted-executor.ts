import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Cancel, Timers } from '@dkron/runtime';
import { causeText, PluginError } from '../errors.ts';
import type { HostedExecutor, PluginRunContext, PluginRunRequest, PluginRunResult } from './contracts.ts';
import type { ExecutorSession } from './executor-session.ts';
import { exitDuringRun } from './exit-text.ts';
import type { LifeCycle, Running } from './life-cycle.ts';
import { ReportedOutput } from './run-output.ts';

const CANCELLED: PluginRunResult = { success: false, error: 'execution cancelled', reason: 'cancelled' };
const TIMER_MS_MAX = 2 ** 31 - 1;

export function hostedExecutor(name: string, lifeCycle: LifeCycle<ExecutorSession>, timers: Timers): HostedExecutor {
  return {
    name,
    execute: (request, context) => execute(`executor-${name}`, lifeCycle, timers, request, context),
  };
}

async function execute(
  id: string,
  lifeCycle: LifeCycle<ExecutorSession>,
  timers: Timers,
  request: PluginRunRequest,
  context: PluginRunContext,
): Promise<PluginRunResult> {
  if (context.signal.aborted) return CANCELLED;
  const stop = new AbortController();
  let isLate = false;
  let isOver = false;
  const abort = (): void => stop.abort();
  context.signal.addEventListener('abort', abort, { once: true });
  const cancelTimeout = afterLong(timers, request.timeoutMs, () => {
    isLate = true;
    stop.abort();
  });
  const reported = new ReportedOutput();
  let running: Running<ExecutorSession> | undefined;
  try {
    running = await lifeCycle.use();
    const call = running.session.execute(
      { jobName: request.jobName, config: new Map(Object.entries(request.config)) },
      ({ output, error }) => {
        if (isOver || output.length === 0) return;
        reported.add(output);
        context.output(output, error);
      },
      stop.signal,
    );
    const { output, error } = await call;
    const missing = reported.missing(output);
    isOver = true;
    if (missing.length > 0) context.output(missing, false);
    return error === '' ? { success: true, error: '' } : failed(oneLine(error));
  } catch (error) {
    isOver = true;
    if (isLate) return { ...failed(`execution exceeded its timeout of ${request.timeoutMs} ms`), reason: 'timeout' };
    if (context.signal.aborted) return CANCELLED;
    return failed(await textOf(id, error, running, lifeCycle, timers));
  } finally {
    isOver = true;
    cancelTimeout();
    context.signal.removeEventListener('abort', abort);
  }
}

function failed(error: string): PluginRunResult {
  return { success: false, error, reason: 'executor' };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim() || 'the plugin gave an error without text';
}

/** Names the plugin and the cause. */
async function textOf(
  id: string,
  error: unknown,
  running: Running<ExecutorSession> | undefined,
  lifeCycle: LifeCycle<ExecutorSession>,
  timers: Timers,
): Promise<string> {
  if (error instanceof PluginError && !running) return causeText(error);
  const { code, details } = error as Partial<ServiceError>;
  if (running && (code === status.UNAVAILABLE || code === status.CANCELLED || code === status.INTERNAL)) {
    const exit = await exitDuringRun(id, running, lifeCycle, timers);
    if (exit !== undefined) return exit;
  }
  if (code === status.UNIMPLEMENTED) return `plugin ${id} serves none of the known executor services`;
  return `plugin ${id}: ${oneLine(typeof details === 'string' && details !== '' ? details : causeText(error))}`;
}

/** A timer without the platform's limit of 24 days; none without a delay. */
function afterLong(timers: Timers, delayMs: number | undefined, fn: () => void): Cancel {
  if (delayMs === undefined) return () => {};
  const hopMs = Math.min(delayMs, TIMER_MS_MAX);
  let cancel = timers.after(hopMs, () => {
    if (delayMs > hopMs) cancel = afterLong(timers, delayMs - hopMs, fn);
    else fn();
  });
  return () => cancel();
}
