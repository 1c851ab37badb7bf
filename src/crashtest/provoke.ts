import { request } from 'node:http';

/** Where the service listens. */
export type Address = { host: string; port: number } | { socketPath: string };

export interface Answer {
  /** undefined where the connection ended without a complete answer. */
  status: number | undefined;
  body: string;
  /** `ECONNREFUSED`, `ECONNRESET` … where there is no complete answer. */
  error: string | undefined;
  /** Where a redirection leads. */
  location?: string | undefined;
  seconds: number;
}

const USER_AGENT = 'Mozilla/5.0 (compatible; pycrash verify)';

/** Sends requests as the proxy in front of the service would. */
export class Client {
  readonly #service: { readonly address: Address };
  readonly #headers: Record<string, string>;
  readonly #timeout: number;

  /** `headers` go with every request; `timeout` is in seconds. A service may have another address when it is started again. */
  constructor(service: { readonly address: Address }, headers: Record<string, string>, timeout: number) {
    this.#service = service;
    this.#headers = headers;
    this.#timeout = timeout;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send('GET', path, headers);
  }

  /** Sends `document` as JSON. */
  post(path: string, document: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const body = JSON.stringify(document);
    const length = String(Buffer.byteLength(body));
    return this.#send(
      'POST',
      path,
      { 'content-type': 'application/json', 'content-length': length, ...headers },
      body,
    );
  }

  /** One request on a connection of its own. Never throws: no answer is an answer. */
  #send(method: string, path: string, headers: Record<string, string>, content?: string): Promise<Answer> {
    const start = performance.now();
    return new Promise((resolve) => {
      let status: number | undefined;
      let body = '';
      let location: string | undefined;
      const finish = (error?: string): void =>
        resolve({
          status: error === undefined ? status : undefined,
          body,
          error,
          location,
          seconds: (performance.now() - start) / 1000,
        });
      const sent = request({
        ...this.#service.address,
        method,
        path,
        agent: false,
        // without the header that every client sends, a middleware that counts browsers may fail
        headers: { 'user-agent': USER_AGENT, connection: 'close', ...this.#headers, ...headers },
        timeout: this.#timeout * 1000,
      });
      sent.on('response', (response) => {
        status = response.statusCode;
        location = response.headers.location;
        response.setEncoding('utf8');
        // a planted answer is a few bytes; a page of the project is not read into memory without a bound
        response.on('data', (part: string) => (body = body.length < 65_536 ? body + part : body));
        response.on('end', () => finish(response.complete ? undefined : 'ECONNRESET'));
        response.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      });
      sent.on('timeout', () => sent.destroy(Object.assign(new Error('time-out'), { code: 'ETIMEDOUT' })));
      sent.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      sent.end(content);
    });
  }
}

/** Keeps requests in flight until it is stopped, and counts what became of them. */
export class Load {
  readonly #clients: Promise<void>[];
  readonly counts = { answered: 0, refused: 0, lost: 0 };
  #stopped = false;

  constructor(client: Client, path: string, concurrency: number) {
    this.#clients = Array.from({ length: concurrency }, () => this.#run(client, path));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(client: Client, path: string): Promise<void> {
    while (!this.#stopped) {
      const { status, error } = await client.get(path);
      if (status !== undefined) this.counts.answered += 1;
      // refused: nobody had taken it, so a proxy can send it elsewhere; a taken one is lost
      else if (error === 'ECONNREFUSED' || error === 'ENOENT') this.counts.refused += 1;
      else this.counts.lost += 1;
      if (status === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
