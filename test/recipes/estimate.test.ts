import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Outlook } from '../../src/cli/console';
import type { RunEstimate } from '../../src/recipes/events';
import type { RunOptions } from '../../src/recipes/run';
import { go, inputs, recipe, styled } from '../support/small_runs';

const test = suite('estimate');

/** Stopped at its third step. */
const begun = async (steps: number, options: RunOptions = {}, factor = 1) => {
  const wanted = recipe([{ kind: 'patches' }], { ...styled, size: 16 * factor, scales: { count: 2 } }, { steps });
  return go(wanted, inputs, { stopAt: { frame: 0, stage: 0, step: 3 }, ...options });
};

test('what is not short is estimated before its first step, and comes out the same', async () => {
  const found: (RunEstimate | string)[] = [];
  const options: RunOptions = {
    onEstimate: (e) => void found.push(e),
    onProgress: ({ step }) => void found.push(`step ${step}`),
  };
  const told = await begun(100_000, options, 2);
  const [first, ...rest] = found;
  assert.ok(typeof first === 'object' && first.seconds > 20 && first.memory > 4 * 3 * 32 * 32, JSON.stringify(first));
  assert.is(rest.at(-1), 'step 3');
  assert.equal(told.raster, (await begun(100_000, {}, 2)).raster);
});

test('what is short, and what nobody asks for, is not tried', async () => {
  let asked = 0;
  await begun(30, { onEstimate: () => asked++ });
  assert.is(asked, 0);
});

test('the command line tells it once, of what takes over a minute', () => {
  const said = (tell: (o: Outlook) => void): string[] => {
    const lines: string[] = [];
    tell(new Outlook((text) => lines.push(text)));
    return lines;
  };
  const left = (seconds?: number, share = 0.1) => ({ share, seconds });
  const tried = 'This takes about 3 min and 1.2 GiB of memory, as one that was tried shows';
  assert.equal(
    said((o) => {
      o.estimate({ seconds: 170, memory: 1.2 * 2 ** 30 });
      o.progress(left(200));
    }),
    [tried],
  );
  assert.equal(
    said((o) => o.progress(left(200, 0.03))),
    [],
    'the first steps of copying are no measure of the others',
  );
  assert.equal(
    said((o) => [undefined, 90, 80].forEach((s) => void o.progress(left(s)))),
    ['This takes about 1 min 30 s, by its first steps'],
  );
  assert.equal(
    said((o) => {
      o.estimate({ seconds: 50, memory: 1e6 });
      o.progress(left(70));
    }),
    [],
  );
});

test.run();
