// Browsers beside Chromium, as they are installed here: Firefox by WebDriver BiDi, WebKit by its WebDriver.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'undici';
import { until } from '../until';

export interface OtherBrowser {
  readonly version: string;
  /** Of the window; WebKit's has a least width. */
  size(width: number, height: number): Promise<void>;
  goTo(url: string): Promise<void>;
  /** The value of an expression in the page: a string, a number or a boolean. */
  evaluate(expression: string): Promise<unknown>;
  /** A picture of the page, PNG. */
  shot(): Promise<Buffer>;
  /** Errors in the console, where the browser tells of them. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** Each by name, or null where it is not installed. */
export const OTHERS: Readonly<Record<string, () => Promise<OtherBrowser | null>>> = {
  Firefox: firefox,
  WebKit: webkit,
};

const MINI_BROWSERS = ['4.1', '4.0', '6.0'].map((v) => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${v}/MiniBrowser`);
const installed = (names: readonly string[]): string | null =>
  names.find((name) => spawnSync('which', [name]).status === 0) ?? null;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

async function stopped(process: ChildProcess, folder: string): Promise<void> {
  process.kill();
  await until(() => process.exitCode !== null || process.signalCode !== null, 'the browser ends');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function firefox(): Promise<OtherBrowser | null> {
  const name = installed(['firefox', 'firefox-esr']);
  if (name === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'toroid-firefox-'));
  const port = await freePort();
  const args = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', `${port}`];
  const child = spawn(name, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder } });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  await until(() => said.includes('BiDi listening') || child.exitCode !== null, 'Firefox listens');
  if (child.exitCode !== null) return null;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/session`);
  const waiting = new Map<number, (answer: { result?: never; message?: string }) => void>();
  const errors: string[] = [];
  socket.addEventListener('message', ({ data }) => {
    const { id, params, ...answer } = JSON.parse(data);
    if (id) waiting.get(id)?.(answer);
    else if (params.level === 'error') errors.push(params.text);
  });
  await new Promise((open) => socket.addEventListener('open', open));
  // biome-ignore lint/suspicious/noExplicitAny: answers as the protocol has them
  const send = (method: string, params: object): Promise<any> =>
    new Promise((done, failed) => {
      const id = waiting.size + 1;
      waiting.set(id, ({ result, message }) => (result ? done(result) : failed(new Error(`${method}: ${message}`))));
      socket.send(JSON.stringify({ id, method, params }));
    });
  const { capabilities } = await send('session.new', { capabilities: {} });
  await send('session.subscribe', { events: ['log.entryAdded'] });
  const { context } = (await send('browsingContext.getTree', {})).contexts[0];
  return {
    version: capabilities.browserVersion,
    errors,
    size: (width, height) => send('browsingContext.setViewport', { context, viewport: { width, height } }),
    goTo: (url) => send('browsingContext.navigate', { context, url, wait: 'complete' }),
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await send('script.evaluate', {
        expression,
        target: { context },
        awaitPromise: true,
      });
      if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
      return result.value;
    },
    shot: async () => Buffer.from((await send('browsingContext.captureScreenshot', { context })).data, 'base64'),
    close: () => stopped(child, folder),
  };
}

async function webkit(): Promise<OtherBrowser | null> {
  const name = installed(['WebKitWebDriver']);
  const binary = installed(MINI_BROWSERS);
  if (name === null || binary === null || !process.env.DISPLAY) return null;
  const folder = mkdtempSync(join(tmpdir(), 'toroid-webkit-'));
  const port = await freePort();
  const child = spawn(name, [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, HOME: folder } });
  // biome-ignore lint/suspicious/noExplicitAny: answers as the protocol has them
  const ask = async (method: string, path: string, body?: object): Promise<any> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    return ((await answer.json()) as { value: unknown }).value;
  };
  await until(
    () =>
      ask('GET', '/status')
        .then((s) => s.ready === true)
        .catch(() => false),
    'WebKit listens',
  );
  const options = { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
  const { sessionId, capabilities } = await ask('POST', '/session', { capabilities: { alwaysMatch: options } });
  const session = `/session/${sessionId}`;
  return {
    version: capabilities.browserVersion,
    errors: [],
    size: (width, height) => ask('POST', `${session}/window/rect`, { width, height }),
    goTo: (url) => ask('POST', `${session}/url`, { url }),
    evaluate: (expression) => ask('POST', `${session}/execute/sync`, { script: `return ${expression}`, args: [] }),
    shot: async () => Buffer.from(await ask('GET', `${session}/screenshot`), 'base64'),
    close: async () => {
      await ask('DELETE', session);
      await stopped(child, folder);
    },
  };
}
