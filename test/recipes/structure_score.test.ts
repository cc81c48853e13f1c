// The judge of structure against pictures with planted faults: what is wrong must show, what is not must not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { repeat } from '../../src/base/raster';
import { readPicture } from '../../src/node/picture';
import { builtinRecipe } from '../../src/recipes/builtin';
import { plasma } from '../../src/recipes/init/plasma';
import { fillRecipe, type Recipe } from '../../src/recipes/recipe';
import { structureOf } from '../../src/recipes/scores';
import { nearestPatches, samplePatches } from '../../src/recipes/scores/nearest_patches';
import { DIMENSIONS, PatchDescriptors } from '../../src/recipes/scores/patch_descriptors';
import { type StructureScore, structureScore } from '../../src/recipes/scores/structure';
import { structureLines } from '../../src/recipes/scores/structure_verdicts';
import { long } from '../support/all';
import { bent, blurred, crop, paint, rolled, runningBond, shuffledBlocks } from '../support/planted_faults';

const test = suite('structure score');

type Axes = Recipe['tile'];

/** Measures by name: how bad, the larger the worse. */
function badness(s: StructureScore): Record<string, number> {
  const worst = (f: (p: StructureScore['patches'][number]) => number): number => Math.max(...s.patches.map(f));
  return {
    incoherent: worst((p) => p.coherence / (p.own || 1)),
    foreign: worst((p) => p.foreign),
    incomplete: worst((p) => p.completeness / (p.own || 1)),
    lags: s.lags.difference,
    line: Math.max(s.roughest.x, s.roughest.y),
    soft: 1 - s.sharpness,
    verbatim: Math.max(s.verbatim, s.copied ?? 0),
    repeats: s.repeats ?? 0,
  };
}

/** More than this above the clean picture's is clearly worse; less than a third of it is the same. */
const CLEAR: Readonly<Record<string, number>> = {
  incoherent: 0.6,
  foreign: 0.25,
  incomplete: 0.45,
  lags: 0.15,
  line: 0.6,
  soft: 0.25,
  verbatim: 0.25,
  repeats: 0.3,
};

/** That a fault makes measures clearly worse, and leaves others as they were. */
function shows(name: string, clean: StructureScore, faulty: StructureScore, moved: string[], still: string[]): void {
  const [before, after] = [badness(clean), badness(faulty)];
  for (const key of [...moved, ...still]) {
    const by = after[key]! - before[key]!;
    const said = `${name}: ${key} went from ${before[key]!.toFixed(3)} to ${after[key]!.toFixed(3)}`;
    if (moved.includes(key)) assert.ok(by > CLEAR[key]!, `${said}, which is not clear`);
    else assert.ok(by < CLEAR[key]! / 3, `${said}, and should not have`);
  }
}

const wall = runningBond(128, 128, 1);
/** Rolled so that no joint lies on the join. */
const other = rolled(runningBond(128, 96, 2), 10, 8);
const judge = (tile: Raster): StructureScore => structureScore(tile, wall);
const clean = judge(other);

test('another piece of the same wall is good in every line', () => {
  assert.equal(
    structureLines(clean).filter((l) => l.verdict !== 'good'),
    [],
  );
  const { own, coherence, completeness } = clean.patches[2]!;
  for (const v of [coherence, completeness]) assert.ok(v > 0.8 * own && v < 1.2 * own, `${v}, its own ${own}`);
});

test('a joint on the join is no seam, but a ramp is one', () => {
  const verdicts = (s: StructureScore): string[] =>
    structureLines(s).flatMap((l) => (l.name.startsWith('join') ? [l.verdict] : []));
  assert.equal(verdicts(judge(rolled(other, -10, -8))), ['good', 'good']);
  const ramp = paint(64, 64, (x, _, c) => 0.2 + (0.5 * x) / 64 + 0.01 * c);
  assert.equal(verdicts(structureScore(ramp, ramp)), ['poor', 'good']);
});

test('bent courses: autocorrelation and foreign patches', () => {
  const found = judge(bent(other, 4, 1));
  shows('bent', clean, found, ['lags', 'foreign', 'incoherent'], ['line', 'verbatim', 'repeats', 'soft']);
});

test('a blurred copy: sharpness', () => {
  const found = judge(blurred(other, 1.2));
  shows('blurred', clean, found, ['soft', 'foreign'], ['lags', 'line', 'verbatim', 'repeats']);
});

test('a crop that does not close: larger patches and autocorrelation, however it is rolled', () => {
  const cut = crop(other, 0, 0, 110, 88);
  const found = judge(rolled(cut, 55, 44));
  assert.ok(
    Math.abs(found.seam.x!.z) < 1 && Math.abs(found.seam.y!.z) < 1,
    'the join looks good: the cut is elsewhere',
  );
  shows('cut', clean, found, ['lags', 'foreign'], ['soft', 'verbatim', 'repeats']);
});

test('one crop repeated: repeats, and that it is not all of the exemplar', () => {
  const found = judge(repeat(crop(other, 0, 0, 64, 64), 2, 2));
  shows('repeated', clean, found, ['repeats', 'incomplete'], ['lags', 'line', 'soft', 'verbatim']);
});

test('shuffled blocks: larger patches both ways', () => {
  const found = judge(shuffledBlocks(other, 16));
  shows('shuffled', clean, found, ['foreign', 'incoherent', 'incomplete', 'lags'], ['soft', 'verbatim', 'repeats']);
});

