import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../provoke.ts';
import type { Action } from './connection.ts';

/** A server that takes no more does not hold the client for longer, in milliseconds. */
const LONGEST_SEND = 1000;
/** Bytes that have the status. */
const STATUS_LINE = 16;

/**
 * Does with one connection what the actions say; the status of the first answer, undefined where none came. Never throws:
 * whatever the server does is fine.
 */
export async function play(actions: readonly Action[], address: Address): Promise<number | undefined> {
  const socket = connect({
    ...('port' in address ? address : { path: address.socketPath }),
    allowHalfOpen: true,
  });
  socket.setNoDelay(true);
  const client = new PlayedSocket(socket);
  try {
    await client.event(LONGEST_SEND, 'connect');
    for (const action of actions) {
      if (client.isOver) break;
      await client.play(action);
    }
    return client.status;
  } finally {
    socket.destroy();
  }
}

class PlayedSocket {
  readonly #socket: Socket;
  #isReading = true;
  #begun = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    // 'close' comes after it
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (this.#begun.length < STATUS_LINE) this.#begun += bytes.toString('latin1', 0, STATUS_LINE);
    });
  }

  get status(): number | undefined {
    const status = /^HTTP\/1\.\d (\d{3})/.exec(this.#begun)?.[1];
    return status === undefined ? undefined : Number(status);
  }

  get isOver(): boolean {
    return this.#socket.destroyed || (this.#socket.readableEnded && this.#socket.writableEnded);
  }

  /** Waits until the socket has one of the events, has closed, or the time is over. */
  async event(milliseconds: number, ...names: string[]): Promise<void> {
    const socket = this.#socket;
    if (socket.closed) return;
    const stop = new AbortController();
    const listeners: (() => void)[] = [];
    const happened = new Promise<void>((resolve) => {
      for (const name of [...names, 'close']) {
        const listener = (): void => resolve();
        socket.once(name, listener);
        listeners.push(() => socket.off(name, listener));
      }
    });
    const late = sleep(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
    await Promise.race([happened, late]);
    stop.abort();
    for (const remove of listeners) remove();
  }

  async play(action: Action): Promise<void> {
    const socket = this.#socket;
    switch (action.do) {
      case 'send':
        if (socket.writable && !socket.write(action.bytes)) await this.event(LONGEST_SEND, 'drain');
        break;
      case 'wait':
        await sleep(action.milliseconds);
        break;
      case 'await-bytes':
        if (this.#isReading && !socket.readableEnded) await this.event(action.milliseconds, 'data', 'end');
        break;
      case 'await-end':
        if (this.#isReading && !socket.readableEnded) await this.event(action.milliseconds, 'end');
        break;
      case 'stop-reading':
        this.#isReading = false;
        socket.pause();
        break;
      case 'half-close':
        socket.end();
        break;
      case 'close':
        socket.destroy();
        await this.event(100);
        break;
      case 'reset':
        // only TCP has it
        if (socket.remoteFamily === undefined) socket.destroy();
        else socket.resetAndDestroy();
        await this.event(100);
        break;
    }
  }
}

/** Several at a time, the next one as soon as one is over; the statuses that came, in no order. */
export async function playAll(
  connections: readonly (readonly Action[])[],
  address: Address,
  concurrency: number,
): Promise<number[]> {
  const waiting = connections.values();
  const statuses: number[] = [];
  const work = async (): Promise<void> => {
    for (const actions of waiting) {
      const status = await play(actions, address);
      if (status !== undefined) statuses.push(status);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return statuses;
}
