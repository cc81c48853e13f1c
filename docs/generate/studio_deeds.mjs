// What is done in the studio for its pictures in the docs.

/** A page of the studio with its adapter open. */
export async function openPage(context, address) {
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForFunction(() => document.querySelector('[data-test=adapter]')?.textContent !== 'Opening WebGPU');
  return page;
}

/** Two frames later: what was changed is on the screen. */
export const drawn = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Does what begins runs, and waits until as many results are there. */
export async function awaitResults(page, count, deed) {
  const before = await page.locator('[data-test=results] li').count();
  await deed();
  await page.waitForFunction((n) => document.querySelectorAll('[data-test=results] img').length >= n, before + count);
}

/** Grows a tile of a sample. */
export const grow = (page, sample) => awaitResults(page, 1, () => page.click(`[data-test=sample-${sample}]`));
