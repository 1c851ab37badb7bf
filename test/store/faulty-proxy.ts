import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** What goes wrong with a request. */
export type Fault =
  /** An answer with this status, code and message; the server gets nothing. */
  | { answer: number; body: string }
  /** The server does it, and its answer does not arrive. */
  | 'answer lost'
  /** The connection breaks in the middle of what is sent. */
  | 'cut'
  /** The server does it, and its ETag is no sum of the content. */
  | 'other ETag'
  /** The answer of a success, and the server gets nothing. */
  | 'swallowed'
  /** One bit of what is sent arrives as another one. */
  | 'bit flipped'
  /** Half of the answer's body comes. */
  | 'broken off'
  /** The server does it, and says that it is an hour later. */
  | 'an hour ahead'
  | 'slow';

export interface FaultyProxy {
  url: string;
  /** What was asked for, as `METHOD path?query`. */
  asked: string[];
  /** The access keys that requests were signed with, in order. */
  keys: string[];
  stop(): Promise<void>;
}

/** An HTTP proxy in front of a server, which does with each request what `fault` says. */
export async function startFaultyProxy(
  server: string,
  fault: (request: string, number: number, key: string) => Fault | undefined,
): Promise<FaultyProxy> {
  const asked: string[] = [];
  const keys: string[] = [];
  const counts = new Map<string, number>();
  const proxy = createServer((request, response) => {
    const line = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
    asked.push(line);
    const key = /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    keys.push(key);
    const number = (counts.get(line) ?? 0) + 1;
    counts.set(line, number);
    void handle(server, request, response, fault(line, number, key));
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    keys,
    stop: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => {
        proxy.close(resolve);
      });
    },
  };
}

async function handle(
  server: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  if (fault === 'cut') {
    request.once('data', () => request.socket.destroy());
    if (request.headers['content-length'] === '0') request.socket.destroy();
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (typeof fault === 'object') {
    response.writeHead(fault.answer, { 'content-type': 'application/xml' });
    response.end(request.method === 'HEAD' ? undefined : fault.body);
    return;
  }
  if (fault === 'swallowed') {
    response.writeHead(200, { etag: '"00000000000000000000000000000000"' }).end();
    return;
  }
  if (fault === 'slow') await pause(300);
  const sent = Buffer.concat(chunks);
  if (fault === 'bit flipped') {
    sent.writeUInt8((sent[0] ?? 0) ^ 1);
    delete request.headers['content-md5'];
  }
  const { status, headers, body } = await forwarded(server, request, sent);
  if (fault === 'answer lost') {
    request.socket.destroy();
    return;
  }
  if (fault === 'other ETag') headers['etag'] = '"not-a-sum"';
  if (fault === 'an hour ahead') headers.date = new Date(Date.now() + 3_600_000).toUTCString();
  response.writeHead(status, headers);
  if (fault === 'broken off') {
    response.write(body.subarray(0, body.length / 2), () => request.socket.destroy());
    return;
  }
  response.end(body);
}

async function forwarded(server: string, request: IncomingMessage, body: Buffer) {
  const { method, url, headers } = request;
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>(
    (resolve, reject) => {
      const sending = ask(new URL(url ?? '', server), { method, headers });
      sending.once('error', reject);
      sending.once('response', (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      });
      sending.end(body);
    },
  );
}
