// Somebody without a plan at the studio: clicks, drags, drops, keys, numbers that make no sense, resizes, reloads. Small canvases.
//   node build.mjs cli web studio && node bench/studio_monkey.mjs [minutes] [seed]
//
// Ends with 1, and the last deeds, at an error that nobody caught, at a state that has no way on, at a page that does not answer,
// and where memory grew. The same seed does the same deeds as long as the page answers as fast.
import { readdirSync, readFileSync } from 'node:fs';
import { openStudio } from './open_studio.mjs';

const [minutes = '8', seed = '1'] = process.argv.slice(2);
const MB = 2 ** 20;
/** A run that is prepared may take so long on a machine that does other work, ms. */
const PATIENCE = 120_000;
/** By how much the last third of the time may be above the middle one: what a page holds, and all of the browser's processes. */
const GROWTH = { heap: 8 * MB, nodes: 1500, rss: 250 * MB };

/** Mulberry32. */
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const whole = (below) => Math.floor(random() * below);
const one = (list) => list[whole(list.length)];

const { url, browser, close } = await openStudio();
const context = await browser.newContext({ acceptDownloads: true });
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();
const cdp = await context.newCDPSession(page);

const deeds = [];
const faults = [];
/** Files to drop: some that are fine, some that are not, and what the page hands out. */
const picture = readFileSync('examples/pebbles.png');
const files = [
  ['pebbles.png', picture],
  ['brick.png', readFileSync('examples/brick.png')],
  ['broken.png', picture.subarray(0, 300)],
  ['notes.txt', Buffer.from('just words')],
  ['broken.json', Buffer.from('{"stages": 3}')],
  [
    'small.yaml',
    Buffer.from('size: 32\nstyles: [{ input: style }]\nstages: [{ steps: 5, losses: [{ kind: patches }] }]\n'),
  ],
  ['damaged.zip', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(90)])],
  ['net.onnx', Buffer.from('no network')],
];
const own = files.length;

page.on('pageerror', (e) => faults.push(`not caught: ${e.stack ?? e.message}`));
page.on('crash', () => faults.push('the page crashed'));
page.on('console', (m) => {
  if (m.type() === 'error' && !/GL Driver|favicon|404/.test(m.text())) faults.push(`console: ${m.text()}`);
});
page.on('dialog', (d) => void d.accept().catch(() => {}));
page.on('filechooser', (chooser) => {
  const [name, buffer] = one(files);
  if (random() < 0.7) void chooser.setFiles({ name, mimeType: '', buffer }).catch(() => {});
});
page.on('download', async (file) => {
  const name = file.suggestedFilename();
  const path = await file.path().catch(() => null);
  if (path && /\.(png|zip|json|yaml)$/.test(name)) files.splice(own + whole(5), 1, [name, readFileSync(path)]);
  await file.delete().catch(() => {});
});

const KEYS = [
  ...[
    'Tab',
    'Tab',
    'Enter',
    'Escape',
    ' ',
    'r',
    'v',
    'd',
    's',
    'e',
    'f',
    'p',
    'h',
    'c',
    '?',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '+',
    '-',
  ],
  ...['0', 'ArrowLeft', 'ArrowRight', 'Shift+ArrowUp', 'Control+z', 'Control+z', 'Control+y', 'Control+Shift+z'],
];
/** Sizes that would take minutes are no use here. */
const CLICKABLE = 'button:not([data-size]), summary, label:has(input), a[href]';

const inTop = (selector) =>
  page.evaluateHandle(
    ([s, r]) => {
      const root = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
      const seen = [...root.querySelectorAll(s)].filter(
        (e) => e.checkVisibility() && !e.disabled && !/^(256|512|1024|2048)$/.test(e.textContent.trim()),
      );
      return seen[Math.floor(r * seen.length)] ?? null;
    },
    [selector, random()],
  );
const point = () => {
  const { width, height } = page.viewportSize();
  return [whole(width), whole(height)];
};

