// A small server of files on 127.0.0.1, for pages under test.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** By address, as `/page.html`; before folders. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Folders by the address they begin with: `{ '/dist/': 'dist' }`. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Sent with each answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.svg': 'image/svg+xml',
  '.onnx': 'application/octet-stream',
  '.wasm': 'application/wasm',
};

/** Serves until closed; what is not there is a 404. */
export async function serve({ files = {}, folders = {}, headers = {} }: ServeOptions): Promise<Served> {
  const find = async (path: string): Promise<string | Uint8Array | null> => {
    const own = files[path];
    if (own !== undefined) return own;
    for (const [prefix, folder] of Object.entries(folders)) {
      if (!path.startsWith(prefix)) continue;
      const file = normalize(join(folder, path.slice(prefix.length)));
      if (file !== normalize(folder) && !file.startsWith(normalize(folder) + sep)) continue;
      const bytes = await readFile(file).catch(() => null);
      if (bytes) return bytes;
    }
    return null;
  };
  const server = createServer((question, answer) => {
    const path = decodeURIComponent(new URL(question.url ?? '/', 'http://localhost').pathname);
    void find(path).then((body) => {
      if (body === null) return answer.writeHead(404).end();
      const type = TYPES[extname(path)] ?? (path.endsWith('/') ? TYPES['.html'] : 'application/octet-stream');
      return answer.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