long(test)('a crop of the exemplar itself is one verbatim region, found at every offset, and 0 from it', () => {
  const large = runningBond(160, 160, 1);
  const found = structureScore(crop(large, 7, 3, 128, 128), large);
  assert.is(found.verbatim, 1);
  assert.ok(found.copied! > 0.85, `all but what crosses the edges: ${found.copied}`);
  const inside = structureScore(crop(wall, 5, 9, 96, 96), wall, 'none');
  assert.equal(
    inside.patches.map((p) => p.coherence),
    [0, 0, 0],
  );
  const half = paint(
    96,
    96,
    (x, y, c) => (x < 48 ? wall.data[(c * 128 + y) * 128 + x] : other.data[(c * 96 + y) * 128 + x])!,
  );
  const { verbatim } = judge(half);
  assert.ok(verbatim > 0.45 && verbatim < 0.55, `half of it is copied: ${verbatim}`);
});

const pebbles = await readPicture('examples/pebbles.png');
const left = crop(pebbles, 0, 0, 128, 256);
const right = crop(pebbles, 128, 0, 128, 256);

long(test)('pebbles: the other half of the picture is clean, and planted faults show', () => {
  const of = (tile: Raster, axes: Axes = 'none'): StructureScore => structureScore(tile, left, axes);
  const control = of(right);
  assert.equal(
    structureLines(control).filter((l) => l.verdict !== 'good'),
    [],
  );
  shows('blurred', control, of(blurred(right, 1.2)), ['soft'], ['lags', 'line', 'verbatim', 'repeats', 'incomplete']);
  const cut = of(rolled(right, 64, 128));
  shows('cut', control, cut, ['line'], ['soft', 'verbatim', 'repeats', 'lags', 'incomplete', 'incoherent']);
  const crops = of(repeat(crop(right, 0, 0, 64, 128), 2, 2));
  shows('repeated', control, crops, ['repeats', 'line'], ['soft', 'verbatim', 'lags']);
  shows('shuffled', control, of(shuffledBlocks(right, 16)), ['line'], ['soft', 'verbatim', 'repeats', 'lags']);
});

test('the search is exact, also without what overlaps', () => {
  const patches = new PatchDescriptors(crop(pebbles, 0, 0, 48, 40), 8, { x: true, y: false });
  const all = patches.describe(0, 0, patches.width, patches.height);
  const samples = samplePatches(patches, 20);
  for (const elsewhere of [false, true]) {
    const found = nearestPatches(samples, patches, elsewhere);
    for (let i = 0; i < samples.x.length; i++) {
      let best = Number.POSITIVE_INFINITY;
      for (let k = 0; k < patches.width * patches.height; k++) {
        const dx = Math.abs((k % patches.width) - samples.x[i]!);
        const dy = Math.abs(Math.floor(k / patches.width) - samples.y[i]!);
        if (elsewhere && Math.min(dx, 48 - dx) < 8 && dy < 8) continue;
        let sum = 0;
        for (let d = 0; d < DIMENSIONS; d++) {
          sum += (all[k * DIMENSIONS + d]! - samples.descriptions[i * DIMENSIONS + d]!) ** 2;
        }
        best = Math.min(best, sum);
      }
      assert.ok(Math.abs(found.distance[i]! - Math.sqrt(best)) < 1e-9, `sample ${i}: ${found.distance[i]}`);
    }
  }
});

test('small pictures, one colour, other shapes: finite numbers, or a refusal', () => {
  const grey = paint(40, 24, () => 0.5);
  const dull = structureScore(grey, grey);
  for (const v of Object.values(badness(dull))) assert.ok(Number.isFinite(v), JSON.stringify(dull));
  assert.is(dull.verbatim, 1);
  assert.is(dull.sharpness, 1);
  const small = structureScore(crop(pebbles, 0, 0, 16, 16), crop(pebbles, 0, 0, 16, 90));
  for (const v of Object.values(badness(small))) assert.ok(Number.isFinite(v), JSON.stringify(small));
  assert.throws(
    () =>
      structureScore(
        paint(15, 64, () => 0),
        grey,
      ),
    /15x64 is too small to judge/,
  );
});

test('a report judges what was copied from one picture, as it is', () => {
  const grain = plasma({ size: [40, 40], seed: 3 });
  const other = plasma({ size: [40, 40], seed: 4 });
  const told = (recipe: Recipe, ...styles: Raster[]): string[] =>
    structureOf(grain, recipe, styles).map((l) => `${l.name}: ${l.verdict}`);
  const recipe = (name: string, set: object = {}): Recipe => fillRecipe({ ...builtinRecipe(name), ...set });
  const copied = recipe('texture-copy');
  assert.ok(told(copied, grain).includes('sharpness: good'));
  assert.ok(told(copied, other).includes('foreign patches, 8 px: poor'));
  const [style] = copied.styles;
  for (const [why, asked, ...styles] of [
    ['optimised', recipe('texture'), grain],
    ['two styles', copied, grain, other],
    ['magnified', recipe('texture-copy', { styles: [{ ...style, magnification: 2 }] }), grain],
    ['folded', recipe('texture-copy', { views: [{ kind: 'mirror', axes: 'x' }] }), grain],
    ['filled', recipe('inpaint-copy'), grain],
    ['too small', copied, plasma({ size: [15, 40], seed: 3 })],
  ] as const)
    assert.equal(told(asked, ...styles), [], why);
});

test.run();