const DEEDS = {
  click: [
    30,
    async () => {
      const element = (await inTop(CLICKABLE)).asElement();
      if (!element) return 'nothing';
      await element.scrollIntoViewIfNeeded({ timeout: 2000 }).catch(() => {});
      const box = await element.boundingBox();
      const words = await element.evaluate((e) =>
        (e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 40),
      );
      if (box) await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      return words;
    },
  ],
  'click anywhere': [3, async () => `${await page.mouse.click(...point())}`],
  key: [
    18,
    async () => {
      const key = one(KEYS);
      await page.keyboard.press(key);
      return key;
    },
  ],
  drag: [
    6,
    async () => {
      const [from, to] = [point(), point()];
      await page.mouse.move(...from);
      await page.mouse.down();
      await page.mouse.move(...to, { steps: 4 });
      await page.mouse.up();
      return `${from} to ${to}`;
    },
  ],
  wheel: [
    3,
    async () => {
      await page.mouse.move(...point());
      await page.mouse.wheel(0, whole(600) - 300);
    },
  ],
  drop: [
    8,
    async () => {
      const [name, bytes] = one(files);
      await page.evaluate(
        ([n, b, paste]) => {
          const transfer = new DataTransfer();
          if (n === '') transfer.setData('text/uri-list', 'https://elsewhere.example/a.jpg');
          else transfer.items.add(new File([Uint8Array.from(atob(b), (c) => c.charCodeAt(0))], n));
          const how = { bubbles: true, cancelable: true };
          if (paste) document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, ...how }));
          else
            document
              .querySelector('.view, .studio')
              ?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, ...how }));
        },
        [random() < 0.1 ? '' : name, Buffer.from(bytes).toString('base64'), random() < 0.2],
      );
      return name;
    },
  ],
  number: [
    4,
    async () => {
      const field = (await inTop('input[type=number], input[type=text]')).asElement();
      const text = one(['', '-5', '0', '1', '33', '40', '64', '1e3', '99999999999']);
      await field?.fill(text, { timeout: 2000 }).catch(() => {});
      await page.keyboard.press('Tab');
      return text;
    },
  ],
  slide: [
    5,
    async () => {
      const slider = (await inTop('input[type=range]')).asElement();
      await slider?.evaluate((e, at) => {
        e.value = `${Number(e.min) + at * (Number(e.max) - Number(e.min))}`;
        e.dispatchEvent(new Event('input', { bubbles: true }));
      }, random());
    },
  ],
  choose: [
    5,
    async () => {
      const list = (await inTop('select')).asElement();
      return list?.evaluate((e, at) => {
        e.selectedIndex = Math.floor(at * e.options.length);
        e.dispatchEvent(new Event('change', { bubbles: true }));
        return e.value;
      }, random());
    },
  ],
  resize: [
    2,
    async () => {
      const size = { width: one([320, 390, 820, 1280, 1440]), height: one([480, 700, 844, 900]) };
      await page.setViewportSize(size);
      return `${size.width} x ${size.height}`;
    },
  ],
  scheme: [
    1,
    async () =>
      page.emulateMedia({ colorScheme: one(['dark', 'light']), reducedMotion: one(['reduce', 'no-preference']) }),
  ],
  wait: [4, async () => page.waitForTimeout(whole(1500))],
  reload: [1, async () => void (await page.reload())],
};
const bag = Object.entries(DEEDS).flatMap(([name, [weight]]) => Array(weight).fill(name));

/** Keeps runs short: a small canvas, few steps. */
const restrain = () =>
  page.evaluate(
    (size) => {
      const set = (name, most, to) => {
        const field = document.querySelector(`[data-test=${name}]`);
        if (!field || (field.value !== '' && Number(field.value) <= most)) return;
        field.value = to;
        field.dispatchEvent(new Event('change', { bubbles: true }));
      };
      set('size', 64, size);
      set('steps', 8, '4');
    },
    `${32 + whole(4) * 8}`,
  );

