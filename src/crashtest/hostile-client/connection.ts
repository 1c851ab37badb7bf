/** One thing that a client does with its connection. */
export type Action =
  | { readonly do: 'send'; readonly bytes: Buffer }
  /** Does nothing for that long. */
  | { readonly do: 'wait'; readonly milliseconds: number }
  /** Waits for bytes that it has not seen, but no longer than that. */
  | { readonly do: 'await-bytes'; readonly milliseconds: number }
  /** Waits for the server to close, but no longer than that. */
  | { readonly do: 'await-end'; readonly milliseconds: number }
  /** Reads no more, so that the server's buffers fill up. */
  | { readonly do: 'stop-reading' }
  /** Sends FIN, and goes on reading. */
  | { readonly do: 'half-close' }
  | { readonly do: 'close' }
  /** Sends RST. */
  | { readonly do: 'reset' };

/** What a service takes, as far as the client knows. */
export interface Surface {
  /** What goes with every decent request, `Host` among it. */
  readonly headers: readonly Header[];
  /** Targets of requests. */
  readonly pages: readonly string[];
  /** Targets that accept a websocket; every page is tried as well. */
  readonly websockets: readonly string[];
}

export type Header = readonly [name: string, value: string];

/** Text of a protocol: one byte for each character. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function send(bytes: Buffer | string): Action {
  return { do: 'send', bytes: typeof bytes === 'string' ? bytesOf(bytes) : bytes };
}
