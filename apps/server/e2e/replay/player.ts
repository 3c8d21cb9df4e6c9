import { setTimeout as pause } from 'node:timers/promises';
import { bodyOf, compare } from './compare.ts';
import type { Json } from './json.ts';
import { at } from './json.ts';
import type { Exchange, Item, RecordedRequest, RecordedResponse, Step, Until } from './scenario.ts';
import { isStep } from './scenario.ts';
import type { Answer } from './send.ts';
import { send } from './send.ts';
import type { NodesUnderTest } from './nodes-under-test.ts';
import type { ServerUnderTest } from './server-under-test.ts';
import { Variables } from './variables.ts';

const POLL_MS = 20;

export interface Failure {
  readonly position: number;
  readonly name: string;
  readonly differences: readonly string[];
}

/** Goes through a recording top to bottom against its nodes. */
export class Player {
  readonly #nodes: NodesUnderTest;
  readonly #variables = new Variables();
  readonly #underWay = new Map<string, Promise<Answer>>();
  /** How much later than ours the original answered last: what it then slept was slept on top of that. */
  #aheadMs = 0;

  constructor(nodes: NodesUnderTest) {
    this.#nodes = nodes;
    for (const [role, { name, host, port }] of nodes.byName) {
      this.#variables.set(`http_${role}`, `${host}:${port}`);
      this.#variables.set(`addr_${role}`, host);
      this.#variables.set(`${role}_addr`, host);
      this.#variables.set(role, name);
    }
  }

  /** All that departs from the recording; a failing exchange does not end the replay. */
  async play(items: readonly Item[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (const [position, item] of items.entries()) {
      const name = isStep(item) ? `step ${item.step}` : item.name;
      const differences = await this.#item(item).catch((error: unknown) => [String(error)]);
      if (differences.length > 0) failures.push({ position, name, differences });
    }
    await Promise.allSettled(this.#underWay.values());
    return failures;
  }

  async #item(item: Item): Promise<string[]> {
    return isStep(item) ? this.#step(item) : this.#exchange(item);
  }

  async #exchange(exchange: Exchange): Promise<string[]> {
    const startedMs = performance.now();
    const answering = this.#send(exchange.request, exchange.node);
    if (exchange.background === true) {
      answering.catch(() => undefined);
      this.#underWay.set(exchange.name, answering);
      return [];
    }
    const answer = await answering;
    this.#aheadMs = Math.max(0, tookMs(exchange) - (performance.now() - startedMs));
    if (exchange.capture) this.#variables.capture(exchange.capture, bodyOf(answer));
    const { response, insteadOf, sort_body_by: sortBy } = exchange;
    if (insteadOf !== undefined && this.#compare(insteadOf, answer, sortBy).length === 0) {
      return ['answers as recorded: the meant difference is not needed'];
    }
    return response ? this.#compare(response, answer, sortBy) : [];
  }

  async #step(step: Step): Promise<string[]> {
    switch (step.step) {
      case 'wait':
        return this.#wait(step);
      case 'sleep':
        await pause(this.#aheadMs + step.s * 1000);
        this.#aheadMs = 0;
        return [];
      case 'set':
        for (const [name, expression] of Object.entries(step.vars)) this.#variables.setTime(name, expression);
        return [];
      case 'repeat':
        return this.#repeat(step.request, step.times, step.status);
      case 'join':
        return this.#join(step.name, step.response);
      case 'kill_plugin':
        return ['an executor of ours has no process to kill'];
      case 'start':
        await this.#nodes.start(this.#node(step.node));
        return [];
      default:
        await this.#node(step.node)[step.step]();
        return [];
    }
  }

  async #wait({ path, until, max_s: withinS, node }: Extract<Step, { step: 'wait' }>): Promise<string[]> {
    const deadline = performance.now() + withinS * 1000;
    for (;;) {
      const answer = await this.#send({ method: 'GET', path }, node);
      if (holds(this.#variables.in(until as Json) as Until, answer)) return [];
      if (performance.now() > deadline)
        return [`${path}: not so within ${withinS} s; last ${answer.status} ${answer.text}`];
      await pause(POLL_MS);
    }
  }

  async #repeat(request: RecordedRequest, times: number, status: number): Promise<string[]> {
    for (let i = 0; i < times; i++) {
      const answer = await this.#send(request);
      if (answer.status !== status) return [`repetition ${i}: status ${answer.status}, recorded ${status}`];
    }
    return [];
  }

  async #join(name: string, response: RecordedResponse): Promise<string[]> {
    const answer = await this.#underWay.get(name);
    this.#underWay.delete(name);
    return answer === undefined ? [`nothing called ${name} is under way`] : this.#compare(response, answer);
  }

  #node(name = 'n1'): ServerUnderTest {
    const node = this.#nodes.byName.get(name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  #send(request: RecordedRequest, node?: string): Promise<Answer> {
    return send(this.#node(node), this.#variables.in(request as unknown as Json) as unknown as RecordedRequest);
  }

  #compare(recorded: RecordedResponse, answer: Answer, sortBy?: string): string[] {
    return compare(this.#variables.in(recorded as unknown as Json) as unknown as RecordedResponse, answer, sortBy);
  }
}

function tookMs({ response, insteadOf }: Exchange): number {
  return Number((insteadOf ?? response)?.took_s ?? 0) * 1000;
}

function holds(until: Until, answer: Answer): boolean {
  if (until.status !== undefined) return answer.status === until.status;
  const value = at(bodyOf(answer), until.pointer ?? '');
  if (until.length !== undefined) return Array.isArray(value) && value.length === until.length;
  return value === until.equals;
}