/** Null, or what is wrong: somebody must always be able to go on. */
const wayOn = () =>
  page.evaluate(() => {
    const fault = document.querySelector('[role=alert]')?.textContent ?? '';
    if (fault.includes('something went wrong that should not')) return fault;
    const able = (e) => e.checkVisibility() && !e.disabled && e.getAttribute('aria-disabled') !== 'true';
    const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
    if (dialog)
      return [...dialog.querySelectorAll('button')].some(able) ? null : 'a dialog without a button that does something';
    const main = document.querySelector('[data-test=main]');
    if (!main) return 'there is no main button';
    if (able(main)) return null;
    const status = document.querySelector('[data-test=status]')?.textContent ?? '';
    if (/Preparing/.test(status)) return 'preparing';
    if (!/Needed/.test(status)) return `nothing can be done: ${status}`;
    return [...document.querySelectorAll('.place button.thumb, .nets button')].some(able)
      ? null
      : `no place for what is needed: ${status}`;
  });

/** Of all processes of the browser. */
function resident() {
  const children = new Map();
  for (const pid of readdirSync('/proc').filter((p) => /^\d+$/.test(p))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), { pid, pages }]);
    } catch {
      // it ended meanwhile
    }
  }
  const sum = (pid) => (children.get(`${pid}`) ?? []).reduce((all, c) => all + c.pages * 4096 + sum(c.pid), 0);
  return sum(process.pid);
}

async function measure() {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name) => metrics.find((m) => m.name === name)?.value ?? 0;
  return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), rss: resident() };
}

await cdp.send('Performance.enable');
await page.goto(`${url}#size=40`);
await page.waitForSelector('[data-test=main]');
const begun = Date.now();
const end = begun + Number(minutes) * 60_000;
const measures = [];
const done = {};
let runs = 0;
let stuck = 0;
let nextMeasure = begun;
while (Date.now() < end && faults.length === 0) {
  const name = one(bag);
  deeds.push(name);
  done[name] = (done[name] ?? 0) + 1;
  const late = setTimeout(() => faults.push('the page does not answer'), PATIENCE);
  try {
    const what = await DEEDS[name][1]();
    deeds[deeds.length - 1] = `${name}${what ? `: ${what}` : ''}`;
    await restrain();
    let wrong = await wayOn();
    // What is decided in the next rendering only, or still being loaded, is no dead end.
    for (const from = Date.now(); wrong && Date.now() - from < (wrong === 'preparing' ? PATIENCE : 3000); ) {
      await page.waitForTimeout(200);
      wrong = await wayOn();
    }
    if (wrong) faults.push(wrong);
    if (/Done/.test((await page.textContent('[data-test=status]')) ?? '')) runs++;
  } catch (error) {
    if (/context was destroyed|navigation/i.test(`${error}`) && ++stuck < 20)
      await page.waitForSelector('[data-test=main]');
    else faults.push(`the deed failed: ${error}`);
  }
  clearTimeout(late);
  if (Date.now() >= nextMeasure) {
    measures.push({ at: Date.now(), ...(await measure()) });
    nextMeasure = Date.now() + 10_000;
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;
const third = (k) => measures.filter(({ at }) => Math.min(2, Math.floor((3 * (at - begun)) / (end - begun))) === k);
const text = { heap: (v) => `${(v / MB).toFixed(1)} MB`, nodes: (v) => `${v}`, rss: (v) => `${Math.round(v / MB)} MB` };
for (const key of ['heap', 'nodes', 'rss']) {
  const [first, middle, last] = [0, 1, 2].map((k) => median(third(k).map((m) => m[key])));
  console.log(`${key}: ${[first, middle, last].map(text[key]).join(', ')} (medians of thirds)`);
  if (faults.length === 0 && last - middle > GROWTH[key])
    faults.push(`${key} grew from ${text[key](middle)} to ${text[key](last)}`);
}
console.log(
  `seed ${seed}: ${deeds.length} deeds in ${((Date.now() - begun) / 60_000).toFixed(1)} min, ${JSON.stringify(done)}; done was seen ${runs} times`,
);
if (faults.length > 0) {
  console.error(`\n${faults.slice(0, 3).join('\n')}\n\nafter:\n  ${deeds.slice(-25).join('\n  ')}`);
  await page.screenshot({ path: 'build/studio_monkey.png' }).catch(() => {});
}
await close();
process.exit(faults.length > 0 ? 1 : 0);
