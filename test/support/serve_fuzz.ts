// Requests that no client should send, from a seed: multipart, recipes, headers, paths and tokens gone wrong.
import { Rng } from '../../src/base/rng';

/** What a service is sent as bytes. */
export interface BadRequest {
  readonly kind: 'bytes' | 'recipe' | 'headers' | 'path' | 'token';
  readonly bytes: Buffer;
}

const WORDS = [
  'null',
  '[]',
  '{"stages":1e999}',
  '"',
  '\0',
  '__proto__',
  '-1',
  '\r\n',
  '%00',
  '{"size":[1e9,1e9]}',
  '../../',
  '\r\n\r\n',
  'filename="',
  '; name=recipe',
  '\u{1f600}',
];
/** Stands for lists in lists, deeper than what writes JSON can go. */
const DEEP = 'deep lists';
/** In the place of something that belongs into a recipe. */
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  -1e-320,
  2 ** 53,
  0.1,
  1.0000001,
  '',
  'x',
  '\0',
  '1e9',
  'a'.repeat(5000),
  '('.repeat(4000),
  'plasma*'.repeat(400),
  'plasma',
  'style',
  1,
  2,
  64,
  [48, 20],
  ['input'],
  { steps: 3 },
  `${'1+'.repeat(4000)}1`,
  '-'.repeat(4000),
  'style * plasma(seed: 1) + mix(style,',
  '../../etc/passwd',
  'http://127.0.0.1/',
  [],
  {},
  [[]],
  DEEP,
  new Array(3000).fill(0),
  new Array(500).fill({}),
  new Array(500).fill({ steps: 1, losses: [] }),
  { kind: 'gram' },
  { kind: 'constructor' },
  { kind: '__proto__' },
  { path: '/etc/passwd' },
  { count: 1e9 },
  { ratio: 1 },
  { coarsest: 1e-9, ratio: 0.999999 },
  { frames: 1e9 },
  [1e9, 1],
  [0.5, -3],
];
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'sede',
  'canvas',
  'net',
  'zoom',
  'scales',
  'size',
  'views',
  'palette',
  'masks',
];
const PATHS = [
  '/',
  '/v1/jobs',
  '/v1/jobs/',
  '/metrics',
  '/readyz',
  '/openapi.json',
  `/v1/jobs/${'0'.repeat(64)}`,
  '*',
  'http://x/',
];
const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'CONNECT', 'BREW'];
const HEADERS = [
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 1e9',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Expect: 100-continue',
  'Expect: a miracle',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Connection: keep-alive',
  'Host: elsewhere',
  'Host:',
  'Origin: null',
  'Content-Type: multipart/form-data',
  'Content-Type: multipart/form-data; boundary=',
  `Content-Type: multipart/form-data; boundary=${'b'.repeat(500)}`,
  'Content-Type: application/json; charset=utf-7',
  'Content-Type: application/x-www-form-urlencoded',
  'Idempotency-Key:',
  `Idempotency-Key: ${'k'.repeat(4000)}`,
  'If-None-Match: *',
  'Range: bytes=0-',
  'Cookie: a=b',
  `X: ${'x'.repeat(20_000)}`,
  'X : y',
  ': empty',
  'X-\0: y',
];

export class ServeFuzz {
  readonly #rng: Rng;

  /**
   * @param recipe one that is taken
   * @param sent the body of a good request with that recipe, and its boundary
   */
  constructor(
    seed: number,
    private readonly recipe: object,
    private readonly sent: Buffer,
    private readonly boundary: string,
    private readonly token: string,
  ) {
    this.#rng = new Rng(seed, 17);
  }

  next(): BadRequest {
    const kind = this.#of(['bytes', 'recipe', 'recipe', 'headers', 'path', 'token'] as const);
    return { kind, bytes: this[`_${kind}`]() };
  }

