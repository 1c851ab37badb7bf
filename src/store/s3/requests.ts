import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { UserError } from '../../errors.ts';
import { areFresh, findCredentials, type Credentials } from './credentials.ts';
import { exchange, wholeAnswer, type Answer, type Call } from './exchange.ts';
import { failureOf, isPassing, S3Failure } from './failure.ts';
import type { S3Settings } from './settings.ts';
import { textOf } from './xml.ts';

export interface S3Request {
  method: Call['method'];
  /** Of the object; empty for the bucket. */
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer;
  /** What is done, after "cannot": for messages. */
  what: string;
}

const ATTEMPTS = 6;
const FIRST_PAUSE = 200;

/** Signed requests to one bucket; those that fail in passing are repeated, with pauses that grow and vary. */
export class S3Requests {
  readonly #settings: S3Settings;
  readonly #signingKeys = new Map<string, ArrayBuffer>();
  #credentials: Credentials | undefined;
  /** How far the server's clock is ahead of ours, in milliseconds, once it has said that ours is wrong. */
  #skew = 0;
  /** The same as far as the last answer says, to a second. */
  clockAhead: number | undefined;

  constructor(settings: S3Settings) {
    this.#settings = settings;
  }

  /** The answer, where it is no error; throws `S3Failure` where it is, an error inside of a 200 too. */
  async send(request: S3Request): Promise<Answer> {
    return this.#repeated(request, async (response) => {
      const answer = await wholeAnswer(response);
      const text = answer.body.toString();
      const isError = answer.status >= 300 || (request.method === 'POST' && /<Error[\s>]/.test(text));
      if (isError) throw failureOf(answer.status, text, request.what);
      return answer;
    });
  }

  /** An answer to be read as it comes. What is broken off in the middle throws, and is not repeated. */
  async stream(request: S3Request): Promise<AsyncIterable<Buffer>> {
    return this.#repeated(request, async (response) => {
      if ((response.statusCode ?? 0) < 300) return response as AsyncIterable<Buffer>;
      const { status, body } = await wholeAnswer(response);
      throw failureOf(status, body.toString(), request.what);
    });
  }

  async #repeated<R>(request: S3Request, receive: (response: IncomingMessage) => Promise<R>): Promise<R> {
    for (let attempt = 1; ; attempt += 1) {
      let date: string | undefined;
      try {
        const response = await exchange(await this.#signed(request));
        ({ date } = response.headers);
        if (date !== undefined) this.clockAhead = Date.parse(date) - Date.now();
        return await receive(response);
      } catch (error) {
        if (error instanceof S3Failure) {
          if (error.s3Code === 'RequestTimeTooSkewed' && attempt === 1 && date !== undefined)
            this.#skew = this.clockAhead ?? 0;
          else if (error.s3Code === 'ExpiredToken' && attempt === 1) this.#credentials = undefined;
          else if (!isPassing(error.status, error.s3Code) || attempt === ATTEMPTS) throw error;
        } else if (error instanceof UserError) throw error;
        else if (attempt === ATTEMPTS) throw this.#unreachable(error, request.what);
      }
      // "full jitter": many hosts that failed together do not come back together
      await pause(Math.random() * FIRST_PAUSE * 2 ** attempt);
    }
  }

  async #signed({ method, key, query = {}, headers = {}, body }: S3Request): Promise<Call> {
    const { base, region, certificates } = this.#settings;
    const url = new URL(base);
    if (key === '') url.pathname = url.pathname.replace(/(.)\/$/, '$1');
    else url.pathname += key.split('/').map(encoded).join('/');
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const credentials = await this.#currentCredentials();
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: {
        ...headers,
        'x-amz-content-sha256': createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      },
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
      service: 's3',
      region,
      cache: this.#signingKeys,
      datetime: new Date(Date.now() + this.#skew).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    }).sign();
    return {
      method,
      url: signed.url,
      headers: Object.fromEntries(signed.headers),
      ...(body === undefined ? {} : { body }),
      ...(certificates === undefined ? {} : { certificates }),
    };
  }

  /** Renewed before they end, and when the server says that they have. */
  async #currentCredentials(): Promise<Credentials> {
    if (this.#credentials === undefined || !areFresh(this.#credentials, Date.now()))
      this.#credentials = await findCredentials();
    return this.#credentials;
  }

  #unreachable(error: unknown, what: string): UserError {
    const { base } = this.#settings;
    const why = error instanceof Error ? reason(error) : String(error);
    return new UserError('store', `cannot ${what}: ${base.host} does not answer: ${why}`, {
      help: 'Is AWS_ENDPOINT_URL right, and is the server up? What is in the spool stays there; run the command again.',
    });
  }
}

/** A failed connection to several addresses has the reasons inside of it, and no message. */
function reason(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error ? inner.message : String(inner);
}

/** As a signature has it: RFC 3986, where `encodeURIComponent` leaves some characters. */
function encoded(part: string): string {
  return encodeURIComponent(part).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The text of an element of an answer that has to be there. */
export function required(answer: Answer, name: string, what: string): string {
  const text = textOf(answer.body.toString(), name);
  if (text === undefined || text === '')
    throw failureOf(answer.status, '', `${what} (no ${name} in the answer)`);
  return text;
}
