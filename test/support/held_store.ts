// A store over HTTP, as S3 is asked, that keeps everything in memory and answers some requests only when it is let. It takes
// what is signed as S3 wants it, and nothing else.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signatureFault, UNSIGNED } from './signature';

export interface HeldStore {
  /** For processes that are to use it, with `TOROID_STORE`. */
  readonly env: Readonly<Record<string, string>>;
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** Holds the next request that begins so, as `GET inputs/` (behind the bucket), before anything comes of it. */
  hold(begins: string): Held;
  /** Answers the next request that begins so with a status, and a code of S3's. */
  refuse(begins: string, status: number, code?: string): void;
  /** What it was asked, as `GET inputs/ab?query`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export interface Held {
  readonly arrived: Promise<void>;
  /** Lets it through; also before it arrives. */
  release(): void;
}

/** As S3's: what is to be encoded in an address. */
const TOKEN = '1+/=';
const REGION = 'eu-test-1';
const [KEY, SECRET] = ['an-id', 'the-secret'];

/** @param page most keys of one list */
export async function heldStore(page = 1000): Promise<HeldStore> {
  const objects = new Map<string, Uint8Array>();
  const holds: { begins: string; arrive(): void; readonly released: Promise<void> }[] = [];
  const refusals: [string, number, string][] = [];
  const asked: string[] = [];
  /** Parts of what is being sent, by upload. */
  const uploads = new Map<string, Map<number, Buffer>>();
  let begun = 0;
  const server = createServer((request, response) => {
    request.on('error', () => {});
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search, searchParams } = new URL(request.url ?? '', 'http://here');
    const key = pathname.replace(/^\/bucket\/?/, '');
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const at = holds.findIndex(({ begins }) => `${request.method} ${key}`.startsWith(begins));
    const [held] = at < 0 ? [] : holds.splice(at, 1);
    held?.arrive();
    await held?.released;
    asked.push(`${request.method} ${key}${search}`);
    const { method = '', url: target = '', headers } = request;
    const body = Buffer.concat(pieces);
    const signer = { accessKey: KEY, secret: SECRET, region: REGION, now: Date.now() };
    const fault = signatureFault({ method, target, headers, body }, signer);
    // Bytes that are not signed may be damaged on their way.
    const unsigned = body.length > 0 && headers['x-amz-content-sha256'] === UNSIGNED;
    if (unsigned) return void response.writeHead(403).end('<Code>AccessDenied: the payload is not signed</Code>');
    if (fault !== null) return void response.writeHead(403).end(`<Code>${fault}</Code>`);
    const refused = refusals.findIndex(([begins]) => asked.at(-1)?.startsWith(begins));
    const [[, status, code] = []] = refused < 0 ? [] : refusals.splice(refused, 1);
    const [upload = '', part] = [searchParams.get('uploadId') ?? '', searchParams.get('partNumber')];
    const parts = uploads.get(upload);
    if (status !== undefined) response.writeHead(status).end(`<Code>${code}</Code>`);
    else if (searchParams.has('uploads')) {
      uploads.set(`${++begun}`, new Map());
      response.end(`<UploadId>${begun}</UploadId>`);
    } else if (upload !== '' && !parts) response.writeHead(404).end('<Code>NoSuchUpload</Code>');
    else if (parts && part !== null) {
      parts.set(Number(part), body);
      response.writeHead(200, { ETag: `"${part}"` }).end();
    } else if (parts) {
      const listed = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map(([, n]) => Number(n));
      if (request.method === 'POST') objects.set(key, Buffer.concat(listed.map((n) => parts.get(n) ?? Buffer.of())));
      uploads.delete(upload);
      response.end();
    } else if (key === '') {
      const prefix = searchParams.get('prefix') ?? '';
      const keys = [...objects.keys()].filter((k) => k.startsWith(prefix)).sort();
      const from = Number(searchParams.get('continuation-token')?.slice(TOKEN.length) ?? 0);
      const listed = keys.slice(from, from + page).map((k) => `<Key>${k}</Key>`);
      const next = from + page;
      if (next < keys.length) listed.push(`<NextContinuationToken>${TOKEN}${next}</NextContinuationToken>`);
      response.end(`<R>${listed.join('')}</R>`);
    } else if (request.method === 'PUT') {
      objects.set(key, body);
      response.end();
    } else if (request.method === 'DELETE') {
      objects.delete(key);
      response.writeHead(204).end();
    } else {
      const found = objects.get(key);
      response.writeHead(found ? 200 : 404).end(request.method === 'GET' ? found : undefined);
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      AWS_ACCESS_KEY_ID: KEY,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SESSION_TOKEN: '',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      TOROID_STORE: 's3://bucket',
    },
    objects,
    asked,
    refuse: (begins, status, code = '') => void refusals.push([begins, status, code]),
    hold: (begins) => {
      let [arrive, release] = [() => {}, () => {}];
      const arrived = new Promise<void>((done) => {
        arrive = done;
      });
      const released = new Promise<void>((done) => {
        release = done;
      });
      holds.push({ begins, arrive, released });
      return { arrived, release };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
