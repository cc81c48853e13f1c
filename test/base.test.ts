import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nearest } from '../src/base/nearest';

const test = suite('base');

test('the nearest word: letters changed, missing, too many or exchanged; none when nothing is near', () => {
  const nets = ['vgg16', 'vgg19', 'patches'];
  assert.is(nearest('vgg91', nets), 'vgg19'); // two neighbours exchanged are one mistake
  assert.is(nearest('vgg61', nets), 'vgg16');
  assert.is(nearest('VGG19', nets), 'vgg19');
  assert.is(nearest('patchse', nets), 'patches');
  assert.is(nearest('ptches', nets), 'patches');
  assert.is(nearest('patchess', nets), 'patches');
  assert.is(nearest('resnet', nets), undefined);
  assert.is(nearest('', nets), undefined);
});

test.run();
