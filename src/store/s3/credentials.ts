import { UserError } from '../../errors.ts';
import { profileName, profileSetting } from './profile.ts';
import { fromContainer, fromInstance, fromProcess, fromWebIdentity } from './temporary-credentials.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** When they end, in milliseconds since the epoch. */
  expires?: number;
}

/** So long before their end, credentials are renewed: a part that is being sent arrives before it. */
const RENEWED_BEFORE = 5 * 60_000;

/**
 * Of the environment, the profile file, a web identity, the container, the instance: the order of AWS's programs,
 * docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function findCredentials(): Promise<Credentials> {
  const { env } = process;
  const found =
    keys(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']) ??
    keys(
      profileSetting('aws_access_key_id'),
      profileSetting('aws_secret_access_key'),
      profileSetting('aws_session_token'),
    ) ??
    (await fromProcess(profileSetting('credential_process'))) ??
    (await fromWebIdentity()) ??
    (await fromContainer()) ??
    (await fromInstance());
  if (found !== undefined) return found;
  const sso = profileSetting('sso_session') ?? profileSetting('sso_start_url');
  throw new UserError(
    'store',
    sso === undefined
      ? `there are no credentials: not in the environment, not in the profile ${profileName()}, and of no platform`
      : `the profile ${profileName()} has its credentials from SSO, which is not supported`,
    {
      help:
        sso === undefined
          ? 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.'
          : 'eval "$(aws configure export-credentials --format env)" sets them in the environment.',
    },
  );
}

/** Are they still good for a while? */
export function areFresh({ expires }: Credentials, now: number): boolean {
  return expires === undefined || expires - now > RENEWED_BEFORE;
}

function keys(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): Credentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
