import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A setting of the profile that `AWS_PROFILE` names (`default` without it); `~/.aws/credentials` wins over
 * `~/.aws/config`: docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function profileSetting(name: string): string | undefined {
  const profile = profileName();
  const folder = join(homedir(), '.aws');
  const credentials = section(process.env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials'), [
    profile,
  ]);
  const config = section(process.env['AWS_CONFIG_FILE'] || join(folder, 'config'), [
    `profile ${profile}`,
    ...(profile === 'default' ? ['default'] : []),
  ]);
  return credentials.get(name) ?? config.get(name);
}

export function profileName(): string {
  return process.env['AWS_PROFILE'] || process.env['AWS_DEFAULT_PROFILE'] || 'default';
}

/** The settings of the first of these sections that the file has. */
function section(file: string, names: readonly string[]): Map<string, string> {
  const settings = new Map<string, string>();
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // most hosts have no such file
  }
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) inside = names.includes(header.replaceAll(/\s+/g, ' '));
    // an indented line belongs to a nested setting (`s3 =`)
    const [, name, value] = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (inside && name !== undefined && value !== undefined && value !== '') settings.set(name, value);
  }
  return settings;
}
