import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Descriptors, ServerReflectionRequest, ServerReflectionResponse } from '@dkron/contracts/grpc';

type Call = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;
type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/**
 * `grpc.reflection.v1.ServerReflection`, and the same of `v1alpha`.
 *
 * @param services full names of what the node serves
 * @param load the descriptors; called with the first request
 */
export function reflectionHandlers(services: readonly string[], load: () => Descriptors): UntypedServiceImplementation {
  let loaded: Descriptors | undefined;
  const descriptors = (): Descriptors => (loaded ??= load());
  return {
    serverReflectionInfo: (call: Call) => {
      call.on('data', (request: ServerReflectionRequest) => {
        const messageResponse = answerTo(request, services, descriptors);
        // One who asks faster than it reads is not asked for more.
        if (!call.write({ validHost: request.host, originalRequest: request, messageResponse })) {
          call.pause();
          call.once('drain', () => call.resume());
        }
      });
      call.on('end', () => call.end());
      call.on('error', () => {});
    },
  };
}

function answerTo(
  { messageRequest }: ServerReflectionRequest,
  services: readonly string[],
  descriptors: () => Descriptors,
): Answer {
  switch (messageRequest?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: services.toSorted().map((name) => ({ name })) } };
    case 'fileByFilename':
      return files(descriptors().file(messageRequest.value), messageRequest.value);
    case 'fileContainingSymbol':
      return files(descriptors().fileOf(messageRequest.value), messageRequest.value);
    case 'fileContainingExtension':
    case 'allExtensionNumbersOfType':
      return refused(status.NOT_FOUND, 'nothing here is extended');
    case undefined:
      return refused(status.INVALID_ARGUMENT, 'the request asks for nothing');
  }
}

function files(found: readonly Uint8Array[] | undefined, name: string): Answer {
  if (found === undefined) return refused(status.NOT_FOUND, `${name} is not known`);
  const fileDescriptorProto = found.map((bytes) => Buffer.from(bytes));
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

function refused(errorCode: number, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
