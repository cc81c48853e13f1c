// One rule for how large pictures are read, whoever reads them: a recipe gives the same pixels everywhere.
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inputPolicy, readInputs, shrunkSize } from '../../src/app/inputs';
import { nodePlatform } from '../../src/node/platform';
import { fillRecipe, type RecipeText } from '../../src/recipes/recipe';
import { StudioEngine } from '../../src/web/studio/engine';
import type { Event } from '../../src/web/studio/protocol';

const test = suite('app inputs');
const text: RecipeText = {
  name: 'masked',
  size: 64,
  content: 'photo',
  styles: [{ input: 'style', mask: { input: 'mask' } }, { input: 'photo' }],
  pin: { input: 'holes', picture: 'kept' },
  color: { palette: { input: 'colours', colors: 4 } },
  stages: [{ steps: 1, losses: [{ kind: 'gram', layers: ['input'] }] }],
};
const recipe = fillRecipe(text);
const [MOST_STYLE, MOST_CONTENT] = [2 ** 20, 2 ** 24];

test('what the result is laid over keeps its pixels; all else is shrunk like a style', () => {
  const of = (name: string) => Object.values(inputPolicy(recipe, name));
  assert.equal(of('photo'), [MOST_CONTENT, 16, true], 'a content, although it is a style too');
  assert.equal(of('kept'), [MOST_CONTENT, 1, false], 'the picture behind a pin');
  assert.equal(of('style'), [MOST_STYLE, 16, false]);
  for (const name of ['mask', 'holes', 'colours', 'guide']) assert.equal(of(name), [MOST_STYLE, 1, false], name);
  assert.equal(shrunkSize(2048, 1024, { most: MOST_STYLE, least: 1 }), [1448, 724]);
  assert.equal(shrunkSize(1024, 1024, { most: MOST_STYLE, least: 1 }), [1024, 1024]);
  assert.equal(shrunkSize(100_000, 20, { most: MOST_STYLE, least: 16 }), [72_408, 16]);
});

/** What a page has to read pictures with, as far as sizes go: all pictures are 2048x1024. */
function pageStubs(): Record<string, unknown> {
  class OffscreenCanvas {
    constructor(
      readonly width: number,
      readonly height: number,
    ) {}
    getContext() {
      const values = new Uint8ClampedArray(4 * this.width * this.height).fill(255);
      return { drawImage: () => undefined, getImageData: () => ({ data: values }) };
    }
  }
  return { OffscreenCanvas, createImageBitmap: async () => ({ width: 2048, height: 1024, close: () => undefined }) };
}

test('the studio shrinks pictures to the sizes that the library does', async () => {
  const bytes = await sharp({ create: { width: 2048, height: 1024, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
  const names = ['style', 'mask', 'photo', 'holes', 'kept', 'colours'];
  const library: string[] = [];
  const sources = new Map(names.map((name) => [name, bytes]));
  await readInputs(nodePlatform, recipe, sources, { warn: (t) => library.push(t) });

  const global = globalThis as unknown as Record<string, unknown>;
  const before = Object.keys(pageStubs()).map((name) => [name, global[name]] as const);
  Object.assign(global, pageStubs());
  const studio: string[] = [];
  const engine = new StudioEngine((event: Event) => {
    if (event.type === 'warning') studio.push(event.text);
  });
  try {
    const files = names.map((name) => [name, { name, file: new Blob([bytes]) }] as const);
    // It ends for lack of a GPU, after the pictures.
    await engine.handle({ type: 'start', recipe: text, inputs: Object.fromEntries(files) });
  } finally {
    for (const [name, was] of before) global[name] = was;
  }
  assert.is(library.length, 4);
  assert.match(library.join(), /mask is 2048x1024: shrunk to 1448x724/);
  assert.equal(studio, library);
});

test('a file that has changed is an error where the recipe names it, and told where somebody chose it', async () => {
  const look = { width: 16, height: 16, data: new Float32Array(768) };
  const platform = { readPicture: async () => ({ raster: look, path: '/a/look.png', sha256: 'b'.repeat(64) }) };
  const was = fillRecipe({ ...text, inputs: { style: { path: 'look.png', sha256: 'a'.repeat(64) } } });
  const sources = new Map([['style', 'look.png']]);
  const read = async (given: readonly string[]): Promise<string> => {
    const told: string[] = [];
    await readInputs(platform, was, sources, { given: new Set(given), warn: (t) => told.push(t) });
    return told.join();
  };
  assert.match(await read(['style']), /^input style is not the file that the recipe was run with/);
  const error = await read([]).catch((e: Error) => e.message);
  assert.match(
    error,
    /look\.png is not the file it was \(its sha256 is bbbbbbbbbbbb.*\n {2}.*give style among the inputs/,
  );
});

test.run();
