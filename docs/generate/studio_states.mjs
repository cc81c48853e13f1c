// Eight states of the studio at four widths, light and dark: the sheets of docs/studio.md, drawn from the page as it is built.
//   node build.mjs cli web studio && node docs/generate/studio_states.mjs [state ...]      default: all
// Each picture alone, at full size: build/studio_states.
import { mkdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { openStudio } from '../../bench/open_studio.mjs';
import { awaitResults, drawn, grow, openPage } from './studio_deeds.mjs';

const TOUCH = { hasTouch: true, isMobile: true };
const SCREENS = [
  { viewport: { width: 1440, height: 900 } },
  { viewport: { width: 1280, height: 720 } },
  { viewport: { width: 820, height: 1180 }, ...TOUCH },
  { viewport: { width: 390, height: 844 }, ...TOUCH },
];
const SCHEMES = ['light', 'dark'];
const SCALE = 0.4;
const GAP = 24;
const MOST_BYTES = 150_000;
const SINGLES = 'build/studio_states';
const SHEETS = 'docs/images/studio-states';

const asMaterial = (page) => page.check('input[name=task][value=material]', { force: true });

/** By name: the address, and what is done there. */
const states = {
  first: ['', async () => {}],
  growing: [
    '#preset=texture&size=256&steps=50',
    async (page) => {
      await page.click('[data-test=sample-brick]');
      await page.waitForSelector('[data-test=status]:has-text("part 5")');
    },
  ],
  done: ['#size=256', (page) => grow(page, 'scales')],
  compare: [
    '#size=256',
    async (page) => {
      await grow(page, 'wood');
      await page.click('[aria-label^=Compare]');
      await page.waitForSelector('[data-test=wipe]');
    },
  ],
  material: [
    '#size=256',
    async (page) => {
      await asMaterial(page);
      await grow(page, 'pebbles');
      await page.check('input[value=sphere]', { force: true });
      await page.waitForSelector('[data-test=sphere][data-lit=true] canvas');
    },
  ],
  mask: [
    '#preset=inpaint-copy&size=256',
    async (page) => {
      await page.setInputFiles('[data-test=file-content]', 'examples/leaves.png');
      await page.click('button:has-text("Paint")');
      const { x, y, width, height } = await page.locator('[data-test=paper]').boundingBox();
      await page.mouse.move(x + width * 0.3, y + height * 0.65);
      await page.mouse.down();
      for (const [at, down] of [
        [0.45, 0.4],
        [0.6, 0.5],
        [0.72, 0.3],
      ])
        await page.mouse.move(x + width * at, y + height * down, { steps: 6 });
      await page.mouse.up();
    },
  ],
  results: [
    '#size=256',
    async (page) => {
      await grow(page, 'terrazzo');
      await awaitResults(page, 4, () => page.click('[data-test=vary]'));
      await page.setInputFiles('[data-test=file-style]', 'examples/knit.png');
      await awaitResults(page, 1, () => page.click('[data-test=main]'));
      await page.click('[data-test=results] li:nth-child(3) > button');
      await page.waitForSelector('[data-test=results] li:nth-child(3) > [aria-pressed=true]');
    },
  ],
  export: [
    '#size=128',
    async (page) => {
      await asMaterial(page);
      await grow(page, 'knit');
      await page.click('[data-test=export]');
      await page.waitForSelector('.export');
    },
  ],
};

/** Pictures of one state, in both schemes. */
async function shoot(browser, url, screen, name) {
  const [address, deeds] = states[name];
  const context = await browser.newContext({ ...screen, reducedMotion: 'reduce' });
  const page = await openPage(context, `${url}${address}`);
  await deeds(page);
  await page.evaluate(() => {
    window.scrollTo(0, 0);
    document.querySelector('.settings')?.scrollTo(0, 0);
  });
  const pictures = [];
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await drawn(page);
    const path = `${SINGLES}/${name}-${screen.viewport.width}-${colorScheme}.png`;
    pictures.push(await page.screenshot({ path }));
  }
  await context.close();
  return pictures;
}

/** All pictures of a state on one: a row a scheme. */
async function writeSheet(name, shots) {
  const parts = [];
  let [left, down] = [GAP, GAP];
  let right = 0;
  for (const row of SCHEMES.keys()) {
    let tallest = 0;
    for (const pictures of shots) {
      const { data, info } = await sharp(pictures[row])
        .resize({ width: Math.round((await sharp(pictures[row]).metadata()).width * SCALE) })
        .png()
        .toBuffer({ resolveWithObject: true });
      parts.push({ input: data, left, top: down });
      left += info.width + GAP;
      tallest = Math.max(tallest, info.height);
    }
    right = left;
    left = GAP;
    down += tallest + GAP;
  }
  const sheet = sharp({ create: { width: right, height: down, channels: 3, background: '#808080' } }).composite(parts);
  const plain = await sheet.png().toBuffer();
  for (let quality = 75; ; quality -= 5) {
    const file = await sharp(plain).webp({ quality, effort: 6 }).toBuffer();
    if (file.length > MOST_BYTES && quality > 20) continue;
    writeFileSync(`${SHEETS}/${name}.webp`, file);
    return `${SHEETS}/${name}.webp ${file.length} at ${quality}`;
  }
}

const asked = process.argv.slice(2);
mkdirSync(SINGLES, { recursive: true });
mkdirSync(SHEETS, { recursive: true });
const { url, browser, close } = await openStudio();
for (const name of asked.length > 0 ? asked : Object.keys(states)) {
  const shots = [];
  for (const screen of SCREENS) shots.push(await shoot(browser, url, screen, name));
  console.log(await writeSheet(name, shots));
}
await close();
