/** An event of a stream as it arrived. */
export interface StreamMessage {
  /** `message` where the server names none. */
  readonly event: string;
  readonly data: string;
  /** Of this event or the last one before it that had an id; `''` = none so far. */
  readonly id: string;
}

const CHARACTERS_MAX = 16_777_216;

/** Takes the text of an event stream in pieces of any size and gives its events, as the HTML standard describes it. */
export class EventParser {
  #rest = '';
  #atStart = true;
  #event = '';
  #data: string[] = [];
  #size = 0;
  #id = '';

  /** @throws RangeError when an event is larger than 16 Mi characters */
  push(text: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    let all = this.#rest + text;
    if (this.#atStart && all !== '') {
      this.#atStart = false;
      if (all.startsWith('\uFEFF')) all = all.slice(1);
    }
    // A CR at the end may be the first half of a CR LF.
    const lines = all.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = this.#line(line);
      if (message !== undefined) messages.push(message);
    }
    if (this.#rest.length + this.#size > CHARACTERS_MAX) {
      throw new RangeError(`an event is larger than ${CHARACTERS_MAX} characters`);
    }
    return messages;
  }

  #line(line: string): StreamMessage | undefined {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'data') {
      this.#data.push(value);
      this.#size += value.length;
    }
    return undefined;
  }

  #end(): StreamMessage | undefined {
    const { length } = this.#data;
    const message = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id };
    this.#event = '';
    this.#data = [];
    this.#size = 0;
    return length === 0 ? undefined : message;
  }
}
