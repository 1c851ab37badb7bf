import { readFileSync } from 'node:fs';
import { UserError, usageError, reasonOf } from '../../errors.ts';
import { profileSetting } from './profile.ts';

/** Where the requests for one bucket go. */
export interface S3Settings {
  /** Of the bucket: its path is the bucket's where it is named in the path. */
  base: URL;
  region: string;
  /** Certificates to trust instead of Node's own. */
  certificates?: string;
}

/**
 * From the variables that the AWS programs have in common:
 * docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export function s3Settings(bucket: string): S3Settings {
  const variables = process.env;
  const region =
    variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION'] || profileSetting('region') || 'us-east-1';
  const endpoint =
    variables['AWS_ENDPOINT_URL_S3'] || variables['AWS_ENDPOINT_URL'] || profileSetting('endpoint_url');
  const bundle = variables['AWS_CA_BUNDLE'] || profileSetting('ca_bundle');
  return {
    base: endpoint === undefined ? awsAddress(bucket, region) : pathStyle(endpoint, bucket),
    region,
    ...(bundle === undefined ? {} : { certificates: readCertificates(bundle) }),
  };
}

/** A dot in the name does not fit AWS's certificate: such a bucket is named in the path. */
function awsAddress(bucket: string, region: string): URL {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return bucket.includes('.')
    ? new URL(`https://s3.${region}.${domain}/${bucket}/`)
    : new URL(`https://${bucket}.s3.${region}.${domain}/`);
}

/** Every other server understands a bucket in the path; few have a name in DNS for each. */
function pathStyle(endpoint: string, bucket: string): URL {
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw usageError(
      `AWS_ENDPOINT_URL ${JSON.stringify(endpoint)} is not an address`,
      'Give a whole URL, such as https://minio.example.com:9000.',
    );
  }
  return new URL(`${bucket}/`, endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = reasonOf(error);
    throw new UserError('store', `the certificates of AWS_CA_BUNDLE cannot be read: ${why}`, {
      help: 'Give a file of PEM certificates.',
    });
  }
}
