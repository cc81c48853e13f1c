// A server of one file that misbehaves as told, for the tests of downloads.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it does with one request. */
export type Act = (request: IncomingMessage, response: ServerResponse, file: Uint8Array) => void;

export interface Flaky {
  readonly url: string;
  /** `range` and `if-range` of each request so far; '' where it had none. */
  readonly asked: string[];
  close(): Promise<void>;
}

export const ETAG = '"one"';

/** As a good server does, with Range. */
export const serve: Act = (request, response, file) => {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === ETAG;
  const start = from !== undefined && isSame ? Number(from) : 0;
  const headers: Record<string, string | number> = { etag: ETAG, 'content-length': file.length - start };
  if (start > 0) headers['content-range'] = `bytes ${start}-${file.length - 1}/${file.length}`;
  response.writeHead(start > 0 ? 206 : 200, headers);
  response.end(file.subarray(start));
};

/** Sends so many bytes of what is asked for, then ends the connection: behind them, so that they arrive. */
export const cut =
  (bytes: number): Act =>
  (request, response, file) => {
    const write = response.end.bind(response);
    response.end = ((body: Uint8Array) => {
      response.write(body.subarray(0, bytes), () => request.socket.end());
      return response;
    }) as typeof write;
    serve(request, response, file);
  };

/** Sends so many bytes, then nothing more. */
export const stall =
  (bytes: number): Act =>
  (request, response, file) => {
    response.end = ((body: Uint8Array) => response.write(body.subarray(0, bytes))) as unknown as typeof response.end;
    serve(request, response, file);
  };

/** All of it from the start, whatever is asked for. */
export const ignoreRange: Act = (_, response, file) => {
  response.writeHead(200, { 'content-length': file.length });
  response.end(file);
};

export const corrupt: Act = (request, response, file) => {
  const wrong = Uint8Array.from(file);
  wrong[wrong.length >> 1] = (wrong[wrong.length >> 1] ?? 0) ^ 1;
  serve(request, response, wrong);
};

export const status =
  (code: number, headers: Record<string, string> = {}): Act =>
  (_, response) => {
    response.writeHead(code, headers);
    response.end('no');
  };

/** Another file: longer or shorter. @param tell whether its length is in the headers */
export const ofLength =
  (length: number, tell: boolean): Act =>
  (_, response, file) => {
    response.writeHead(200, tell ? { 'content-length': length } : {});
    const all = new Uint8Array(length);
    all.set(file.subarray(0, length));
    response.end(all);
  };

/** @param acts one for each request; the last again and again */
export async function flaky(file: Uint8Array, ...acts: Act[]): Promise<Flaky> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const act = acts[Math.min(asked.length, acts.length - 1)] ?? serve;
    asked.push([request.headers.range ?? '', request.headers['if-range'] ?? ''].join(' ').trim());
    act(request, response, file);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/file`, asked, close };
}
