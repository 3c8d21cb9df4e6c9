import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shape, word } from '../../test/arbitraries.ts';
import { OutputServiceService, WatchRequest, WatchResponse } from '../gen/dkron/server/v1/output.ts';
import { outputService } from './output-service.ts';
import type { OutputPiece } from './output-service.ts';

const pieces: fc.Arbitrary<OutputPiece> = shape({
  attempt: fc.nat(),
  offset: fc.nat(),
  data: fc.uint8Array({ maxLength: 100 }),
  stderr: fc.boolean(),
});
const { watch } = outputService;

describe('dkron.server.v1.OutputService', () => {
  it('is the service of the contract', () => {
    expect(Object.keys(outputService)).toEqual(Object.keys(OutputServiceService));
    const { path, requestStream, responseStream } = OutputServiceService.watch;
    expect([watch.path, watch.requestStream, watch.responseStream]).toEqual([path, requestStream, responseStream]);
  });

  it('reads what it writes, and writes what the generated code writes', () => {
    fc.assert(
      fc.property(word, pieces, (executionId, piece) => {
        const asked = watch.requestSerialize({ executionId });
        expect(asked).toEqual(Buffer.from(WatchRequest.encode({ executionId }).finish()));
        expect(watch.requestDeserialize(asked)).toEqual({ executionId });
        const sent = watch.responseSerialize(piece);
        expect(sent).toEqual(
          Buffer.from(WatchResponse.encode({ ...piece, offset: BigInt(piece.offset) } as never).finish()),
        );
        const back = watch.responseDeserialize(sent);
        expect({ ...back, data: [...back.data] }).toEqual({ ...piece, data: [...piece.data] });
      }),
    );
  });
});
