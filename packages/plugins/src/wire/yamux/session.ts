import { PluginWireError } from '../errors.ts';
import type { YamuxEvent } from './events.ts';
import type { YamuxFrame } from './frame.ts';
import { encodeYamuxFrame, YAMUX_FLAGS, YamuxFrameReader } from './frame.ts';
import { PeerStreamIds } from './peer-ids.ts';
import { YamuxStream } from './stream.ts';

/** Who began the session, and how much it may hold. */
export interface YamuxSessionOptions {
  /** A client's streams are odd, a server's even. */
  readonly role: 'client' | 'server';
  /** Streams of the other side at a time; more are reset. 256. */
  readonly maxPeerStreams?: number;
  /** Streams of ours that the other side has not confirmed. 256. */
  readonly maxUnconfirmed?: number;
  /** Bytes of one stream that wait for the other side to take some. 32 MiB. */
  readonly maxQueuedBytes?: number;
}

const { syn, ack, fin, rst } = YAMUX_FLAGS;
const PROTOCOL_ERROR = 1;
const LAST_STREAM_ID = 2 ** 32 - 1;
const PINGS_MAX = 16;

/**
 * One side of a yamux connection without the connection: bytes in, events and bytes out. After each call the driver
 * sends `takeOutput()` and handles `takeEvents()`; it also has the clock (answers of pings, confirmations, lingering
 * halves). What the other side does wrong becomes a `failed` event, never an exception.
 */
export class YamuxSession {
  readonly #reader = new YamuxFrameReader();
  readonly #streams = new Map<number, YamuxStream>();
  readonly #peerIds: PeerStreamIds;
  readonly #limits: Required<Omit<YamuxSessionOptions, 'role'>>;
  readonly #pings = new Set<number>();
  #nextId: number;
  #nextPing = 0;
  #unconfirmed = 0;
  #peerStreams = 0;
  /** Said by us: the other side opens no more. Said by it: we do not. */
  #saidGoAway = false;
  #heardGoAway = false;
  #failure: PluginWireError | undefined;
  #output: Uint8Array[] = [];
  #events: YamuxEvent[] = [];

  constructor({ role, ...limits }: YamuxSessionOptions) {
    this.#nextId = role === 'client' ? 1 : 2;
    this.#peerIds = new PeerStreamIds(role === 'client' ? 2 : 1);
    this.#limits = { maxPeerStreams: 256, maxUnconfirmed: 256, maxQueuedBytes: 32 * 1_048_576, ...limits };
  }

  /** Bytes to send, in order. */
  takeOutput(): Uint8Array[] {
    const taken = this.#output;
    this.#output = [];
    return taken;
  }

  takeEvents(): YamuxEvent[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }

