import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inputPolicy } from '../../src/app/inputs';
import { chosenTexture, methodOf, type TextureChoice, textureRecipe } from '../../src/app/texture_recipe';
import { nodePlatform } from '../../src/node/platform';
import { fillRecipe } from '../../src/recipes/recipe';
import { chance, draw } from '../copy/pictures';

const test = suite('the recipe of a texture');
const said: string[] = [];
const chosen = (choice: TextureChoice) =>
  chosenTexture(nodePlatform, choice, 'examples/pebbles.png', { warn: (text) => void said.push(text) });

test('settings say which method is meant', () => {
  assert.is(methodOf({}), 'auto');
  assert.is(methodOf({ polish: false }), 'auto');
  assert.is(methodOf({ variety: 0.5 }), 'copy');
  assert.is(methodOf({ flatten: false, method: 'auto' }), 'copy');
  assert.is(methodOf({ steps: 9 }), 'patches');
  assert.is(methodOf({ net: 'vgg19' }), 'net');
  assert.is(methodOf({ recipe: 'texture' }), null);
});

test('a tile too small to be copied well is copied all the same where only copying has a setting', async () => {
  const small = { size: 96 };
  assert.is((await chosen(small)).name, 'texture');
  assert.match(said.at(-1) ?? '', /^patches: a tile of 96x96 holds few parts/);
  assert.is((await chosen({ ...small, variety: 0.5 })).stages?.[0]?.copy?.variety, 0.5);
});

test('a tile is of 512 pixels where nobody says', async () => {
  assert.equal((await chosen({})).size, [512, 512]);
  assert.is((await chosen({ method: 'copy' })).size, 512);
});

test('where 512 pixels do not hold what repeats, the nearest size that does is taken and named; a size that was asked stays', async () => {
  const raster = draw(300, 300, (_, y) => (y % 80 < 8 ? 0.1 : 0.5) + 0.2 * chance(Math.floor(y / 80), 0));
  const reading = {
    name: 'style',
    ...inputPolicy(fillRecipe(textureRecipe({ method: 'copy' })), 'style'),
    onWarning: () => {},
  };
  const picture = { ...(await nodePlatform.readPicture('examples/pebbles.png', reading)), raster };
  const platform = { readPicture: async () => picture };
  const of = (choice: TextureChoice) => chosenTexture(platform, choice, '', { warn: (text) => void said.push(text) });
  assert.equal((await of({})).size, [512, 480]);
  assert.is(said.at(-1), 'the tile is 512x480, as 512x512 does not hold what repeats in the exemplar without a fault');
  assert.equal((await of({ size: 512 })).size, [512, 512]);
});

test('settings of two methods contradict one another', async () => {
  try {
    await chosen({ variety: 0.5, steps: 9 });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /steps is for optimising, and the method is copy/);
  }
});

test.run();
