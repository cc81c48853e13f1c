// AWS Signature Version 4 as a server checks it, by Amazon's text alone ("Authenticating requests", Amazon S3 API reference).
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface SignedRequest {
  readonly method: string;
  /** As it stands in the first line of the request: `/bucket/key?query`. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface Signer {
  readonly accessKey: string;
  readonly secret: string;
  readonly region: string;
  /** When the server looks at it. */
  readonly now: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED = 'UNSIGNED-PAYLOAD';
const hash = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Uint8Array | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();
/** Everything but letters, digits and -._~ by its bytes. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const encodedPath = (path: string): string =>
  path
    .split('/')
    .map((part) => encoded(decodeURIComponent(part)))
    .join('/');

/** `20130524T000000Z` as milliseconds. */
const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

/** What is wrong with a request, in the words of S3's codes; null where a strict server takes it. */
export function signatureFault(request: SignedRequest, signer: Signer): string | null {
  const { method, target, headers, body } = request;
  const [path = '', search = ''] = target.split('?');
  // A plus is a plus here: S3 reads no form.
  const query = search
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('=').map(decodeURIComponent))
    .map(([key = '', value = '']) => [key, value] as const);
  const asked = new Map(query);
  const inQuery = asked.has('X-Amz-Algorithm');
  const given = new Map(
    (headers.authorization ?? '')
      .replace(`${ALGORITHM} `, '')
      .split(/, */)
      .map((part) => part.split('=') as [string, string]),
  );
  const credential = (inQuery ? asked.get('X-Amz-Credential') : given.get('Credential')) ?? '';
  const names = ((inQuery ? asked.get('X-Amz-SignedHeaders') : given.get('SignedHeaders')) ?? '').split(';');
  const signature = inQuery ? asked.get('X-Amz-Signature') : given.get('Signature');
  const date = `${inQuery ? asked.get('X-Amz-Date') : headers['x-amz-date']}`;
  const payload = inQuery ? UNSIGNED : `${headers['x-amz-content-sha256']}`;

  const [accessKey, ...scope] = credential.split('/');
  const day = date.slice(0, 8);
  if (accessKey !== signer.accessKey) return 'InvalidAccessKeyId';
  if (scope.join('/') !== `${day}/${signer.region}/s3/aws4_request`)
    return `AuthorizationHeaderMalformed: ${credential}`;
  const age = (signer.now - timeOf(date)) / 1000;
  if (inQuery ? !(age < Number(asked.get('X-Amz-Expires'))) : !(Math.abs(age) < 900))
    return `RequestTimeTooSkewed: ${date}`;
  const wanted = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const unsigned = wanted.find((name) => !names.includes(name));
  if (unsigned !== undefined) return `AccessDenied: ${unsigned} is not signed`;
  if (payload !== UNSIGNED && payload !== hash(body)) return 'XAmzContentSHA256Mismatch';

  const canonical = [
    method,
    encodedPath(path),
    query
      .filter(([key]) => key !== 'X-Amz-Signature')
      .map(([key, value]) => [encoded(key), encoded(value)] as const)
      .sort(([a, v], [b, w]) => (a === b ? Number(v > w) - 0.5 : Number(a > b) - 0.5))
      .map((pair) => pair.join('='))
      .join('&'),
    ...names.map((name) => `${name}:${`${headers[name]}`.trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    payload,
  ].join('\n');
  const text = [ALGORITHM, date, scope.join('/'), hash(canonical)].join('\n');
  const key = scope.reduce<Buffer | string>((k, part) => hmac(k, part), `AWS4${signer.secret}`);
  return hmac(key, text).toString('hex') === signature ? null : `SignatureDoesNotMatch: ${canonical}`;
}
