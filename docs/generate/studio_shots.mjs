// The pictures of the studio in README.md and quick-start-artist.md, drawn from the page as it is built.
//   node build.mjs cli web studio && node docs/generate/studio_shots.mjs [name ...]      default: all
import sharp from 'sharp';
import { openStudio } from '../../bench/open_studio.mjs';
import { awaitResults, drawn, grow, openPage } from './studio_deeds.mjs';

const wanted = process.argv.slice(2);
const WIDE = { viewport: { width: 1280, height: 800 } };
const DARK = { ...WIDE, colorScheme: 'dark' };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** By name: how the page is opened, its address, and what is done there. */
const shots = {
  'studio-first': [WIDE, '', async () => {}],
  studio: [
    WIDE,
    '#size=256',
    async (page) => {
      await grow(page, 'scales');
      for (const more of [1, 2]) {
        await page.fill('[data-test=seed]', `${1 + more}`);
        await page.keyboard.press('Tab');
        await awaitResults(page, 1, () => page.click('[data-test=main]'));
      }
      await page.keyboard.press('c');
      await page.waitForSelector('[data-test=wipe]');
      await page.evaluate(() => document.querySelector('.settings')?.scrollTo(0, 0));
    },
  ],
  'studio-prepare': [
    WIDE,
    '#size=256',
    async (page) => {
      await page.setInputFiles('[data-test=file-style]', 'examples/pebbles.png');
      await page.click('[data-test=prepare-style]');
      await page.waitForFunction(() => document.querySelector('[data-test=retouched]')?.width !== 300);
      await page.locator('[data-test=angle]').fill('12');
      await page.locator('[data-test=flatten]').fill('0.6');
      const look = () => page.evaluate(() => document.querySelector('[data-test=retouched]')?.toDataURL());
      const plain = await look();
      await page.setInputFiles('[data-test=colours-of]', 'examples/leaves.png');
      await page.waitForSelector('[data-test=own-colours]');
      while ((await look()) === plain) await drawn(page);
    },
  ],
  'studio-material': [
    DARK,
    '#size=256',
    async (page) => {
      await page.check('input[name=task][value=material]', { force: true });
      await grow(page, 'pebbles');
      await page.check('input[value=sphere]', { force: true });
      await page.waitForSelector('[data-test=sphere][data-lit=true] canvas');
    },
  ],
  'studio-phone': [PHONE, '#size=256', (page) => grow(page, 'brick')],
};

const { url, browser, close } = await openStudio();
for (const [name, [options, address, deeds]] of Object.entries(shots)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await openPage(context, `${url}${address}`);
  await deeds(page);
  await drawn(page);
  const { size } = await sharp(await page.screenshot())
    .webp({ quality: 72 })
    .toFile(`docs/images/${name}.webp`);
  console.log(`docs/images/${name}.webp ${size}`);
  await context.close();
}
await close();
