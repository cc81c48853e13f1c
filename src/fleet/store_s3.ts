import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../base/errors';
import { sha256 } from './job_files';
import { type AwsClient, loadAws } from './packages';
import { checkKey, type Store, storeError } from './store';

/** Of one request. A large checkpoint on a slow line takes a while. */
const TIMEOUT_MS = 120_000;
/** Beyond the first; each waits twice as long as the one before. */
const RETRIES = 5;
const FIRST_WAIT_MS = 200;
/** S3 wants 5 MB at least. */
const PART = 16 << 20;

/** Refusals below 500 of a request that was good when it was sent. */
const LOST = ['RequestTimeout', 'XAmzContentSHA256Mismatch'];

interface Answer {
  readonly bytes: Uint8Array;
  readonly etag: string;
}
const textOf = (answer: Answer | null): string => Buffer.from(answer?.bytes ?? []).toString('utf8');

/**
 * A prefix of a bucket of an S3-compatible server. Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN, the region from AWS_REGION, another server than Amazon's from AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
 * @param address `s3://bucket/prefix`
 * @param part what has more bytes is sent in parts of so many: one that breaks off is sent again alone
 * @throws EngineError `StoreError`
 */
export async function openS3(address: string, part = PART): Promise<Store> {
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
  return new S3Store(address.replace(/\/$/, ''), client, `${server.replace(/\/$/, '')}/${bucket}`, prefix, part);
}

class S3Store implements Store {
  constructor(
    readonly address: string,
    private readonly client: AwsClient,
    private readonly bucket: string,
    private readonly prefix: string,
    private readonly part: number,
  ) {}

  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.part) await this.#putParts(key, bytes);
    else await this.#ask('PUT', key, bytes);
  }

  async get(key: string): Promise<Uint8Array | null> {
    return (await this.#ask('GET', key))?.bytes ?? null;
  }

  async presign(key: string, seconds: number): Promise<string> {
    const url = `${this.#url(key)}?X-Amz-Expires=${seconds}`;
    return (await this.client.sign(url, { method: 'GET', aws: { signQuery: true } })).url;
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
      const text = textOf(got);
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

  #url(key: string): string {
    return `${this.bucket}/${this.#key(key)}`;
  }

  #ask(method: string, key: string, body?: Uint8Array): Promise<Answer | null> {
    return this.#request(method, this.#url(key), key, body);
  }

  /** The key is there when all parts are. */
  async #putParts(key: string, bytes: Uint8Array): Promise<void> {
    const url = this.#url(key);
    const [, id] = /<UploadId>([^<]+)</.exec(textOf(await this.#request('POST', `${url}?uploads`, key))) ?? [];
    if (id === undefined) throw this.#noParts(key);
    const upload = `uploadId=${encodeURIComponent(id)}`;
    try {
      let list = '';
      for (let [n, at] = [1, 0]; at < bytes.length; n++, at += this.part) {
        const part = bytes.subarray(at, at + this.part);
        const sent = await this.#request('PUT', `${url}?partNumber=${n}&${upload}`, `part ${n} of ${key}`, part);
        if (!sent) throw this.#noParts(key);
        list += `<Part><PartNumber>${n}</PartNumber><ETag>${sent.etag}</ETag></Part>`;
      }
      const whole = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
      const ended = await this.#request('POST', `${url}?${upload}`, key, whole);
      // An error may come behind a status 200, because it is sent before all parts are put together.
      if (!ended || /<Error>/.test(textOf(ended))) throw this.#noParts(key);
    } catch (error) {
      // Parts that are left would be paid for.
      await this.#request('DELETE', `${url}?${upload}`, key).catch(() => {});
      throw error;
    }
  }

  #noParts(key: string): EngineError {
    const what = `the store ${this.address} lost the parts of ${key} while it was sent`;
    return storeError(what, 'Try again; a rule of the bucket may remove uploads that are under way.');
  }

  /** @returns null for what is not there */
  async #request(method: string, url: string, what: string, body?: Uint8Array): Promise<Answer | null> {
    // The hash is signed too: what is damaged on its way is not taken.
    const sent = body && { body: body as BodyInit, headers: { 'X-Amz-Content-Sha256': sha256(body) } };
    for (let attempt = 0; ; attempt++) {
      try {
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const response = await this.client.fetch(url, { method, signal, ...sent });
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (response.ok) return { bytes, etag: response.headers.get('etag') ?? '' };
        const code = /<Code>([^<]*)</.exec(Buffer.from(bytes).toString('utf8'))?.[1] ?? '';
        if (response.status === 404 && code !== 'NoSuchBucket') return null;
        if (response.status < 500 && response.status !== 429 && !LOST.includes(code)) {
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
