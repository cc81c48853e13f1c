import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { didYouMean } from '../../src/base/did_you_mean';
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

test.run();
