// The recipes that come with toroid and those in examples/recipes: complete, shown in the gallery, and able to run.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copies, sheetsOf } from '../../examples/gallery/copies';
import { drawMask, masks } from '../../examples/gallery/masks';
import { commandOf, FOLDER, galleryPage, MATERIALS_FILE, PAGE, sheetFile } from '../../examples/gallery/page';
import { pictures } from '../../examples/gallery/pictures';
import { wantedInputs } from '../../src/app/inputs';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { findRecipe, setValues } from '../../src/cli/recipe_file';
import type { Net } from '../../src/nets/weights';
import { loadNet } from '../../src/node/weights/find';
import { builtinRecipe, builtinRecipes } from '../../src/recipes/builtin';
import { fillRecipe, type Recipe, type RecipeText } from '../../src/recipes/recipe';
import { run } from '../../src/recipes/run';
import { ALL, long } from '../support/all';
import { device } from '../support/device';
import { needs } from '../support/needs';
import { smallVgg } from '../support/onnx_files';

const test = suite('gallery');
const nets = '../shared/weights';
const whenNets = needs(test, !ALL || existsSync(nets), 'no ../shared/weights');
const examples = readdirSync('examples/recipes').map((f) => `examples/recipes/${f}`);

function picture(seed: number): Raster {
  const rng = new Rng(seed);
  return { width: 64, height: 64, data: Float32Array.from({ length: 3 * 64 * 64 }, () => rng.uniform()) };
}

/** White on the left, black on the right. */
const mask: Raster = {
  width: 64,
  height: 64,
  data: Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => Number(i % 64 < 32)),
};

/** The recipe at a size that takes no time, at one scale. */
const small = (recipe: RecipeText, net?: string): Recipe =>
  fillRecipe({
    ...recipe,
    ...(net !== undefined && recipe.net !== undefined && { net }),
    size: typeof recipe.size === 'object' ? [28, 32] : 32,
    scales: { ...recipe.scales, coarsest: 32, count: 1 },
    stages: recipe.stages.map(({ resolution, ...s }) => ({
      ...s,
      // A quarter of so little would be less than the net can look at.
      ...(resolution !== undefined && {
        resolution: typeof resolution === 'number' ? Math.max(0.5, resolution) : resolution,
      }),
      steps: recipe.net === undefined ? 2 : 1,
    })),
  });

async function runs(text: RecipeText, net: Net | null): Promise<void> {
  const recipe = small(text, net?.name);
  const inputs = new Map(wantedInputs(recipe).map((name, k) => [name, name === 'mask' ? mask : picture(k + 1)]));
  const { raster, stages } = await run(await device(), recipe, inputs, { net });
  const [width, height] = typeof recipe.size === 'number' ? [recipe.size, recipe.size] : recipe.size;
  assert.equal([raster.width, raster.height], [width, height], `${recipe.name} has the size asked for`);
  assert.ok(raster.data.every(Number.isFinite), `${recipe.name} has no number that is none`);
  const { min, max } = range(raster.data);
  assert.ok(max - min > 0.1, `${recipe.name} is not of one colour`);
  assert.ok(
    stages.every(
      (s) => s.steps === recipe.stages[s.stage]?.steps && s.curves.total?.every(([, v]) => Number.isFinite(v)),
    ),
    `${recipe.name} took every step`,
  );
}

const range = (v: Float32Array): { min: number; max: number } => ({
  min: v.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  max: v.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
});

test('there are a dozen recipes and more, and each says what it makes', () => {
  assert.ok(builtinRecipes.length >= 12);
  for (const recipe of builtinRecipes) {
    const filled = fillRecipe(recipe);
    assert.ok(filled.about.length > 40, `${filled.name} says what it makes`);
    const says = /no network/i.test(filled.about) === (filled.net === undefined);
    if (filled.net !== undefined) assert.ok(says, `${filled.name} needs a network, whatever it says`);
  }
  const names = builtinRecipes.map((r) => r.name);
  assert.equal(new Set(names).size, names.length, 'names are different');
});

test('every file of recipes is in the list', () => {
  const files = readdirSync('src/recipes/builtin').filter((f) => f.endsWith('.json'));
  assert.equal(files.map((f) => f.slice(0, -5)).sort(), builtinRecipes.map((r) => r.name ?? '').sort());
});

test('the gallery shows every recipe', () => {
  const shown = new Set(pictures.map((p) => p.recipe));
  for (const { name = '' } of builtinRecipes) assert.ok(shown.has(name), `${name} is in the gallery`);
  assert.equal(new Set(pictures.map((p) => p.name)).size, pictures.length, 'pictures have names of their own');
});

test('its page is what the script writes', () => {
  assert.equal(
    readFileSync(PAGE, 'utf8'),
    galleryPage(builtinRecipes),
    'node build.mjs examples && node build/examples/gallery/index.js --page',
  );
});

