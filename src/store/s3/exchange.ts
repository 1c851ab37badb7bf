import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Call {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  url: URL;
  headers: Record<string, string>;
  body?: Buffer;
  certificates?: string;
  /** Without a byte for so many milliseconds, the other end is taken as gone. */
  silence?: number;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

const SILENCE = 60_000;
const MOST_ANSWER_BYTES = 256 * 1024 * 1024;

/** One HTTP request; rejects where the connection fails before the answer begins. */
export async function exchange({
  method,
  url,
  headers,
  body,
  certificates,
  silence = SILENCE,
}: Call): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      method,
      headers: { ...headers, 'content-length': String(body?.length ?? 0) },
      timeout: silence,
      ...(certificates === undefined ? {} : { ca: certificates }),
    });
    sending.once('timeout', () => sending.destroy(new Error(`no answer for ${silence / 1000} s`)));
    sending.once('error', reject);
    sending.once('response', resolve);
    sending.end(body);
  });
}

/** The whole of an answer; rejects where it ends before its end. */
export async function wholeAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_ANSWER_BYTES) throw new Error('the answer is far too long');
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
