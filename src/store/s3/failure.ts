import { UserError } from '../../errors.ts';
import { textOf } from './xml.ts';

/** What a server of objects answered instead of doing it. */
export class S3Failure extends UserError {
  readonly status: number;
  /** S3's own name of the error; empty where the answer had none. */
  readonly s3Code: string;

  constructor(status: number, s3Code: string, message: string, help: string) {
    super('store', message, { help });
    this.status = status;
    this.s3Code = s3Code;
  }
}

/** docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied:
    'The credentials are valid but may not do this: check the policy of the user or role, and of the bucket.',
  InvalidAccessKeyId:
    'The server does not know this access key: check AWS_ACCESS_KEY_ID, and that AWS_ENDPOINT_URL is its server.',
  SignatureDoesNotMatch:
    'The secret key is not the one of this access key: check AWS_SECRET_ACCESS_KEY. Or the request was changed on its way, by a proxy.',
  ExpiredToken: 'The session has expired: get new credentials.',
  InvalidToken: 'AWS_SESSION_TOKEN does not belong to this access key.',
  NoSuchBucket: 'Create the bucket, or correct its name; pycrash creates none.',
  RequestTimeTooSkewed: 'The clock of this host is wrong: timedatectl shows it.',
  AuthorizationHeaderMalformed: 'Set AWS_REGION to the region of the bucket.',
  PermanentRedirect: 'Set AWS_REGION to the region of the bucket.',
  EntityTooLarge: 'The store takes no object of this size.',
};

/** An answer that is an error, as what to tell the user. `what` was to be done. */
export function failureOf(status: number, body: string, what: string): S3Failure {
  const code = textOf(body, 'Code') ?? '';
  const said = textOf(body, 'Message') ?? '';
  // without a body (HEAD), or of a gateway in between
  const named = code === '' && status === 403 ? 'AccessDenied' : code;
  const help =
    REMEDIES[named] ??
    (status >= 500
      ? 'The server had a fault of its own. What is in the spool stays there; run the command again.'
      : 'Is AWS_ENDPOINT_URL an S3 server, and the bucket one of it?');
  const answer = [`HTTP ${status}`, code, said].filter((part) => part !== '').join(', ');
  return new S3Failure(status, code, `cannot ${what}: ${answer}`, help);
}

/** Is it worth to ask again? */
export function isPassing(status: number, s3Code: string): boolean {
  return status >= 500 && status !== 501
    ? true
    : status === 429 ||
        status === 408 ||
        /^(SlowDown|RequestTimeout|InternalError|ServiceUnavailable|IncompleteBody|BadDigest|OperationAborted|ConditionalRequestConflict)$/.test(
          s3Code,
        );
}
