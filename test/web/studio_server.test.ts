// The server of the studio: on this machine only, nothing but the page's own files.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { type StudioServer, serveStudio } from '../../src/cli/studio';
import { until } from '../support/until';

const test = suite('studio server');
const folder = mkdtempSync(join(tmpdir(), 'toroid-studio-'));
let server: StudioServer;
let port = 0;

test.before(async () => {
  mkdirSync(join(folder, 'page', 'chunks'), { recursive: true });
  writeFileSync(join(folder, 'page', 'index.html'), '<!doctype html><title>studio</title>');
  writeFileSync(join(folder, 'page', 'engine.worker.js'), 'export {};');
  writeFileSync(join(folder, 'page', 'chunks', 'a-B2.js'), 'export {};');
  writeFileSync(join(folder, 'secret.js'), 'no');
  writeFileSync(join(folder, 'page', '.hidden.js'), 'no');
  server = await serveStudio(0, join(folder, 'page'));
  port = Number(new URL(server.url).port);
});
test.after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** As it is sent: fetch would tidy the path. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<[number, string, string]> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve([answer.statusCode ?? 0, text, `${answer.headers['content-security-policy']}`]));
    });
    asked.on('error', reject).end();
  });
}

test('gives the page and its parts, under a policy without other hosts', async () => {
  for (const path of ['/', '/index.html', '/?x=1', '/engine.worker.js', '/chunks/a-B2.js']) {
    const [status, , policy] = await ask(path);
    assert.is(status, 200, path);
    assert.match(policy, "default-src 'none'");
    assert.not.match(policy, /https?:|unsafe|\*/);
  }
});

test('gives nothing else', async () => {
  const paths = [
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/chunks/../../secret.js',
    '/.hidden.js',
    '/chunks/',
    '//etc/passwd',
  ];
  const weights = ['/weights/../package.json', '/weights/x.onnx.onnx', '/weights/', '/weights/nobody'];
  for (const path of [...paths, ...weights]) {
    const [status, text] = await ask(path);
    assert.is(status, 404, path);
    assert.not.match(text, 'no\n');
  }
});

test('refuses other names for this machine, other pages, and other methods', async () => {
  assert.is((await ask('/', { host: 'evil.example' }))[0], 403);
  assert.is((await ask('/engine.worker.js', { 'sec-fetch-site': 'cross-site' }))[0], 403);
  assert.is((await ask('/', {}, 'POST'))[0], 405);
  assert.equal((await ask('/', {}, 'HEAD')).slice(0, 2), [200, '']);
});

test('says what to do when the page is not built, or the port is taken', async () => {
  const failed = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => null,
      (e: unknown) => e,
    );
    assert.instance(error, EngineError);
    return String(error);
  };
  assert.match(await failed(serveStudio(0, join(folder, 'nothing'))), 'npm run build');
  assert.match(await failed(serveStudio(port, join(folder, 'page'))), `port ${port} is taken`);
});

test('the command finds the page that was built, and has the system open it', async () => {
  const opener = join(folder, process.platform === 'darwin' ? 'open' : 'xdg-open');
  writeFileSync(opener, `#!/bin/sh\necho "$1" > '${folder}/opened'\n`, { mode: 0o755 });
  const child = spawn(process.execPath, ['bin/toroid.mjs', 'studio', '--open'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
  });
  try {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        said += part;
      });
    }
    await until(() => /http:\S+\s/.test(said) || child.exitCode !== null, 'an address');
    const [url = ''] = /http:\/\/\S+/.exec(said) ?? [];
    assert.ok(url, said);
    assert.match(await (await fetch(url)).text(), 'studio.js');
    assert.equal(await (await fetch(`${url}weights/list.json`)).json().then(Array.isArray), true);
    if (process.platform === 'win32') return;
    const opened = join(folder, 'opened');
    await until(() => existsSync(opened) && readFileSync(opened, 'utf8').includes('\n'), 'the browser');
    assert.is(readFileSync(opened, 'utf8').trim(), url);
  } finally {
    child.kill();
  }
});

test.run();
