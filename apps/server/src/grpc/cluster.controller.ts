import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Description, PledgeAnswer, PledgeRequest } from '@dkron/cluster';
import { CLUSTER_ANSWERS } from './tokens.ts';

/** What other nodes may ask this server about itself. */
export interface ClusterAnswers {
  describe(): Description;
  pledge(request: PledgeRequest): Promise<PledgeAnswer>;
}

/** `dkron.cluster.v1.ClusterService`. */
@Controller()
export class ClusterGrpcController {
  readonly #answers: ClusterAnswers;

  constructor(@Inject(CLUSTER_ANSWERS) answers: ClusterAnswers) {
    this.#answers = answers;
  }

  @GrpcMethod('ClusterService', 'describe')
  describe(): Description {
    return this.#answers.describe();
  }

  @GrpcMethod('ClusterService', 'pledge')
  pledge(request: PledgeRequest): Promise<PledgeAnswer> {
    return this.#answers.pledge(request);
  }
}