  #below(n: number): number {
    return Math.min(n - 1, Math.floor(this.#rng.uniform() * n));
  }

  #of<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  #post(body: Buffer, more: readonly string[] = [], type = `multipart/form-data; boundary=${this.boundary}`): Buffer {
    const head = [
      'POST /v1/jobs HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: close',
      `Authorization: Bearer ${this.token}`,
      ...(type === '' ? [] : [`Content-Type: ${type}`]),
      `Content-Length: ${body.length}`,
      ...more,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
  }

  /** Bytes changed, put in and taken out, in the head, between the parts and in the picture. */
  _bytes(): Buffer {
    const { sent } = this;
    const body = this.#below(2) === 0 ? sent : sent.subarray(0, 700 + this.#below(400));
    const key = this.#below(8) === 0 ? [`Idempotency-Key: ${this.#below(9)}`] : [];
    let request = this.#post(Buffer.from(body), key);
    for (let n = 1 + this.#below(4); n > 0; n--) {
      const at = this.#below(Math.min(request.length, this.#below(2) === 0 ? 1200 : request.length));
      const word = Buffer.from(this.#of(WORDS));
      if (this.#below(2) === 0) request[at] = this.#below(256);
      else
        request = Buffer.concat([request.subarray(0, at), word, request.subarray(at + this.#below(2) * word.length)]);
    }
    return request;
  }

  /** A recipe with one to three places that hold something else. */
  _recipe(): Buffer {
    const recipe = structuredClone(this.recipe) as Record<string, unknown>;
    for (let n = Math.max(1, this.#below(4)); n > 0; n--) this.#spoil(recipe);
    const deep = 10 ** this.#below(6);
    const text = JSON.stringify(recipe).replaceAll(`"${DEEP}"`, '['.repeat(deep) + ']'.repeat(deep));
    if (this.#below(3) === 0) return this.#post(Buffer.from(`{"recipe":${text}}`), [], 'application/json');
    const was = JSON.stringify(this.recipe);
    const at = this.sent.indexOf(was);
    const body = [this.sent.subarray(0, at), Buffer.from(text), this.sent.subarray(at + was.length)];
    return this.#post(Buffer.concat(body));
  }

  #spoil(value: object): void {
    const holder = value as Record<string, unknown>;
    const keys = Object.keys(holder);
    const key = keys.length === 0 || this.#below(5) === 0 ? this.#of(KEYS) : this.#of(keys);
    const inside = Object.hasOwn(holder, key) ? holder[key] : undefined;
    if (typeof inside === 'object' && inside !== null && this.#below(4) > 0) this.#spoil(inside);
    else if (this.#below(8) === 0) delete holder[key];
    else
      Object.defineProperty(holder, key, {
        value: structuredClone(this.#of(VALUES)),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }

  /** Headers that contradict each other, or are none. */
  _headers(): Buffer {
    const more = Array.from({ length: 1 + this.#below(4) }, () => this.#of(HEADERS));
    if (this.#below(20) === 0) more.push(...Array.from({ length: 3000 }, (_, k) => `X-${k}: y`));
    const body = this.#of([Buffer.alloc(0), Buffer.from('5\r\nhello\r\n0\r\n\r\n'), this.sent]);
    return this.#post(body, more, this.#of(['', `multipart/form-data; boundary=${this.boundary}`]));
  }

  _path(): Buffer {
    let path = this.#of(PATHS);
    for (let n = this.#below(3); n > 0; n--) {
      const bits = [
        '%2e%2e/',
        '..',
        '//',
        '?a=b',
        '#',
        '%',
        '%ff',
        '\\',
        'events',
        '/result',
        'a'.repeat(9000),
        ' ',
        '\t',
        '\u00e9',
      ];
      path += this.#of(bits);
    }
    const version = this.#of(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '']);
    const head = [`${this.#of(METHODS)} ${path} ${version}`, 'Host: 127.0.0.1', `Authorization: Bearer ${this.token}`];
    return Buffer.from(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n`, 'latin1');
  }

  /** All of these are wrong. */
  _token(): Buffer {
    const { token } = this;
    const wrong = this.#of([
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token}x`,
      `Bearer ${token.toUpperCase()}`,
      `Bearer  ${'t'.repeat(this.#below(9000))}`,
      `Basic ${token}`,
      token,
      'Bearer',
      `Bearer ${token}, Bearer ${token}`,
      'Bearer \u00ff\u00fe',
      '',
    ]);
    const head = [
      `${this.#of(['GET /metrics', 'POST /v1/jobs', 'GET /v1/jobs/x', 'DELETE /v1/jobs/x'])} HTTP/1.1`,
      'Host: 127.0.0.1',
    ];
    const authorization = this.#below(9) === 0 ? 'X: y' : `Authorization: ${wrong}`;
    return Buffer.from(
      `${[...head, authorization].join('\r\n')}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      'latin1',
    );
  }
}
