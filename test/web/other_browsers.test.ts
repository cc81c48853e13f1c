// The studio in Firefox and WebKit: they have no WebGPU as they are on Linux, so what is looked at is what it says of that, and its layout.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serveStudio } from '../../src/cli/studio';
import { ALL } from '../support/all';
import { needs } from '../support/needs';
import { until } from '../support/until';
import { OTHERS } from '../support/web/other_browsers';
import { DIST } from '../support/web/pages';

const test = suite('other browsers');
const WORDS = `(document.querySelector('[role=alert]')?.textContent ?? '')`;
/** Buttons whose words are broken, or that reach beyond the window. */
const FAULTS = `[...document.querySelectorAll('button')].filter((b) => {
  const { width, right, height } = b.getBoundingClientRect();
  return width > 0 && (right > innerWidth + 1 || (b.className === '' && height > 60));
}).map((b) => b.textContent).join(', ')`;

for (const [name, start] of Object.entries(OTHERS)) {
  const browser = ALL ? await start() : null;
  needs(
    test,
    browser,
    ALL ? `no ${name} is installed` : 'long, see npm run test:all',
  )(`the studio in ${name}: what is missing is said, and all of it can be read and used`, async () => {
    const own = browser as NonNullable<typeof browser>;
    const server = await serveStudio(0, join(DIST, 'studio'));
    for (const [width, height] of [
      [1280, 900],
      [390, 844],
    ] as const) {
      await own.size(width, height);
      await own.goTo(server.url);
      await until(async () => /no WebGPU|no GPU/.test(`${await own.evaluate(WORDS)}`), `${name} says what is missing`);
      const shots = process.env.TOROID_SHOTS;
      if (shots) writeFileSync(join(shots, `${name}-${width}.png`), await own.shot());
      assert.match(`${await own.evaluate(WORDS)}`, /Use Chrome or Edge/);
      assert.is(await own.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${width} wide`);
      assert.is(await own.evaluate(FAULTS), '', `${width} wide`);
      assert.match(
        `${await own.evaluate('document.body.innerText')}`,
        /Nothing can be run here: this page needs WebGPU/,
      );
    }
    await own.evaluate(
      `[...document.querySelectorAll('button, label')].find((b) => /pattern/.test(b.textContent)).click()`,
    );
    await until(
      async () => /[Kk]aleidoscope|[Ww]allpaper/.test(`${await own.evaluate('document.body.textContent')}`),
      'a task can be chosen',
    );
    assert.equal(own.errors, []);
    server.close();
    await own.close();
  });
}
test.run();
