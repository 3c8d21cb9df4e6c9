import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Connector } from './connector.ts';
import { HANG_UP, HttpRequestError, networkErrorText, transportText } from './error-text.ts';
import type { HttpSettings } from './settings.ts';
import { asksForGzip, firstStep, headersOf, redirected, type Step } from './step.ts';

/** What is told of an exchange: any number of pieces, then one end. */
export interface ExchangeEvents {
  /** The next bytes of the decoded body. */
  body(chunk: Uint8Array): void;
  ended(statusCode: number): void;
  /** @param error a {@link HttpRequestError}, or what broke off or garbled the body */
  failed(error: Error): void;
}

const REDIRECTS_MAX = 10;

/** One request and those that it is redirected to. */
export class Exchange {
  readonly #connector: Connector;
  readonly #events: ExchangeEvents;
  #leave: () => void = () => {};
  /** Undefined while it waits for its turn. */
  #call: ClientRequest | undefined;
  #redirects = 0;
  #answered = false;
  #over = false;

  constructor(connector: Connector, events: ExchangeEvents) {
    this.#connector = connector;
    this.#events = events;
  }

  /** Whether an answer came that leads nowhere else. */
  get answered(): boolean {
    return this.#answered;
  }

  begin(settings: HttpSettings): void {
    try {
      this.#enter(firstStep(settings));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Ends what is under way; nothing is told any more. */
  stop(): void {
    this.#over = true;
    if (this.#call) this.#call.destroy();
    else this.#leave();
  }

  #enter(step: Step): void {
    this.#call = undefined;
    this.#leave = this.#connector.queue.enter(step.url.origin, (leave) => {
      try {
        this.#send(step, leave);
      } catch (error) {
        leave();
        this.#failBefore(step, error as Error);
      }
    });
  }

  /** @throws for a method or a header that cannot be sent */
  #send(step: Step, leave: () => void): void {
    const { url, method } = step;
    const body = Buffer.from(step.body);
    const call = request({
      method,
      path: `${url.pathname}${url.search}`,
      headers: headersOf(step, body.length),
      createConnection: () => this.#connector.connect(url),
    });
    // It is sent as it was written.
    call.method = method;
    call.on('response', (answer) => this.#receive(step, answer));
    call.on('error', (error) => {
      // Without a connection nothing is closed.
      leave();
      this.#failBefore(step, error);
    });
    call.on('close', () => {
      leave();
      // Such as an answer that changes the protocol.
      if (this.#call === call && !this.#answered && !this.#over) this.#failBefore(step, new Error(HANG_UP));
    });
    this.#call = call;
    if (body.length > 0) call.end(body);
    else call.end();
  }

  #receive(step: Step, answer: IncomingMessage): void {
    if (this.#over) return void answer.destroy();
    try {
      const next = redirected(step, answer);
      if (!next) return this.#read(answer, decoded(step, answer));
      answer.on('error', () => {});
      answer.destroy();
      if (++this.#redirects > REDIRECTS_MAX)
        throw new HttpRequestError(transportText(next, `stopped after ${REDIRECTS_MAX} redirects`));
      this.#enter(next);
    } catch (error) {
      answer.destroy();
      this.#fail(error as Error);
    }
  }

  #read(answer: IncomingMessage, body: Readable): void {
    this.#answered = true;
    body.on('data', (chunk: Uint8Array) => {
      if (!this.#over) this.#events.body(chunk);
    });
    body.on('end', () => this.#end(answer.statusCode ?? 0));
    body.on('error', (error) => this.#fail(error));
  }

  #end(statusCode: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.ended(statusCode);
  }

  /** Of an error before the answer; what goes wrong later its body tells as well. */
  #failBefore(step: Step, error: Error): void {
    if (!this.#answered) this.#fail(new HttpRequestError(transportText(step, networkErrorText(error))));
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.failed(error);
  }
}

function decoded(step: Step, answer: IncomingMessage): Readable {
  const encoding = answer.headers['content-encoding']?.toLowerCase();
  if (encoding !== 'gzip' || !asksForGzip(step)) return answer;
  const gunzip = createGunzip();
  answer.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => answer.destroy());
  return answer.pipe(gunzip);
}
