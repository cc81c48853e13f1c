// What a stage's losses are of a canvas: the same wherever it begins, at any size, and as styles are weighted.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { encode } from '../../src/recipes/colour/canvas_space';
import { plasma } from '../../src/recipes/init/plasma';
import { stageObjective } from '../../src/recipes/objective';
import { prepare } from '../../src/recipes/prepare';
import type { Recipe, RecipeText } from '../../src/recipes/recipe';
import { device } from '../support/device';
import { close } from '../support/kit';
import { grain, gram, input, inputs, type Loss, recipe, styled } from '../support/small_runs';

const test = suite('objective');

/** Terms of a stage's objective for each of some canvases, RGB [3, H W], or of what the counter says. */
async function terms(
  wanted: Recipe,
  given: ReadonlyMap<string, Raster>,
  canvases: readonly Raster[],
  counters: readonly number[] = canvases.map(() => 0),
): Promise<Map<string, number>[]> {
  const prepared = prepare(await device(), wanted, given, null, () => {});
  const [stage] = prepared.stages;
  const { space } = prepared.resolved;
  const start = encode(space, canvases[0]!);
  const g = new Graph();
  const x = g.input([space.rank, stage!.size[1], stage!.size[0]], 'canvas');
  const counter = g.input([1], 'counter');
  const { loss, terms } = stageObjective(
    g,
    x,
    counter,
    prepared.setup(stage!, start, () => {}),
  );
  const plan = await Plan.compile(await device(), g, [loss, ...terms.values(), x, counter]);
  const all: Map<string, number>[] = [];
  try {
    for (const [k, count] of counters.entries()) {
      plan.write(counter, Float32Array.of(count));
      plan.write(x, encode(space, canvases[k] ?? canvases[0]!));
      plan.run();
      const values = new Map([['total', (await plan.read(loss))[0]!]]);
      for (const [name, term] of terms) values.set(name, (await plan.read(term))[0]!);
      all.push(values);
    }
  } finally {
    plan.close();
  }
  return all;
}

test('styles: shares add up to 1, a negative one turns round, several sizes at once are their mean', async () => {
  const given = new Map([
    ['style', grain(32, 1)],
    ['other', plasma({ size: [32, 40], seed: 9 })],
  ]);
  const canvas = [plasma({ size: [16, 16], seed: 5 })];
  const losses: Loss[] = [gram, { kind: 'mean', ...input }];
  const color = { space: 'free' } as const;
  const of = async (...styles: RecipeText['styles'] & object): Promise<number> =>
    (await terms(recipe(losses, { styles, color }), given, canvas))[0]!.get('total')!;
  const [a, b] = [await of({ input: 'style' }), await of({ input: 'other' })];
  close(
    [await of({ input: 'style', weight: 3 }, { input: 'other', weight: -1 })],
    [0.75 * a - 0.25 * b],
    1e-4,
    'shares',
  );
  const sizes = [1, 2, 0.5];
  const each: number[] = [];
  for (const magnification of sizes) each.push(await of({ input: 'style', magnification }));
  assert.ok(new Set(each).size === 3, 'they differ');
  const mean = each.reduce((sum, v) => sum + v, 0) / 3;
  close([await of({ input: 'style', magnification: sizes })], [mean], 1e-4, 'sizes at once');
});

test('jitter rolls by whole pixels, torus or not', async () => {
  const canvas = [plasma({ size: [16, 16], seed: 5 })];
  const counters = [0, 1, 2, 3, 4, 5, 6, 7];
  for (const tile of ['none', 'both', 'x'] as const) {
    const losses: Loss[] = [
      { kind: 'histogram', ...input }, // only sees which values there are
      { kind: 'tv' }, // also sees the border, where there is one
    ];
    const values = await terms(recipe(losses, { ...styled, tile }, { jitter: 5 }), inputs, canvas, counters);
    const histogram = values.map((v) => v.get('histogram input')!);
    assert.ok(histogram.length === 8 && histogram[0]! > 0);
    close(
      histogram,
      histogram.map(() => histogram[0]!),
      1e-5,
      tile,
    );
    const seen = new Set(values.map((v) => v.get('tv')!.toFixed(5))).size;
    if (tile === 'both') assert.is(seen, 1, 'nothing changes on a torus');
    else assert.ok(seen > 2, `${tile}: it does roll`);
  }
});

test('on a torus it does not matter where the canvas begins', async () => {
  const losses: Loss[] = [
    { kind: 'patches' },
    gram,
    { kind: 'mean', ...input },
    { kind: 'moments', ...input },
    { kind: 'gaussian', ...input },
    { kind: 'sliced', ...input },
    { kind: 'histogram', ...input },
    { kind: 'shifted_gram', ...input },
    { kind: 'spectrum', ...input },
    { kind: 'enhance', ...input },
    { kind: 'gram_enhance', ...input },
    { kind: 'tv' },
  ];
  const canvas = plasma({ size: [32, 32], seed: 5 });
  const data = canvas.data.map((_, i) => {
    const [c, y, x] = [i >> 10, (i >> 5) & 31, i & 31];
    return canvas.data[c * 1024 + ((y + 27) % 32) * 32 + ((x + 13) % 32)]!;
  });
  const wanted = recipe(losses, { ...styled, size: 32 }, { jitter: false });
  const [here, there] = await terms(wanted, inputs, [canvas, { ...canvas, data }]);
  assert.is(here!.size, new Set(here!.keys()).size);
  for (const [name, value] of here!) close([there!.get(name)!], [value], 2e-4, name, 1e-6);
});

test('a loss means the same at 64 and at 128 pixels', async () => {
  const losses: Loss[] = [
    { kind: 'patches' },
    gram,
    { kind: 'gram', centring: 'dynamic', ...input },
    { kind: 'mean', ...input },
    { kind: 'moments', ...input },
    { kind: 'sliced', ...input },
    { kind: 'gaussian', ...input },
    { kind: 'histogram', ...input },
    {
      kind: 'shifted_gram',
      offsets: [
        [1, 0],
        [0, 3],
      ],
      ...input,
    },
    { kind: 'spectrum', ...input },
    { kind: 'content', ...input },
    { kind: 'enhance', ...input },
    { kind: 'gram_enhance', ...input },
    { kind: 'tv' },
  ];
  const given = new Map([
    ['style', grain(128, 1)],
    ['content', grain(128, 2)],
  ]);
  // The same noise on a larger canvas: of less contrast than the style, and of other colours.
  const canvas = (side: number): Raster => {
    const { data } = grain(side, side);
    const n = side * side;
    // Green goes a little with red, which it does not in the style.
    const mixed = data.map(
      (v, i) => 0.4 + 0.5 * (v - 0.5) + (i < n ? 0.1 : i < 2 * n ? 0.3 * ((data[i - n] ?? 0) - 0.5) : 0),
    );
    return { width: side, height: side, data: mixed };
  };
  const at = async (size: number): Promise<Map<string, number>> => {
    const wanted = recipe(losses, { ...styled, content: 'content', size, color: { space: 'free' } }, { jitter: false });
    return (await terms(wanted, given, [canvas(size)]))[0]!;
  };
  const [small, large] = [await at(64), await at(128)];
  const wrong: string[] = [];
  for (const [name, value] of small) {
    if (name === 'total') continue; // of losses and enhancements, which cancel
    const ratio = large.get(name)! / value;
    if (Math.abs(ratio - 1) > 0.15) wrong.push(`${name}: ${value} and ${large.get(name)}, ${ratio.toFixed(2)} times`);
  }
  assert.equal(wrong, []);
});

test.run();
