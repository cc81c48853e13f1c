// What 0.1.0 wrote loads, and comes out the same. test/fixtures/v0.1.0 holds two recipe files, and pictures that 0.1.0
// made on SwiftShader, each by the command beside it.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findRecipe } from '../../src/cli/recipe_file';
import { type FoundRecord, fillRecipe, type Recipe, readRecord, run, toPixels } from '../../src/index.node';
import { readPicture } from '../../src/node/picture';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { device } from '../support/device';
import { needs } from '../support/needs';

const fixtures = join('test', 'fixtures', 'v0.1.0');
const MADE_ON = 'SwiftShader driver 5.0.0';
const pictures = [
  'texture', // toroid texture pebbles.png --size 32x32 --steps 6 --seed 7 --canvas plasma
  'inpainted', // toroid run inpaint -i content=leaves.png -i mask=mask.png --size 32 -s stages[0].steps=6
  'everything', // toroid run everything.yaml
  'small-zoom', // toroid run small-zoom.json
  'tuned', // toroid run regular -i style=pebbles.png --size 32 -s canvas='50 + plasma * 0.5' -s stages[0].steps=5 --tune now
];

const folder = mkdtempSync(join(tmpdir(), 'toroid-v0.1.0-'));
cpSync(fixtures, folder, { recursive: true });
const at = (name: string): string => join(folder, name);
const { adapter } = await device();
const sameAdapter = adapter.description === MADE_ON;

const test = suite('what 0.1.0 wrote');
test.after(() => rmSync(folder, { recursive: true }));
const whenSame = needs(test, sameAdapter, `this is not ${MADE_ON}`);

async function recordOf(name: string): Promise<FoundRecord & { readonly recipe: Recipe }> {
  const record = await readRecord(at(`${name}.png`));
  assert.ok(record, `${name}.png holds a record`);
  return { ...record, recipe: record.recipe as Recipe };
}

async function replay(name: string): Promise<{ readonly bytes: Uint8ClampedArray; readonly tuned: object }> {
  const record = await recordOf(name);
  const inputs = Object.entries(record.recipe.inputs).map(([input, file]) => [
    input,
    at(typeof file === 'string' ? file : file.path),
  ]);
  const warnings: string[] = [];
  const on = await device();
  try {
    const again = await run(record, Object.fromEntries(inputs), { device: on, onWarning: (w) => warnings.push(w) });
    assert.equal(
      warnings.filter((w) => w.includes('input')),
      [],
    );
    return { bytes: again.toPixels().data, tuned: again.making.record.adapter.tuned ?? {} };
  } finally {
    on.tuning = undefined;
  }
}

for (const name of pictures) {
  test(`${name}.png: its record loads, and fills to itself`, async () => {
    const record = await recordOf(name);
    assert.is(record.version, '0.1.0');
    assert.is(record.adapter, MADE_ON);
    assert.equal(fillRecipe(record.recipe), record.recipe);
  });

  // The first is made again by the command line below.
  (name === 'texture' && sameAdapter ? long(test) : whenSame)(`${name}.png: the same pixels`, async () => {
    const { bytes, tuned } = await replay(name);
    assert.equal(bytes, toPixels(await readPicture(at(`${name}.png`))).data);
    // Choices of kernels are taken again, though the kernels may be called otherwise by now.
    const before = (await recordOf(name)).tuned ?? {};
    assert.equal(Object.values(tuned).sort(), Object.values(before).sort());
    assert.is(Object.keys(before).length > 0, name === 'tuned');
  });
}

if (!sameAdapter) {
  test('a picture of any adapter runs here', async () => {
    const { width, height } = await readPicture(at('everything.png'));
    assert.is((await replay('everything')).bytes.length, 4 * width * height);
  });
}

for (const [file, name] of [
  ['everything.yaml', 'everything'],
  ['small-zoom.json', 'small-zoom'],
] as const) {
  test(`${file} fills to what 0.1.0 made of it`, async () => {
    const { value } = await findRecipe(at(file));
    const { inputs, size: _, ...filled } = fillRecipe(value);
    const { inputs: recorded, size: __, ...before } = (await recordOf(name)).recipe;
    assert.equal(filled, before);
    const pathOf = (given: Recipe['inputs'][string]): string => (typeof given === 'string' ? given : given.path);
    for (const [input, given] of Object.entries(inputs)) assert.is(pathOf(given), pathOf(recorded[input]!));
  });
}

whenSame('the command line makes the same picture from one of 0.1.0', async () => {
  const { code, err } = await runner(folder).toroid(['run', 'texture.png', '-o', 'again.png', '-q']);
  assert.is(code, 0, err);
  assert.equal((await readPicture(at('again.png'))).data, (await readPicture(at('texture.png'))).data);
});

test.run();
