import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { didYouMean } from '../../src/base/did_you_mean';
import { SelfCorrelation } from '../../src/base/fourier';
import { fromHalf, toHalf } from '../../src/base/half';

const test = suite('base');

test('the nearest word: letters changed, missing, too many or exchanged; none when nothing is near', () => {
  const nets = ['vgg16', 'vgg19', 'patches'];
  assert.is(didYouMean('vgg91', nets), 'vgg19'); // two neighbours exchanged are one mistake
  assert.is(didYouMean('vgg61', nets), 'vgg16');
  assert.is(didYouMean('VGG19', nets), 'vgg19');
  assert.is(didYouMean('patchse', nets), 'patches');
  assert.is(didYouMean('ptches', nets), 'patches');
  assert.is(didYouMean('patchess', nets), 'patches');
  assert.is(didYouMean('resnet', nets), undefined);
  assert.is(didYouMean('', nets), undefined);
});

test('half floats: every one of the 65536 makes the round trip, and rounding is to nearest even', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const back = toHalf(fromHalf(all));
  for (let i = 0; i < 65536; i++) {
    const nan = (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0;
    if (!nan) assert.is(back[i], i);
    else assert.is(back[i]! & 0x7c00, 0x7c00);
  }
  assert.equal(
    [...toHalf(Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25, 2 ** -24))],
    [0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 1],
  );
});

test('how a plane agrees with itself moved: as summed pair by pair, of any size, on a torus or beside nothing', () => {
  for (const [w, h, W, H, rows] of [
    [5, 4, 8, 8, 4],
    [7, 3, 7, 3, 3],
    [16, 9, 32, 16, 6],
    [6, 6, 6, 10, 5],
  ] as const) {
    const plane = Float64Array.from({ length: w * h }, (_, i) => Math.sin(3 * i * i + 1));
    const at = (y: number, x: number): number => (y < h && x < w ? plane[y * w + x]! : 0);
    const correlation = new SelfCorrelation([w, h], [W, H], rows);
    for (let k = 0; k < 3; k++) correlation.of(plane.map((v) => 1e3 * v)); // nothing is left of planes before
    const made = correlation.of(plane);
    assert.is(made.length, rows * W);
    for (const [i, v] of made.entries()) {
      const [dx, dy] = [i % W, Math.floor(i / W)];
      let want = 0;
      for (let k = 0; k < w * h; k++) want += plane[k]! * at((Math.floor(k / w) + dy) % H, ((k % w) + dx) % W);
      assert.ok(Math.abs(v - want) < 1e-12, `${w}x${h} in ${W}x${H}, lag ${dx},${dy}: ${v}, expected ${want}`);
    }
  }
});

test.run();
