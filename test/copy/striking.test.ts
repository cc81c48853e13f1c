import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lessOften, metAgain, saidOf, saidOfMore } from '../../src/copy/striking';

const test = suite('what stands out in an exemplar');
const SIDE = 16;
const at = (x: number, y: number): number => y * SIDE + x;
/** How conspicuous each pixel is: a thing of 3 x 3 pixels around 8,5. */
const salience = (peak: number): Float64Array =>
  Float64Array.from({ length: SIDE ** 2 }, (_, p) =>
    Math.abs((p % SIDE) - 8) < 2 && Math.abs(Math.floor(p / SIDE) - 5) < 2 ? (p === at(8, 5) ? peak : 0.8 * peak) : 0.9,
  );
/** A tile in which the exemplar stands so many times. */
const tile = (times: number): Uint32Array => Uint32Array.from({ length: times * SIDE ** 2 }, (_, q) => q % SIDE ** 2);

test('it is told of where it is conspicuous enough, and met several times', () => {
  assert.equal(metAgain(salience(6), [SIDE, SIDE], tile(3), 4), { x: 8, y: 5, times: 3 });
  assert.is(metAgain(salience(6), [SIDE, SIDE], tile(1), 4), null);
  // Once in each four exemplars is not often.
  const once = tile(16).map((p, q) => (q < 4 * SIDE ** 2 ? p : 0));
  assert.is(metAgain(salience(6), [SIDE, SIDE], once, 4), null);
  assert.is(metAgain(salience(4), [SIDE, SIDE], tile(3), 4), null);
});

test('more variety is named as what helps where there is more', () => {
  const again = { x: 8.4, y: 5, times: 2.6 };
  assert.match(
    saidOf(again, 0.1),
    /at 8,5, stands in the tile about 3 times: with more variety \(variety: 1\), in a smaller/,
  );
  assert.match(saidOf(again, 1), /about 3 times: in a smaller tile/);
});

test('of more variety it is said whether it helped', () => {
  const again = { x: 8.4, y: 5, times: 4.2 };
  assert.match(
    saidOfMore(again, null),
    /about 4 times: .+ the most variety instead \(variety: 0.1 keeps larger pieces\)$/,
  );
  assert.match(
    saidOfMore(again, { ...again, times: 2.1 }),
    /most variety instead, and it stands there about 2 times; in/,
  );
  assert.match(saidOfMore(again, { ...again, times: 4 }), /about 4 times, and no less often with more variety: in a/);
  assert.equal(
    [null, 2.1, 4].map((times) => lessOften(times === null ? null : { ...again, times }, again)),
    [true, true, false],
  );
});

test.run();
