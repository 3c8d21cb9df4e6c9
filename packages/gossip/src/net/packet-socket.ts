import { createSocket, type Socket } from 'node:dgram';
import type { Timers } from '@dkron/runtime';
import type { Address } from '../core/types.ts';
import { familyOf, forFamily, plainIp } from './socket-address.ts';
import type { TransportHandler } from './transport.ts';

/** Datagrams sent in one turn of the event loop: a longer run of them would starve receiving. */
const SENDS_PER_TURN = 64;
/** Datagrams waiting for the next turns; more are dropped, as a network would. */
const MAX_WAITING = 4096;
/** Halved until the system grants it. */
const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;
const LEAST_RECEIVE_BUFFER_BYTES = 64 * 1024;

interface Waiting {
  readonly to: Address;
  readonly datagram: Uint8Array;
}

/** A UDP socket that neither starves its own receiving nor throws for what the network says. */
export class PacketSocket {
  readonly #timers: Timers;
  readonly #handler: TransportHandler;
  readonly #socket: Socket;
  readonly #family: 4 | 6;
  #sentThisTurn = 0;
  #waiting: Waiting[] = [];
  #isTurnPlanned = false;
  #closed = false;

  /** Not bound yet. `ip` decides the family; `::` takes both. */
  constructor(ip: string, handler: TransportHandler, timers: Timers) {
    this.#timers = timers;
    this.#handler = handler;
    this.#family = familyOf(ip);
    this.#socket = createSocket({
      type: this.#family === 6 ? 'udp6' : 'udp4',
      // Addresses are literal: the usual lookup of them costs a fifth of a send.
      lookup: (address, _options, done) => done(null, address, this.#family),
    });
  }

  /** Rejects with the system's error, and is closed then. */
  bind(ip: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        this.#closed = true;
        this.#socket.close();
        reject(error);
      };
      this.#socket.once('error', refuse);
      this.#socket.bind(port, ip, () => {
        this.#socket.off('error', refuse);
        this.#socket.on('error', (error) => this.#handler.failed('socket', undefined, error));
        this.#socket.on('message', (datagram, { address, port: from }) => {
          this.#handler.packet(datagram, { ip: plainIp(address), port: from });
        });
        this.#growReceiveBuffer();
        resolve();
      });
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(to: Address, datagram: Uint8Array): void {
    if (this.#closed) return;
    if (this.#sentThisTurn < SENDS_PER_TURN && this.#waiting.length === 0) {
      this.#sendNow(to, datagram);
    } else if (this.#waiting.length < MAX_WAITING) {
      this.#waiting.push({ to, datagram });
    } else {
      this.#handler.failed('overload', to, new Error(`${MAX_WAITING} datagrams wait to be sent`));
    }
    this.#planTurn();
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#waiting = [];
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #sendNow(to: Address, datagram: Uint8Array): void {
    this.#sentThisTurn++;
    this.#socket.send(datagram, to.port, forFamily(to, this.#family), (error) => {
      if (error !== null && !this.#closed) this.#handler.failed('send', to, error);
    });
  }

  #planTurn(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    this.#timers.nextTurn(() => {
      this.#isTurnPlanned = false;
      this.#sentThisTurn = 0;
      if (this.#closed || this.#waiting.length === 0) return;
      for (const { to, datagram } of this.#waiting.splice(0, SENDS_PER_TURN)) this.#sendNow(to, datagram);
      this.#planTurn();
    });
  }

  #growReceiveBuffer(): void {
    for (let bytes = RECEIVE_BUFFER_BYTES; bytes >= LEAST_RECEIVE_BUFFER_BYTES; bytes /= 2) {
      try {
        this.#socket.setRecvBufferSize(bytes);
        return;
      } catch {
        // The system grants less: ask for half of it.
      }
    }
  }
}
