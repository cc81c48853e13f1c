import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eventsOf } from '../../src/app/output';
import type { Raster } from '../../src/base/raster';
import { startWatch, type WatchOptions } from '../../src/cli/watch_server';
import type { Progress } from '../../src/recipes/events';
import { plasma } from '../../src/recipes/init/plasma';
import { closeBrowser, openBrowser } from '../support/browser';
import { ticking } from '../support/clock';
import { needs } from '../support/needs';
import { until } from '../support/until';

const test = suite('watch server');
const browser = await openBrowser();
test.after(closeBrowser);

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}
const ask = (url: string, path: string, headers = {}, method = 'GET'): Promise<Answer> =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path, method, headers }, (got) => {
      const parts: Buffer[] = [];
      if (got.headers['content-type'] === 'text/event-stream') sent.destroy(); // it has no end
      got.on('error', () => undefined);
      got.on('close', () => done({ status: got.statusCode ?? 0, headers: got.headers, body: Buffer.concat(parts) }));
      got.on('data', (part) => parts.push(part));
    });
    sent.on('error', fail);
    sent.end();
  });

interface Told {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the page is sent
  data: any;
}
/** Follows the events, as a page does. */
const follow = (url: string): { told: Told[]; until(type: string): Promise<Told>; ended: Promise<void> } => {
  const told: Told[] = [];
  const wake: (() => void)[] = [];
  let over: () => void = () => {};
  const ended = new Promise<void>((done) => {
    over = done;
  });
  let text = '';
  const sent = request(new URL('/events', url), (got) => {
    got.setEncoding('utf8');
    got.on('data', (part) => {
      text += part;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, type, data] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        if (type && data) told.push({ type, data: JSON.parse(data) });
        text = text.slice(end + 2);
      }
      for (const w of wake.splice(0)) w();
    });
    got.on('close', () => over());
  });
  sent.end();
  const until = async (type: string): Promise<Told> => {
    for (;;) {
      const found = told.find((t) => t.type === type);
      if (found) return found;
      await new Promise<void>((done) => wake.push(done));
    }
  };
  return { told, until, ended };
};

const during = async (
  options: Partial<WatchOptions>,
  work: (watch: { url: string; events: ReturnType<typeof eventsOf> }) => Promise<void>,
): Promise<void> => {
  const watch = await startWatch({ onStop: () => assert.unreachable('stopped'), ...options });
  try {
    await work({ url: watch.url, events: eventsOf([watch.events]) });
  } finally {
    await watch.close();
  }
};
const at = (p: Partial<Progress> = {}): Progress => ({
  stage: 0,
  stages: 2,
  name: 'grow',
  width: 64,
  height: 64,
  step: 10,
  steps: 10,
  loss: 0.5,
  terms: { style: 0.25 },
  msPerStep: 10,
  ...p,
});
const picture: Raster = plasma({ size: [40, 24], seed: 3 });
const tokenIn = (page: string): string => /name="toroid-token" content="([0-9a-f]+)"/.exec(page)?.[1] ?? '';

