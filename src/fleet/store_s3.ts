import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../base/errors';
import { type AwsClient, loadAws } from './packages';
import { checkKey, type Store, storeError } from './store';

/** Of one request. A large checkpoint on a slow line takes a while. */
const TIMEOUT_MS = 120_000;
/** Beyond the first; each waits twice as long as the one before. */
const RETRIES = 5;
const FIRST_WAIT_MS = 200;

/**
 * A prefix of a bucket of an S3-compatible server. Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN, the region from AWS_REGION, another server than Amazon's from AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
 * @param address `s3://bucket/prefix`
 * @throws EngineError `StoreError`
 */
export async function openS3(address: string): Promise<Store> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})\/?(.*?)\/?$/.exec(address) ?? [];
  if (bucket === '') throw storeError(`--store ${address}: wants s3://bucket/prefix`, 'Name a bucket.');
  if (prefix !== '') checkKey(prefix);
  const { env } = process;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw storeError(
      `--store ${address}: ${accessKeyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID'} is not set`,
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    );
  }
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
  const server = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`;
  const { AwsClient } = await loadAws();
  const sessionToken = env.AWS_SESSION_TOKEN;
  const client = new AwsClient({ accessKeyId, secretAccessKey, sessionToken, region, service: 's3', retries: 0 });
  return new S3Store(address.replace(/\/$/, ''), client, `${server.replace(/\/$/, '')}/${bucket}`, prefix);
}

class S3Store implements Store {
  constructor(
    readonly address: string,
    private readonly client: AwsClient,
    private readonly bucket: string,
    private readonly prefix: string,
  ) {}

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#ask('PUT', key, bytes);
  }

  async get(key: string): Promise<Uint8Array | null> {
    return this.#ask('GET', key);
  }

  async has(key: string): Promise<boolean> {
    return (await this.#ask('HEAD', key)) !== null;
  }

  async remove(key: string): Promise<void> {
    await this.#ask('DELETE', key);
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for (let token = ''; ; ) {
      const query = new URLSearchParams({ 'list-type': '2', prefix: this.#key(prefix) });
      if (token !== '') query.set('continuation-token', token);
      const got = await this.#request('GET', `${this.bucket}?${query}`, `the list of ${prefix}`);
      const text = Buffer.from(got ?? []).toString('utf8');
      for (const [, key = ''] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) {
        keys.push(this.prefix === '' ? key : key.slice(this.prefix.length + 1));
      }
      token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1] ?? '';
      if (token === '') return keys.sort();
    }
  }

  #key(key: string): string {
    checkKey(key);
    return this.prefix === '' ? key : `${this.prefix}/${key}`;
  }

  #ask(method: string, key: string, body?: Uint8Array): Promise<Uint8Array | null> {
    return this.#request(method, `${this.bucket}/${this.#key(key)}`, key, body);
  }

  /** @returns null for what is not there */
  async #request(method: string, url: string, what: string, body?: Uint8Array): Promise<Uint8Array | null> {
    for (let attempt = 0; ; attempt++) {
      try {
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const response = await this.client.fetch(url, { method, signal, ...(body && { body: body as BodyInit }) });
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (response.ok) return bytes;
        const code = /<Code>([^<]*)</.exec(Buffer.from(bytes).toString('utf8'))?.[1] ?? '';
        if (response.status === 404 && code !== 'NoSuchBucket') return null;
        if (response.status < 500 && response.status !== 429) {
          throw storeError(
            `the store ${this.address} refuses ${method} of ${what}: ${response.status} ${code}`.trimEnd(),
            response.status === 403
              ? 'Check the credentials, and what they are allowed.'
              : 'Check the bucket, AWS_REGION and AWS_ENDPOINT_URL.',
          );
        }
        throw new Error(`${response.status} ${code}`);
      } catch (cause) {
        if (cause instanceof EngineError) throw cause;
        if (attempt < RETRIES) {
          await sleep(FIRST_WAIT_MS * 2 ** attempt * (0.5 + Math.random()));
          continue;
        }
        const { message, cause: deeper } = cause as Error;
        const why = deeper instanceof Error ? `${message}: ${deeper.message}` : message;
        throw storeError(
          `the store ${this.address} does not answer ${method} of ${what}, ${attempt + 1} times: ${why}`,
          'Check that it runs, and AWS_ENDPOINT_URL.',
        );
      }
    }
  }
}