test('its pictures are there, and together not too large to clone', async () => {
  let bytes = 0;
  const files = new Set(readdirSync(FOLDER));
  for (const { name } of pictures) {
    assert.ok(files.delete(`${name}.jpg`), `${FOLDER}/${name}.jpg`);
    const { width = 0, height = 0 } = await sharp(`${FOLDER}/${name}.jpg`).metadata();
    assert.ok(Math.min(width, height) >= 128, `${name}.jpg can be seen`);
    bytes += statSync(`${FOLDER}/${name}.jpg`).size;
  }
  let copied = 0;
  for (const k of sheetsOf(copies).keys()) {
    assert.ok(files.delete(sheetFile(k)), sheetFile(k));
    copied += statSync(`${FOLDER}/${sheetFile(k)}`).size;
  }
  assert.ok(files.delete(MATERIALS_FILE), MATERIALS_FILE);
  assert.ok(statSync(`${FOLDER}/${MATERIALS_FILE}`).size < 400e3, 'the sheet of materials is small');
  const examples = readdirSync('examples').filter((f) => f.endsWith('.png'));
  assert.equal(copies.map((c) => `${c.name}.png`).sort(), examples.sort(), 'every example is copied');
  for (const name of masks.keys()) assert.ok(files.delete(`${name}.png`), `${FOLDER}/${name}.png`);
  assert.equal([...files], [], 'nothing else is there');
  assert.ok(bytes < 2.5e6, `${bytes} bytes`);
  assert.ok(copied < 1.5e6, `${copied} bytes of sheets`);
});

test('its masks are what the script draws', async () => {
  for (const [name, inside] of masks) {
    const { data } = await sharp(`${FOLDER}/${name}.png`).greyscale().raw().toBuffer({ resolveWithObject: true });
    const drawn = drawMask(inside);
    const step = data.length / drawn.data.length;
    const off = drawn.data.reduce((count, v, i) => count + Number(v !== data[i * step]), 0);
    assert.is(off, 0, name);
  }
});

for (const shown of pictures) {
  test(`${shown.name}: its command gives what the recipe asks for`, () => {
    const { name, recipe, inputs = {}, set = [] } = shown;
    const filled = fillRecipe(setValues(builtinRecipe(recipe), set));
    assert.equal(wantedInputs(filled).sort(), Object.keys(inputs).sort(), `${name}: inputs`);
    for (const file of Object.values(inputs)) assert.ok(existsSync(file), file);
    assert.is(shown.net !== undefined, filled.net !== undefined, `${name} names a net if it needs one`);
    assert.is(shown.whole === true, filled.tile === 'none', `${name} is shown repeated if it is a tile`);
    assert.is(commandOf(shown)[1], recipe);
    // What `To tune` proposes can be set.
    for (const [, setting = ''] of shown.tune.matchAll(/`(?:--set )?([a-z][\w.[\]]*=[^\s`]+)`/g)) {
      fillRecipe(setValues(builtinRecipe(recipe), [...set, setting]));
    }
  });
}

/** Those that take over half a second, and whose methods and losses others have. */
const LONG: readonly unknown[] = ['inpaint-copy', 'style-large', 'texture-net', 'texture-w2', 'mix'];
for (const recipe of builtinRecipes) {
  const when = recipe.net === undefined ? test : whenNets;
  (LONG.includes(recipe.name) ? long(when) : when)(`${recipe.name} runs`, async () => {
    await runs(recipe, recipe.net === undefined ? null : await someNet());
  });
}

/** One that has learnt something, where there is time; else as many layers of noise, of a few channels. */
let found: Promise<Net> | undefined;
const someNet = (): Promise<Net> => {
  found ??= ALL ? loadNet(`${nets}/vgg19-16x-distilled/vgg19_16x_5SE.onnx`) : Promise.resolve(smallVgg());
  return found;
};

for (const file of examples) {
  const read = async (): Promise<RecipeText> => (await findRecipe(file)).value as RecipeText;
  test(`${file} is a recipe, with comments and pictures that are there`, async () => {
    const recipe = fillRecipe(await read());
    assert.ok((readFileSync(file, 'utf8').match(/#/g) ?? []).length >= 5, 'it has comments');
    assert.ok(file.includes(`/${recipe.name}.`), 'it is called what it is');
    for (const input of Object.values(recipe.inputs)) {
      const path = typeof input === 'string' ? input : input.path;
      assert.ok(existsSync(`examples/recipes/${path}`), path);
    }
  });
  const needsNet = /^net:/m.test(readFileSync(file, 'utf8'));
  (needsNet ? whenNets : test)(`${file} runs`, async () => {
    await runs(await read(), needsNet ? await someNet() : null);
  });
}

test.run();
