import * as assert from 'uvu/assert';

/** Waits until `holds`. What never does is given up after some minutes, however busy the machine. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let k = 0; k < 15_000; k++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.unreachable(`never came true: ${what}`);
}
