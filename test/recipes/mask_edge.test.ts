// Edges of masks: those of untouched pictures pass, those of pictures that are another within the mask do not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blur } from '../../src/base/blur';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';

import { plasma } from '../../src/recipes/init/plasma';
import { fillSharpness } from '../../src/recipes/scores/fill_sharpness';
import { maskEdgeScore, maskEdgeVerdict, pinEdgeScore } from '../../src/recipes/scores/mask_edge';
import { paint, rolled, runningBond } from '../support/planted_faults';

const test = suite('mask edge');

const SIDE = 96;
const mask = (white: (x: number, y: number) => boolean): Float32Array =>
  Float32Array.from({ length: SIDE * SIDE }, (_, i) => Number(white(i % SIDE, Math.floor(i / SIDE))));
const frame = mask((x, y) => Math.min(x, y, SIDE - 1 - x, SIDE - 1 - y) < 16);
const disc = mask((x, y) => Math.hypot(x - 48, y - 48) < 26);

/** The picture, and within the mask, faded in over its edge, the picture moved. */
function moved(picture: Raster, within: Float32Array, feather: number): Raster {
  const other = rolled(picture, 47, 53).data;
  const soft = blur(within, [SIDE, SIDE], feather, [true, true]);
  const data = picture.data.map(
    (v, i) => v + Math.min(1, (feather > 0 ? 2 : 1) * (soft[i % soft.length] ?? 0)) * ((other[i] ?? 0) - v),
  );
  return { ...picture, data };
}

const wall = runningBond(SIDE, SIDE, 1);
const cloud = plasma({ size: [SIDE, SIDE], seed: 4, power: 1 });
const shows = (picture: Raster, within: Float32Array): boolean => maskEdgeVerdict(maskEdgeScore(picture, within)).shows;

test('nothing shows where nothing was changed', () => {
  for (const [picture, within] of [
    [rolled(wall, 11, 7), frame],
    [cloud, disc],
  ] as const)
    assert.not.ok(shows(picture, within), maskEdgeVerdict(maskEdgeScore(picture, within)).text);
});

test('a hard cut is a line, half bricks are foreign however softly they are laid', () => {
  assert.ok(shows(moved(cloud, disc, 0), disc));
  const blended = maskEdgeScore(moved(wall, frame, 3), frame);
  assert.ok((blended.foreign ?? 0) > 0.3);
  assert.match(
    maskEdgeVerdict(blended).text,
    /the mask's edge shows: \d\d % of what lies across it is like nothing in the rest/,
  );
});

test('a blurred fill is told, however well it meets its edge; one in other light or of a calmer material is not', () => {
  const rng = new Rng(1, 1);
  const grain = paint(SIDE, SIDE, () => 0.2 + 0.6 * rng.uniform());
  for (const [name, picture] of Object.entries({ grain, wall, cloud })) {
    const soft = blur(picture.data, [SIDE, SIDE], 1.5, [true, true]);
    const within = (i: number): number => disc[i % disc.length] ?? 0;
    const blurred = { ...picture, data: picture.data.map((v, i) => v + within(i) * ((soft[i] ?? 0) - v)) };
    const { shows, text } = maskEdgeVerdict({ line: null, foreign: null, sharpness: fillSharpness(blurred, disc) });
    if (name !== 'cloud')
      assert.match(`${shows} ${text}`, /^true what was made anew is blurred: it has 0\.[0-3]\d of the detail/, name);
    const dim = { ...picture, data: picture.data.map((v, i) => v * (1 - 0.3 * within(i))) };
    assert.ok((fillSharpness(dim, disc) ?? 0) > 0.6, `${name} ${fillSharpness(dim, disc)}`);
    const own = fillSharpness(picture, disc) ?? 0;
    assert.ok(own > 0.8 && own < 1.3, `${name} ${own}`);
  }
});

test('a run is judged by the mask of its recipe, as it is inverted and sized there', () => {
  const cut = moved(wall, frame, 0);
  const small = paint(SIDE / 2, SIDE / 2, (x, y) => 1 - (frame[2 * y * SIDE + 2 * x] ?? 0));
  const pin = { picture: 'content', input: 'holes', feather: 0, invert: true };
  const of = (raster: Raster): boolean | undefined => {
    const score = pinEdgeScore(raster, { pin }, new Map([['holes', small]]));
    return score ? maskEdgeVerdict(score).shows : undefined;
  };
  assert.equal([of(cut), of(wall)], [true, false]);
  assert.is(pinEdgeScore(cut, {}, new Map()), null);
});

test('too little edge is said to be that', () => {
  const { shows: any, text } = maskEdgeVerdict(
    maskEdgeScore(
      wall,
      mask(() => false),
    ),
  );
  assert.equal([any, text], [false, "the mask's edge is too short to judge"]);
});

test.run();
