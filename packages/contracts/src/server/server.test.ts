import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shape, word } from '../../test/arbitraries.ts';
import { ForwardRequest, ForwardResponse, ForwardServiceService } from '../gen/dkron/server/v1/forward.ts';
import type { ForwardedAnswer, ForwardedRequest } from './service.ts';
import { forwardService } from './service.ts';

const headers = fc.array(shape({ name: word, value: word }), { maxLength: 4 });
const body = fc.uint8Array({ maxLength: 100 });
const requests: fc.Arbitrary<ForwardedRequest> = shape({ method: word, target: word, headers, body });
const answers: fc.Arbitrary<ForwardedAnswer> = shape({ status: fc.nat(999), headers, body });
const { forward } = forwardService;

describe('dkron.server.v1.ForwardService', () => {
  it('is the service of the contract', () => {
    expect(forward.path).toBe(ForwardServiceService.forward.path);
    expect(Object.keys(forwardService)).toEqual(Object.keys(ForwardServiceService));
  });

  it('reads what it writes, and writes what the generated code writes', () => {
    fc.assert(
      fc.property(requests, answers, (request, answer) => {
        const asked = forward.requestSerialize(request);
        const answered = forward.responseSerialize(answer);
        expect(asked).toEqual(Buffer.from(ForwardRequest.encode(request as never).finish()));
        expect(answered).toEqual(Buffer.from(ForwardResponse.encode(answer as never).finish()));
        const again = forward.requestDeserialize(asked);
        expect({ ...again, body: [...again.body] }).toEqual({ ...request, body: [...request.body] });
        const back = forward.responseDeserialize(answered);
        expect({ ...back, body: [...back.body] }).toEqual({ ...answer, body: [...answer.body] });
      }),
    );
  });
});
