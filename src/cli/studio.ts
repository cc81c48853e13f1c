import { spawn } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { EngineError } from '../base/errors';
import { knownWeights } from '../nets/weights';
import { recordedWeights, resolveWeights } from '../node/weights/find';
import { parsePort } from './arguments';
import { HEADERS, refusal, refuse } from './watch_http';

interface Options {
  port: number;
  open?: boolean;
}

export function addStudio(program: Command): void {
  program
    .command('studio')
    .summary('serve the studio, a page that grows textures in the browser')
    .description(
      'Serves the studio on this machine only (127.0.0.1). Open the address it prints in a browser with WebGPU.\n' +
        'All the work is done there; nothing is uploaded.\n' +
        'Weight files that `toroid weights list` finds are at /weights/<name>.',
    )
    .option('--port <n>', 'port; without it, one that is free', parsePort, 0)
    .option('--open', 'opens it in your browser')
    .action(async ({ port, open }: Options) => {
      const server = await serveStudio(port);
      process.stdout.write(`${server.url}\n`);
      if (open) openBrowser(server.url);
      process.stderr.write('Ctrl-C stops it.\n');
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void server.close());
      await server.closed;
    });
}

/** By the system's own opener. */
function openBrowser(url: string): void {
  const [program, ...args] = { darwin: ['open'], win32: ['cmd', '/c', 'start', '""'] }[process.platform as string] ?? [
    'xdg-open',
  ];
  const failed = (): void => void process.stderr.write(`No browser could be opened by ${program}: open ${url}\n`);
  const opener = spawn(program ?? '', [...args, url], { stdio: 'ignore', windowsVerbatimArguments: true });
  opener.once('error', failed).once('exit', (code) => (code ? failed() : undefined));
  opener.unref();
}

export interface StudioServer {
  readonly url: string;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

/** What the page may do: load from this server, and run no script but its own. */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
  "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Where the built page is: beside the built command line, whose code for this command is in chunks/node. */
const built = (): string => fileURLToPath(new URL('../../studio', import.meta.url));

/** @throws EngineError `StudioError` when the page is not built, or the port is taken. */
export async function serveStudio(port = 0, folder: string = built()): Promise<StudioServer> {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new EngineError('StudioError', `the studio is not built: there is no ${folder}`, 'Run `npm run build`.');
  }
  const server = createServer((request, response) => answer(request, response, folder, hostsOf(server)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new EngineError('StudioError', `port ${port} is taken`, 'Choose another, or leave --port out.')
          : cause,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    url: `http://${hostsOf(server)[0]}/`,
    closed,
    async close() {
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** `host:port` as a browser on this machine names the server; browsers leave port 80 out. */
function hostsOf(server: Server): string[] {
  const { port } = server.address() as AddressInfo;
  const hosts = ['127.0.0.1', 'localhost'];
  return [...hosts.map((host) => `${host}:${port}`), ...(port === 80 ? hosts : [])];
}

function answer(request: IncomingMessage, response: ServerResponse, folder: string, hosts: readonly string[]): void {
  const url = request.url ?? '/';
  const { method, headers } = request;
  const no = refusal({ url, headers, method: method === 'HEAD' ? 'GET' : method }, { hosts, token: '' });
  if (no) {
    refuse(response, no);
    return;
  }
  const path = url.split(/[?#]/)[0] ?? '/';
  if (path === '/weights/list.json') {
    response.writeHead(200, { ...HEADERS, 'Content-Type': TYPES['.json'] }).end(JSON.stringify(weightsHere()));
    return;
  }
  const file = path.startsWith('/weights/') ? weightsFile(path.slice('/weights/'.length)) : pageFile(path, folder);
  if (!file) {
    refuse(response, [404, 'there is no such file']);
    return;
  }
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': statSync(file).size,
    'Content-Security-Policy': POLICY,
  });
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** Names only as the build makes them: nothing leads out of the folder. */
function pageFile(path: string, folder: string): string | null {
  const name = path === '/' ? 'index.html' : path.slice(1);
  if (!/^(chunks\/|samples\/)?[\w-]+(\.[\w-]+)*\.(html|js|css|png|webp|svg|webmanifest)$/.test(name)) return null;
  const file = join(folder, name);
  return existsSync(file) ? file : null;
}

/** Known networks that are on this machine, the smallest first. */
function weightsHere(): { readonly name: string; readonly bytes: number }[] {
  const names = new Set([...knownWeights, ...recordedWeights()].map((w) => w.name));
  const found = [...names].flatMap((name) => {
    const file = weightsFile(name);
    return file === null ? [] : [{ name, bytes: statSync(file).size }];
  });
  return found.sort((a, b) => a.bytes - b.bytes);
}

/** By the names of the manifest: paths are nobody's business here. */
function weightsFile(name: string): string | null {
  const bare = name.replace(/\.onnx$/, '');
  if (!/^\w[\w.-]*$/.test(bare) || /\.onnx$/i.test(bare)) return null;
  try {
    return resolveWeights(bare).path;
  } catch {
    return null;
  }
}
