import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { ForwardedAnswer, ForwardedRequest } from '@dkron/contracts';
import { FORWARDED_REQUESTS } from './tokens.ts';

/** Handles requests of the REST API that other servers pass on. */
export type AnswerForwarded = (request: ForwardedRequest) => Promise<ForwardedAnswer>;

/** `dkron.server.v1.ForwardService`. */
@Controller()
export class ForwardGrpcController {
  readonly #answer: AnswerForwarded;

  constructor(@Inject(FORWARDED_REQUESTS) answer: AnswerForwarded) {
    this.#answer = answer;
  }

  @GrpcMethod('ForwardService', 'forward')
  forward(request: ForwardedRequest): Promise<ForwardedAnswer> {
    return this.#answer(request);
  }
}
