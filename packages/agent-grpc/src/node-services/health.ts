import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { HealthCheckRequest, HealthCheckResponse } from '@dkron/contracts/grpc';
import { ServingStatus } from '@dkron/contracts/grpc';
import type { Cancel, Timers } from '@dkron/runtime';

/** Whether each service can be used now, by its name; `''` is the node as a whole. */
export type HealthStates = Readonly<Record<string, () => boolean>>;

const LOOK_MS = 1_000;
const WATCHERS_MAX = 256;

/** `grpc.health.v1.Health` of a node. Watchers hear of a change within a second. */
export function healthHandlers(states: HealthStates, timers: Timers): UntypedServiceImplementation {
  let watchers = 0;
  const stateOf = (service: string): ServingStatus => {
    if (!Object.hasOwn(states, service)) return ServingStatus.SERVICE_UNKNOWN;
    return states[service]!() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };
  return {
    check: ({ request }: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>, answer: Answer) => {
      const found = stateOf(request.service);
      if (found === ServingStatus.SERVICE_UNKNOWN) answer({ code: status.NOT_FOUND, details: 'unknown service' });
      else answer(null, { status: found });
    },
    watch: (call: ServerWritableStream<HealthCheckRequest, HealthCheckResponse>) => {
      if (watchers >= WATCHERS_MAX) {
        call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: `${WATCHERS_MAX} are watching already` });
        return;
      }
      watchers += 1;
      let told: ServingStatus | undefined;
      let next: Cancel = () => {};
      const look = (): void => {
        const now = stateOf(call.request.service);
        if (now !== told) call.write({ status: now });
        told = now;
        next = timers.after(LOOK_MS, look);
      };
      call.on('cancelled', () => {
        watchers -= 1;
        next();
        call.end();
      });
      look();
    },
  };
}

type Answer = sendUnaryData<HealthCheckResponse>;
