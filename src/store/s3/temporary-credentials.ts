import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { UserError, reasonOf } from '../../errors.ts';
import type { Credentials } from './credentials.ts';
import { exchange, wholeAnswer, type Call } from './exchange.ts';
import { textOf } from './xml.ts';

/** A source of credentials that end; undefined where it is not configured. */
type Source = () => Promise<Credentials | undefined>;

const SECONDS = 1000;

/** `credential_process` of a profile: docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
export async function fromProcess(command: string | undefined): Promise<Credentials | undefined> {
  if (command === undefined) return undefined;
  try {
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 60 * SECONDS });
    return fromDocument(stdout, 'SessionToken');
  } catch (error) {
    throw refused('credential_process', error);
  }
}

/** A token of the platform (EKS's IRSA), exchanged for credentials: AssumeRoleWithWebIdentity of STS. */
export const fromWebIdentity: Source = async () => {
  const { env } = process;
  const [file, role] = [env['AWS_WEB_IDENTITY_TOKEN_FILE'], env['AWS_ROLE_ARN']];
  if (!file || !role) return undefined;
  try {
    const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1';
    const url = new URL(env['AWS_ENDPOINT_URL_STS'] || `https://sts.${region}.amazonaws.com/`);
    const form = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: env['AWS_ROLE_SESSION_NAME'] || 'pycrash',
      WebIdentityToken: readFileSync(file, 'utf8').trim(),
    });
    const answer = await asked({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
    });
    return withExpiry(
      textOf(answer, 'AccessKeyId'),
      textOf(answer, 'SecretAccessKey'),
      textOf(answer, 'SessionToken'),
      textOf(answer, 'Expiration'),
    );
  } catch (error) {
    throw refused(`the web identity of ${file}`, error);
  }
};

/** ECS, EKS Pod Identity: docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export const fromContainer: Source = async () => {
  const { env } = process;
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const address = relative ? `http://169.254.170.2${relative}` : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!address) return undefined;
  try {
    const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
    const token = file ? readFileSync(file, 'utf8').trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
    const headers = token ? { authorization: token } : {};
    return fromDocument(await asked({ method: 'GET', url: new URL(address), headers }), 'Token');
  } catch (error) {
    throw refused(`the container's credentials at ${address}`, error);
  }
};

/** The role of an EC2 instance, by version 2 of its metadata service; undefined where there is no such service. */
export const fromInstance: Source = async () => {
  const { env } = process;
  if (env['AWS_EC2_METADATA_DISABLED'] === 'true') return undefined;
  const base = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254';
  const at = (path: string): URL => new URL(`/latest/${path}`, base);
  try {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '600' };
    const token = await asked({ method: 'PUT', url: at('api/token'), headers, silence: SECONDS });
    const authorized = { 'x-aws-ec2-metadata-token': token };
    const roles = 'meta-data/iam/security-credentials/';
    const role = await asked({ method: 'GET', url: at(roles), headers: authorized });
    const [name = ''] = role.split('\n');
    return fromDocument(await asked({ method: 'GET', url: at(roles + name), headers: authorized }), 'Token');
  } catch {
    return undefined;
  }
};

async function asked(call: Call): Promise<string> {
  const { status, body } = await wholeAnswer(await exchange(call));
  const text = body.toString();
  if (status !== 200) throw new Error(`HTTP ${status} ${textOf(text, 'Message') ?? ''}`.trim());
  return text;
}

/** The document that a process, a container's agent and an instance give; they call the session's token differently. */
function fromDocument(text: string, token: 'Token' | 'SessionToken'): Credentials {
  const document = JSON.parse(text) as Record<string, unknown>;
  return withExpiry(
    document['AccessKeyId'],
    document['SecretAccessKey'],
    document[token],
    document['Expiration'],
  );
}

function withExpiry(id: unknown, secret: unknown, token: unknown, expiration: unknown): Credentials {
  if (typeof id !== 'string' || typeof secret !== 'string')
    throw new Error('there are no keys in the answer');
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(typeof token === 'string' ? { sessionToken: token } : {}),
    ...(typeof expiration === 'string' ? { expires: Date.parse(expiration) } : {}),
  };
}

function refused(source: string, error: unknown): UserError {
  const why = reasonOf(error);
  return new UserError('store', `${source} gave no credentials: ${why}`, {
    help: 'Correct it, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    cause: error,
  });
}