test('it answers on this machine only, and only to its own name', () =>
  during({}, async ({ url }) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { port } = new URL(url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      assert.is((await ask(url, '/', { Host: host })).status, 200, host);
    }
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port}.evil.example`]) {
      for (const path of ['/', '/events', '/picture/1', '/watch.js']) {
        const { status, body } = await ask(url, path, { Host: host });
        assert.is(status, 403, `${host} ${path}`);
        assert.is(tokenIn(body.toString()), '');
      }
    }
  }));

test('the page may load nothing from elsewhere, and other pages may not use it', () =>
  during({ title: '<script>alert(1)</script>$&' }, async ({ url }) => {
    const { headers, body } = await ask(url, '/');
    const policy = headers['content-security-policy'] as string;
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
      assert.match(policy, part);
    }
    assert.not.match(policy, /unsafe|\*|http/);
    const page = body.toString();
    assert.match(page, '<h1>&lt;script&gt;alert(1)&lt;/script&gt;$&amp;</h1>');
    assert.not.match(page, '{{');
    assert.not.match(page, /<(script|style)(?! src)|\son\w+=/, 'nothing inline');
    for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(address!, /^\/watch\.|^data:,$/);
    for (const path of ['/events', '/picture/1', '/watch.js']) {
      const { status } = await ask(url, path, { 'Sec-Fetch-Site': 'cross-site' });
      assert.is(status, 403, path);
    }
    assert.is((await ask(url, '/', {}, 'POST')).status, 405);
    assert.is((await ask(url, '/nothing')).status, 404);
    assert.is((await ask(url, '/../../etc/passwd')).status, 404);
    assert.is((await ask(url, '/', { 'Sec-Fetch-Site': 'cross-site' })).status, 200, 'a link from elsewhere');
  }));

test('stopping takes the secret and the origin of the page', async () => {
  let stopped = 0;
  await during({ onStop: () => stopped++ }, async ({ url }) => {
    const token = tokenIn((await ask(url, '/')).body.toString());
    assert.is(token.length, 64);
    const good = { Origin: url.slice(0, -1), 'X-Toroid-Token': token };
    for (const [about, headers] of [
      ['nothing', {}],
      ['no origin', { 'X-Toroid-Token': token }],
      ['another origin', { ...good, Origin: 'http://evil.example' }],
      ['another port', { ...good, Origin: 'http://127.0.0.1:1' }],
      ['no secret', { Origin: good.Origin }],
      ['a wrong secret', { ...good, 'X-Toroid-Token': token.replace(/./g, '0') }],
      ['a part of the secret', { ...good, 'X-Toroid-Token': token.slice(1) }],
      ['another site', { ...good, 'Sec-Fetch-Site': 'cross-site' }],
      ['another name', { ...good, Host: 'evil.example' }],
    ] as const) {
      assert.is((await ask(url, '/stop', headers, 'POST')).status, 403, about);
    }
    assert.is((await ask(url, '/stop', good, 'GET')).status, 405);
    assert.is(stopped, 0);
    assert.is((await ask(url, '/stop', good, 'POST')).status, 204);
    assert.is((await ask(url, '/stop', good, 'POST')).status, 204);
    assert.is(stopped, 1, 'once is enough');
  });
});

test('pictures are wanted only while somebody looks, and not without end', () =>
  during({}, async ({ url, events }) => {
    assert.not(events.wantsPicture(), 'nobody is there');
    const page = follow(url);
    await page.until('state');
    const restore = ticking(() => 0); // however slow the machine, it was just given
    assert.ok(events.wantsPicture());
    events.onPicture({ stage: 0, step: 1, raster: picture });
    assert.not(events.wantsPicture(), 'one was just given');
    restore();
    const { data } = await page.until('picture');
    assert.equal([data.width, data.height], [40, 24]);
    const { status, headers, body } = await ask(url, `/picture/${data.id}`);
    assert.is(status, 200);
    assert.is(headers['content-type'], 'image/png');
    const { data: values } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
    for (let i = 0; i < 960; i++) assert.is(values[3 * i], Math.round(picture.data[i]! * 255), `red at ${i}`);
    assert.is((await ask(url, `/picture/${data.id + 1}`)).status, 404);
    await until(() => events.wantsPicture(), 'wants one again after some time');
  }));

test('a page that opens late knows all that was, and is told all that comes', () =>
  during({}, async ({ url, events }) => {
    events.onPlan([
      { name: 'grow', width: 64, height: 64, steps: 10 },
      { name: 'fine', width: 128, height: 128, steps: 10 },
    ]);
    events.onWarning('a note');
    for (let step = 1; step <= 10; step++) events.onProgress(at({ step, loss: 1 / step, terms: { style: -step } }));
    await events.onStage({ ...at(), curves: {}, raster: picture });
    const page = follow(url);
    const { data: state } = await page.until('state');
    assert.equal(state.curves.style[9], [10, -10]);
    assert.equal(state.curves.total.length, 10);
    assert.equal(state.warnings, ['a note']);
    assert.equal(state.picture, { id: 1, width: 40, height: 24 });
    assert.ok(Math.abs(state.progress.share - 0.2) < 1e-9, 'a fifth of the pixels to do are done');
    events.onProgress(at({ stage: 1, name: 'fine', step: 10, loss: Number.POSITIVE_INFINITY }));
    assert.equal((await page.until('border')).data, { at: 10 });
    const { data: progress } = await page.until('progress');
    assert.equal([progress.at, progress.loss, progress.share], [20, null, 1]);
    assert.equal((await page.until('state')).data.end, null);
  }));

test('the end comes with the last picture, also when the server goes right away', async () => {
  const watch = await startWatch({ onStop: () => undefined });
  const page = follow(watch.url);
  await page.until('state');
  const events = eventsOf([watch.events]);
  events.onProgress(at({ step: 1 }));
  events.onProgress(at({ step: 2 }));
  watch.finish({ raster: picture, file: 'out/x.png', seconds: 65, stopped: true });
  await watch.close();
  await page.ended;
  const { data } = await page.until('finished');
  assert.equal([data.file, data.time, data.stopped], ['out/x.png', '1 min 5 s', true]);
  const png = Buffer.from(data.picture.data.replace('data:image/png;base64,', ''), 'base64');
  assert.is((await sharp(png).metadata()).width, 40);
  assert.is(page.told.filter((t) => t.type === 'progress').at(-1)?.data.step, 2, 'the last step is not left out');
  await ask(watch.url, '/').then(
    () => assert.unreachable('it still answers'),
    () => undefined,
  );
});

test('curves stay bounded over a long run', () =>
  during({}, async ({ url, events }) => {
    for (let step = 1; step <= 30_000; step++) events.onProgress(at({ step, steps: 30_000 }));
    const { data } = await follow(url).until('state');
    assert.ok(data.curves.total.length <= 1000 && data.curves.total.length > 300, `${data.curves.total.length} points`);
    assert.is(data.curves.total.at(-1)[0], 30_000);
  }));

test('a port that is taken, or none, is one clear error', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as AddressInfo;
  for (const [wanted, message] of [
    [port, new RegExp(`cannot watch on port ${port}: another program uses it\n {2}Choose another port`)],
    [70_000, /70000 is no port/],
    [1.5, /1\.5 is no port/],
  ] as const) {
    try {
      await startWatch({ port: wanted, onStop: () => undefined });
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).name, 'WatchError');
      assert.match((error as Error).message, message);
    }
  }
  await new Promise((done) => other.close(done));
});

needs(
  test,
  browser,
  'no browser starts here',
)('in a browser: the picture repeats, the numbers and curves move, Stop stops, and the end is said', async () => {
  let stopped = 0;
  const watch = await startWatch({ title: 'Moss', onStop: () => stopped++ });
  const page = await browser!.newPage({ viewport: { width: 360, height: 700 } });
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (m) => said.push(m.text()));
  page.on('pageerror', (e) => said.push(e.message));
  page.on('request', (r) => asked.push(r.url()));
  // Asked from outside: the page's policy forbids even the browser's driver to wait inside it.
  const shows = async (test: string): Promise<void> => {
    await until(async () => Boolean(await page.evaluate(test)), test);
  };
  try {
    await page.goto(watch.url);
    await shows(`document.getElementById('status').textContent === 'Connected'`);
    const events = eventsOf([watch.events]);
    events.onProgress(at({ step: 9 }));
    events.onProgress(at({ step: 10, terms: { style: 0.125 } }));
    assert.ok(events.wantsPicture());
    events.onPicture({ stage: 0, step: 10, raster: picture });
    await shows(`document.getElementById('view').style.backgroundImage.startsWith('url("blob:')`);
    await shows(`document.getElementById('step').textContent === '10 of 10'`);
    await shows(`document.querySelectorAll('figure svg').length === 2`);
    await page.fill('#tiles', '4');
    assert.is(await page.evaluate(`document.getElementById('view').style.backgroundSize`), '25%');
    await page.selectOption('#zoom', '2');
    assert.is(await page.evaluate(`document.getElementById('view').style.backgroundSize`), '80px 48px');
    assert.is(await page.evaluate('document.documentElement.scrollWidth'), 360);
    const unnamed = `[...document.querySelectorAll('[role=img], progress')].filter((e) => !e.ariaLabel).length`;
    assert.is(await page.evaluate(unnamed), 0, 'everything to see can be heard');
    await page.click('#stop');
    await shows(`document.getElementById('status').textContent.startsWith('Stopping')`);
    await until(() => stopped > 0, 'Stop is heard');
    assert.is(stopped, 1);
    watch.finish({ raster: picture, file: 'out/moss.png', seconds: 9, stopped: true });
    await watch.close();
    await shows(`document.getElementById('status').textContent === 'Stopped after 9.0 s; written to out/moss.png'`);
    await shows(`document.getElementById('view').style.backgroundImage.startsWith('url("data:')`);
    assert.equal(said, []);
    const foreign = asked.filter((a) => !/^(data:|blob:http:\/\/127\.0\.0\.1:)/.test(a) && !a.startsWith(watch.url));
    assert.equal(foreign, []);
  } finally {
    await page.close();
    await watch.close().catch(() => undefined);
  }
});

test.run();
