import { UserError } from '../../errors.ts';
import { profileName, profileSetting } from './profile.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** From the environment, else from the profile file. */
export async function findCredentials(): Promise<Credentials> {
  const { env } = process;
  const found =
    keys(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']) ??
    keys(
      profileSetting('aws_access_key_id'),
      profileSetting('aws_secret_access_key'),
      profileSetting('aws_session_token'),
    );
  if (found !== undefined) return found;
  throw new UserError(
    'store',
    `there are no credentials: not in the environment, and not in the profile ${profileName()}`,
    {
      help: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
    },
  );
}

function keys(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): Credentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