  /** Bytes that came, in pieces of any size. After a failure they are dropped. */
  receive(bytes: Uint8Array): void {
    if (this.#failure) return;
    try {
      for (const frame of this.#reader.push(bytes)) this.#handle(frame);
    } catch (error) {
      if (!(error instanceof PluginWireError)) throw error;
      this.#failure = error;
      this.#streams.clear();
      this.#send({ type: 'goAway', flags: 0, streamId: 0, value: PROTOCOL_ERROR });
      this.#events.push({ type: 'failed', error });
    }
  }

  /** Opens a stream, on which data may be written at once. Throws `PluginWireError` when none can be opened. */
  open(): number {
    if (this.#failure) throw this.#failure;
    if (this.#saidGoAway || this.#heardGoAway)
      throw new PluginWireError('PLUGIN_YAMUX', 'the yamux session takes no more streams');
    if (this.#unconfirmed >= this.#limits.maxUnconfirmed || this.#nextId > LAST_STREAM_ID) {
      throw new PluginWireError(
        'PLUGIN_LIMIT',
        `${this.#unconfirmed} yamux streams are not confirmed, or ids are used up`,
      );
    }
    const streamId = this.#nextId;
    this.#nextId += 2;
    this.#unconfirmed += 1;
    this.#add(streamId, false);
    this.#send({ type: 'windowUpdate', flags: syn, streamId, value: 0 });
    return streamId;
  }

  /** Sends as much as the other side takes now, the rest later. Throws `PluginWireError` for a stream that is over. */
  write(streamId: number, bytes: Uint8Array): void {
    const stream = this.#stream(streamId);
    if (stream.queuedBytes + bytes.length > this.#limits.maxQueuedBytes) {
      const text = `${stream.queuedBytes} bytes wait on yamux stream ${streamId}, at most ${this.#limits.maxQueuedBytes}`;
      throw new PluginWireError('PLUGIN_LIMIT', text);
    }
    stream.write(bytes);
  }

  /** Bytes that wait for the other side to take some; 0 for streams that are over. */
  queuedBytes(streamId: number): number {
    return this.#streams.get(streamId)?.queuedBytes ?? 0;
  }

  /** Bytes of `data` events that have been dealt with. Nothing happens for streams that are over. */
  consume(streamId: number, bytes: number): void {
    this.#streams.get(streamId)?.consume(bytes);
  }

  /** No more data from us, once what waits has been sent. */
  end(streamId: number): void {
    const stream = this.#stream(streamId);
    stream.end();
    this.#dropIfDone(stream);
  }

  /** Gives a stream up in both directions. */
  reset(streamId: number): void {
    if (!this.#streams.has(streamId)) return;
    this.#drop(streamId);
    this.#send({ type: 'windowUpdate', flags: rst, streamId, value: 0 });
  }

  /** Asks for an answer; a `pong` event has the same number. Throws `PluginWireError` with 16 unanswered. */
  ping(): number {
    if (this.#pings.size >= PINGS_MAX) throw new PluginWireError('PLUGIN_LIMIT', `${PINGS_MAX} pings have no answer`);
    const value = this.#nextPing;
    this.#nextPing = (value + 1) % 2 ** 32;
    this.#pings.add(value);
    this.#send({ type: 'ping', flags: syn, streamId: 0, value });
    return value;
  }

  /** Tells the other side to open no more streams; ours are not opened either. */
  goAway(code = 0): void {
    this.#saidGoAway = true;
    this.#send({ type: 'goAway', flags: 0, streamId: 0, value: code });
  }

  #handle(frame: YamuxFrame): void {
    if (frame.type === 'ping') this.#handlePing(frame);
    else if (frame.type === 'goAway') this.#handleGoAway(frame.value);
    else if (frame.streamId === 0) throw new PluginWireError('PLUGIN_YAMUX', `yamux ${frame.type} on stream 0`);
    else this.#handleStream(frame);
  }

  #handlePing({ flags, value }: YamuxFrame): void {
    if (flags & syn) this.#send({ type: 'ping', flags: ack, streamId: 0, value });
    else if (this.#pings.delete(value)) this.#events.push({ type: 'pong', value });
  }

  #handleGoAway(code: number): void {
    this.#heardGoAway = true;
    this.#events.push({ type: 'goAway', code });
  }

  #handleStream({ type, flags, streamId, value, payload }: YamuxFrame): void {
    if (flags & syn && !this.#accept(streamId)) return;
    const stream = this.#streams.get(streamId);
    // Frames may be on their way when a stream ends here.
    if (!stream) return;
    if (flags & ack) this.#confirm(stream);
    if (flags & rst) {
      this.#drop(streamId);
      this.#events.push({ type: 'reset', streamId });
      return;
    }
    if (type === 'windowUpdate') stream.permit(value);
    else if (payload && value > 0) {
      stream.receive(value);
      this.#events.push({ type: 'data', streamId, bytes: payload });
    }
    if (flags & fin) {
      stream.receiveEnd();
      this.#events.push({ type: 'end', streamId });
    }
    this.#dropIfDone(stream);
  }

  #accept(streamId: number): boolean {
    this.#peerIds.use(streamId);
    if (this.#saidGoAway || this.#peerStreams >= this.#limits.maxPeerStreams) {
      this.#send({ type: 'windowUpdate', flags: rst, streamId, value: 0 });
      return false;
    }
    this.#peerStreams += 1;
    this.#add(streamId, true);
    this.#send({ type: 'windowUpdate', flags: ack, streamId, value: 0 });
    this.#events.push({ type: 'stream', streamId });
    return true;
  }

  #confirm(stream: YamuxStream): void {
    if (stream.isConfirmed) return;
    stream.isConfirmed = true;
    this.#unconfirmed -= 1;
    this.#events.push({ type: 'opened', streamId: stream.id });
  }

  #add(streamId: number, isConfirmed: boolean): void {
    this.#streams.set(streamId, new YamuxStream(streamId, isConfirmed, (frame) => this.#send(frame)));
  }

  #stream(streamId: number): YamuxStream {
    const stream = this.#streams.get(streamId);
    if (stream) return stream;
    throw this.#failure ?? new PluginWireError('PLUGIN_YAMUX', `yamux stream ${streamId} is not open`);
  }

  #dropIfDone(stream: YamuxStream): void {
    if (stream.isDone) this.#drop(stream.id);
  }

  #drop(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    this.#streams.delete(streamId);
    if (!stream.isConfirmed) this.#unconfirmed -= 1;
    if (streamId % 2 !== this.#nextId % 2) this.#peerStreams -= 1;
  }

  #send(frame: YamuxFrame): void {
    this.#output.push(encodeYamuxFrame(frame));
  }
}
