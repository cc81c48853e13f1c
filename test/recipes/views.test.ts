// Views against what symmetry says, with motions written here on pixels, apart from the tables the views are made from: two tables
// of groups, which make the file long.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { Graph, type Node } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { seamScore } from '../../src/recipes/scores/seam';
import { type ViewSettings, viewComponents, viewSchema } from '../../src/recipes/views';
import { GROUPS, type Group } from '../../src/recipes/views/lib/groups';
import { ALL } from '../support/all';
import { device } from '../support/device';
import { close } from '../support/kit';

type Input = { kind: string; [setting: string]: unknown };
type Place = readonly [x: number, y: number];
type Move = (x: number, y: number) => Place;

const noise = (W: number, H: number, seed = 1): Float32Array => {
  const rng = new Rng(seed, 1);
  return Float32Array.from({ length: 3 * W * H }, () => rng.uniform());
};

/** A random picture of a few long waves that fit the tile. */
function smooth(W: number, H: number, seed = 1, highest = 3): Float32Array {
  const rng = new Rng(seed, 2);
  const out = new Float32Array(3 * W * H);
  for (let band = 0; band < 3; band++) {
    for (let k = 0; k < 12; k++) {
      const [fx, fy] = [rng.below(2 * highest + 1) - highest, rng.below(2 * highest + 1) - highest];
      const phase = 2 * Math.PI * rng.uniform();
      for (let i = 0; i < W * H; i++) {
        const at = 2 * Math.PI * ((fx * (i % W)) / W + (fy * Math.floor(i / W)) / H) + phase;
        out[band * W * H + i]! += Math.cos(at) / 12 + 1 / 24;
      }
    }
  }
  return out;
}

interface Seen {
  readonly y: Float32Array;
  readonly twice: Float32Array;
  readonly warnings: readonly string[];
  readonly slope: Float32Array;
  readonly seed: Float32Array;
}

/** A picture through a view, through it twice, and the view's adjoint at a random direction. */
async function see(input: Input, x: Float32Array, W: number, H: number): Promise<Seen> {
  const settings: ViewSettings = viewSchema.parse(input);
  const warnings: string[] = [];
  const g = new Graph();
  const canvas = g.input([3, H, W], 'canvas');
  const block = viewComponents.find((b) => b.kind === settings.kind)!;
  const context = { g, torus: [true, true] as const, warn: (text: string) => warnings.push(text) };
  const y = block.build(context, canvas, settings) as Node;
  assert.equal(y.shape, [3, H, W]);
  const twice = block.build({ ...context, warn: () => {} }, y, settings) as Node;
  const seed = noise(W, H, 9);
  const [slope] = g.grad(y, [canvas], g.constant([3, H, W], seed));
  const plan = await Plan.compile(await device(), g, [y, twice, slope!]);
  try {
    plan.write(canvas, x);
    plan.run();
    return { y: await plan.read(y), twice: await plan.read(twice), slope: await plan.read(slope!), warnings, seed };
  } finally {
    plan.close();
  }
}

/** The largest |y(move p) - y(p)|, between pixels where the move lands there, over the picture's whole range. */
function change(
  y: Float32Array,
  W: number,
  H: number,
  move: Move,
  where: (x: number, y: number) => boolean = () => true,
) {
  const at = (band: number, px: number, py: number): number =>
    y[(band * H + (((py % H) + H) % H)) * W + (((px % W) + W) % W)]!;
  let most = 0;
  for (let band = 0; band < 3; band++) {
    for (let i = 0; i < W * H; i++) {
      const [x0, y0] = [i % W, Math.floor(i / W)];
      if (!where(x0, y0)) continue;
      const [px, py] = move(x0, y0);
      const [ix, iy] = [Math.floor(px + 1e-9), Math.floor(py + 1e-9)];
      const [fx, fy] = [Math.max(0, px - ix), Math.max(0, py - iy)];
      const v =
        (1 - fy) * ((1 - fx) * at(band, ix, iy) + (fx > 1e-8 ? fx * at(band, ix + 1, iy) : 0)) +
        (fy > 1e-8 ? fy * ((1 - fx) * at(band, ix, iy + 1) + (fx > 1e-8 ? fx * at(band, ix + 1, iy + 1) : 0)) : 0);
      most = Math.max(most, Math.abs(v - at(band, x0, y0)));
    }
  }
  const sorted = Float32Array.from(y).sort();
  return most / (sorted.at(-1)! - sorted[0]!);
}

const test = suite('views');

// Motions of a cell of w x h pixels whose corner is at 0, 0. A group has exactly those it is listed with.
const cell = (w: number, h: number): Readonly<Record<string, Move>> => ({
  'centred copy': (x, y) => [x + w / 2, y + h / 2],
  'half turn': (x, y) => [-x, -y],
  'quarter turn': (x, y) => [-y, x],
  'mirror x = 0': (x, y) => [-x, y],
  'mirror y = 0': (x, y) => [x, -y],
  'mirror x = 1/4': (x, y) => [w / 2 - x, y],
  'mirror y = 1/4': (x, y) => [x, h / 2 - y],
  'glide along x = 0': (x, y) => [-x, y + h / 2],
  'glide along x = 1/4': (x, y) => [w / 2 - x, y + h / 2],
  'glide along y = 0': (x, y) => [x + w / 2, -y],
  'glide along y = 1/4': (x, y) => [x + w / 2, h / 2 - y],
  'diagonal mirror': (x, y) => [y, x],
  'diagonal mirror through 1/2, 0': (x, y) => [y + w / 2, x + h / 2],
});
const has: Readonly<Record<string, readonly string[]>> = {
  p1: [],
  p2: ['half turn'],
  pm: ['mirror x = 0'],
  pg: ['glide along x = 0'],
  cm: ['centred copy', 'mirror x = 0', 'glide along x = 1/4'],
  pmm: ['half turn', 'mirror x = 0', 'mirror y = 0'],
  pmg: ['half turn', 'mirror x = 1/4', 'glide along y = 0'],
  pgg: ['half turn', 'glide along x = 1/4', 'glide along y = 1/4'],
  cmm: ['centred copy', 'half turn', 'mirror x = 0', 'mirror y = 0', 'glide along x = 1/4', 'glide along y = 1/4'],
  p4: ['half turn', 'quarter turn'],
  p4m: ['half turn', 'quarter turn', 'mirror x = 0', 'mirror y = 0', 'diagonal mirror'],
  p4g: ['half turn', 'quarter turn', 'glide along x = 1/4', 'glide along y = 1/4', 'diagonal mirror through 1/2, 0'],
};

for (const [group, wanted] of Object.entries(has)) {
  test(`${group} has its motions to the bit, and no others`, async () => {
    for (const blend of [0, 0.5]) {
      const [W, H, w, h] = group.startsWith('p4') ? [32, 16, 16, 16] : [32, 20, 16, 20];
      const { y, twice, warnings } = await see({ kind: 'wallpaper', group, cells: [2, 1], blend }, noise(W, H), W, H);
      const found = Object.entries(cell(w, h)).filter(([name, move]) => {
        return (w === h || !/quarter|diagonal/.test(name)) && change(y, W, H, move) === 0;
      });
      assert.equal(
        found.map(([name]) => name),
        wanted,
        `blend ${blend}`,
      );
      assert.is(
        change(y, W, H, (x, py) => [x + w, py]),
        0,
        'the next cell',
      );
      assert.equal(warnings, []);
      if (blend === 0) assert.equal(twice, y, 'a view of the view');
      else close(twice, y, 1e-6, 'a view of the view');
    }
  });
}

// The hexagonal cell with its short side along x: 60 x 104 is 1 : sqrt 3 but for 0.07 %.
const turn =
  (degrees: number): Move =>
  (x, y) => {
    const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const stretch = (60 * Math.sqrt(3)) / 104;
    return [c * x - s * stretch * y, (s * x) / stretch + c * y];
  };
const hexMoves: Readonly<Record<string, Move>> = {
  'third turn': turn(120),
  'half turn': turn(180),
  'sixth turn': turn(60),
  'mirror x = 0': (x, y) => [-x, y],
  'mirror y = 0': (x, y) => [x, -y],
};
const hexHas: Readonly<Record<string, readonly string[]>> = {
  p3: ['third turn'],
  p3m1: ['third turn', 'mirror x = 0'],
  p31m: ['third turn', 'mirror y = 0'],
  p6: ['third turn', 'half turn', 'sixth turn'],
  p6m: ['third turn', 'half turn', 'sixth turn', 'mirror x = 0', 'mirror y = 0'],
};
for (const [group, wanted] of Object.entries(hexHas)) {
  test(`${group} has its motions to the accuracy of resampling, and no others`, async () => {
    const settings = { kind: 'wallpaper', group, cells: 1, blend: 0.7 };
    const { y, twice, warnings } = await see(settings, smooth(60, 104, 4), 60, 104);
    const off = Object.entries(hexMoves).map(([name, move]) => [name, change(y, 60, 104, move)] as const);
    for (const [name, by] of [...off, ['centred copy', change(y, 60, 104, (x, v) => [x + 30, v + 52])] as const]) {
      const kept = wanted.includes(name) || name === 'centred copy';
      assert.ok(kept ? by < 0.05 : by > 0.2, `${name}: ${by}`);
    }
    close(twice, y, 0.03, 'a view of the view');
    assert.equal(warnings, []);
    const onSide = await see(settings, smooth(104, 60, 4), 104, 60);
    assert.equal(onSide.warnings, []);
    const flipped = change(onSide.y, 104, 60, (x, v) => [-x, v]);
    assert.is(flipped < 0.05, wanted.includes('mirror y = 0'), `on its side: ${flipped}`);
  });
}

test('every group is tested', () => assert.equal([...Object.keys(has), ...Object.keys(hexHas)], [...GROUPS]));

test('cells out of shape, and counts of cells', async () => {
  const x = noise(24, 24);
  const hex = await see({ kind: 'wallpaper', group: 'p6' satisfies Group, cells: [1, 1] }, x, 24, 24);
  assert.match(hex.warnings.join(), /p6: 1 x 1 cells are 73 % off .* canvas of 1 to 1.732,/);
  assert.equal((await see({ kind: 'wallpaper', group: 'p6m', cells: 4 }, noise(56, 56), 56, 56)).warnings, []);
  const square = await see({ kind: 'wallpaper', group: 'p4m', cells: [1, 2] }, x, 24, 24);
  assert.match(square.warnings.join(), /p4m: 1 x 2 cells are 100 % off their true shape; a canvas of 1 to 2,/);
  assert.equal((await see({ kind: 'wallpaper', group: 'p4m', cells: 2 }, noise(32, 16), 32, 16)).warnings, []);
});

test('lattices have their step to the bit', async () => {
  const [W, H] = [24, 36];
  const step = async (input: Input, dx: number, dy: number): Promise<number> => {
    const { y, twice } = await see({ blend: 0, ...input }, noise(W, H), W, H);
    close(twice, y, input.blend ? 1e-6 : 0, 'a view of the view', 0);
    return change(y, W, H, (px, py) => [px + dx, py + dy]);
  };
  assert.is(await step({ kind: 'lattice' }, 12, 18), 0);
  assert.is(await step({ kind: 'lattice', blend: 0.4, cells: [2, 3] }, 6, 6), 0);
  assert.is(await step({ kind: 'lattice', lattice: 'hex' }, 12, 18), 0);
  assert.is(await step({ kind: 'lattice', lattice: 'brick', rows: 3 }, 8, 12), 0);
  assert.is(await step({ kind: 'lattice', lattice: 'sheared', rows: 4, shear: 3 }, 18, 9), 0);
  assert.ok((await step({ kind: 'lattice', lattice: 'sheared', rows: 4, shear: 3 }, 6, 9)) > 0.5);
  const hex = async (w: number, h: number): Promise<number> =>
    (await see({ kind: 'lattice', lattice: 'hex' }, noise(w, h), w, h)).warnings.length;
  assert.equal([await hex(30, 52), await hex(52, 30), await hex(30, 30)], [0, 0, 1]);
});

test('mirrors are exact at any size', async () => {
  for (const [W, H] of [
    [16, 10],
    [7, 5],
  ] as const) {
    const off = async (axes: string): Promise<boolean[]> => {
      const { y, twice } = await see({ kind: 'mirror', axes }, noise(W, H), W, H);
      assert.equal(twice, y);
      return [change(y, W, H, (x, v) => [-x, v]) === 0, change(y, W, H, (x, v) => [x, -v]) === 0];
    };
    assert.equal(await off('x'), [true, false]);
    assert.equal(await off('y'), [false, true]);
    assert.equal(await off('both'), [true, true]);
  }
});

/** The centre is the pixel W/2, H/2. */
const about = (W: number, H: number, sectors: number, flip = false): Move => {
  const [c, s] = [Math.cos((2 * Math.PI) / sectors), Math.sin((2 * Math.PI) / sectors)];
  return (x, y) => {
    const [dx, dy] = [(flip ? -1 : 1) * (x - W / 2), y - H / 2];
    return [W / 2 + c * dx - s * dy, H / 2 + s * dx + c * dy];
  };
};

test('kaleidoscope: 2 and 4 sectors are exact', async () => {
  const four = await see({ kind: 'kaleidoscope', n: 4, blend: 0 }, noise(20, 20), 20, 20);
  assert.is(
    change(four.y, 20, 20, (x, y) => [20 - y, x]),
    0,
  );
  assert.is(
    change(four.y, 20, 20, (x, y) => [20 - x, y]),
    0,
  );
  assert.equal(four.twice, four.y);
  const wheel = await see({ kind: 'kaleidoscope', n: 2, mirrored: false, centre: [0.25, 0.5] }, noise(20, 14), 20, 14);
  assert.is(
    change(wheel.y, 20, 14, (x, y) => [10 - x, 14 - y]),
    0,
  );
  assert.ok(change(wheel.y, 20, 14, (x, y) => [10 - x, y]) > 0.5);
});

for (const [n, mirrored, W, H] of [
  [6, true, 64, 64],
  [12, true, 64, 64],
  [5, true, 64, 64],
  [6, true, 64, 80],
  [7, false, 64, 64],
  [3, false, 80, 64],
] as const) {
  const name = `kaleidoscope: ${n} sectors${mirrored ? ', mirrored' : ''} on ${W}x${H}`;
  test(`${name} turn, join and stay`, async () => {
    const { y, twice } = await see(
      { kind: 'kaleidoscope', n, mirrored, blend: mirrored ? 0.5 : 1 },
      smooth(W, H, 3),
      W,
      H,
    );
    // Where the sectors meet they are narrower than a pixel.
    const between = (r: number): boolean => r > 5 && r < 22;
    const inside = (x: number, v: number): boolean => between(Math.hypot(x - W / 2, v - H / 2));
    assert.ok(change(y, W, H, about(W, H, n), inside) < 0.06, `turned: ${change(y, W, H, about(W, H, n), inside)}`);
    const half = change(y, W, H, about(W, H, 2 * n), inside);
    assert.ok(half > 0.12, `half a turn: ${half}`);
    const flipped = change(y, W, H, about(W, H, n, true), inside);
    assert.ok(mirrored ? flipped < 0.06 : flipped > 0.12, `flipped: ${flipped}`);
    const all = mirrored && n % 2 === 0 && W === H;
    const stays = all ? () => true : inside;
    const moved = y.map((v, i) => (stays(i % W, Math.floor(i / W) % H) ? v - twice[i]! : 0));
    assert.ok(Math.max(...moved.map(Math.abs)) < 0.05, `a view of the view: ${Math.max(...moved.map(Math.abs))}`);
  });
}

test('kaleidoscope: colours change places from sector to sector', async () => {
  const [W, N] = [64, 64 * 64];
  const { y } = await see({ kind: 'kaleidoscope', n: 3, colours: 'turn', blend: 0.5 }, smooth(W, W, 5), W, W);
  const inside = (x: number, v: number): boolean => Math.hypot(x - W / 2, v - W / 2) < 22;
  // The change of y(turned p)[c] - y(p)[c + k], for each k.
  const by = [0, 1, 2].map((k) => {
    const apart = [0, 1, 2].map((c) => {
      // Bands of a picture whose first is the other's.
      const both = new Float32Array(3 * N);
      both.set(y.subarray(c * N, (c + 1) * N));
      const other = y.subarray(((c + k) % 3) * N, (((c + k) % 3) + 1) * N);
      let most = 0;
      for (let i = 0; i < N; i++) {
        const [px, py] = [i % W, Math.floor(i / W)];
        if (!inside(px, py)) continue;
        const [qx, qy] = about(W, W, 3)(px, py);
        most = Math.max(most, Math.abs(both[Math.round(qy) * W + Math.round(qx)]! - other[i]!));
      }
      return most;
    });
    return Math.max(...apart);
  });
  const sorted = [...by].sort((a, b) => a - b);
  assert.ok(by[0] !== sorted[0] && sorted[0]! < 0.5 * sorted[1]!, `colours turn by one or two: ${by}`);
  const refused = see({ kind: 'kaleidoscope', n: 4, colours: 'turn' }, noise(8, 8), 8, 8);
  await refused.then(
    () => assert.unreachable(),
    (e: Error) => assert.match(e.message, /4 sectors cannot take turns in three colours\n {2}Use n = 3/),
  );
});

const any: Input[] = [
  { kind: 'mirror', axes: 'both' },
  { kind: 'mirror', axes: 'x', blend: 0.3 },
  { kind: 'kaleidoscope' },
  { kind: 'kaleidoscope', n: 5, radius: 0.8 },
  { kind: 'kaleidoscope', n: 9, colours: 'turn', mirrored: false },
  { kind: 'kaleidoscope', n: 4, centre: [0, 0.3] },
  { kind: 'lattice', lattice: 'brick', rows: 4 },
  { kind: 'wallpaper', group: 'p1', cells: 2, blend: 0.4 },
  { kind: 'wallpaper', group: 'pg', cells: [3, 2], blend: 0.4 },
  ...GROUPS.map((group) => ({ kind: 'wallpaper', group, cells: 1 })),
];

test('gradients are adjoints', async () => {
  const x = noise(24, 24, 3);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((s, v, i) => s + v * b[i]!, 0);
  for (const input of any) {
    const { y, slope, seed } = await see(input, x, 24, 24);
    close([dot(x, slope)], [dot(y, seed)], 1e-6, JSON.stringify(input));
  }
});

test('tiles join as they did', async () => {
  for (const input of any) {
    for (const seed of ALL ? [1, 2] : [1]) {
      const { y } = await see(input, smooth(72, 72, seed, 2), 72, 72);
      const raster: Raster = { width: 72, height: 72, data: y };
      for (const [axis, { ratio, z }] of Object.entries(seamScore(raster))) {
        assert.ok(ratio < 2 || z < 2.5, `${JSON.stringify(input)} ${axis}: ratio ${ratio}, z ${z}`);
      }
    }
  }
});

/** The largest step between neighbours. */
const steepest = (y: Float32Array, W: number, H: number): number =>
  Math.max(
    ...[1, W].map((by) =>
      Math.max(...y.map((v, i) => (i % (W * H) < W * (H - 1) && i % W < W - 1 ? Math.abs(y[i + by]! - v) : 0))),
    ),
  );

test('a fold between mirrors tears nowhere, even in cells out of shape', async () => {
  const x = smooth(72, 72, 6, 2);
  for (const input of [
    { kind: 'wallpaper', group: 'p6m', cells: [1, 4] },
    { kind: 'wallpaper', group: 'p3m1', cells: [4, 1] },
    { kind: 'wallpaper', group: 'p4m', cells: [1, 3] },
    { kind: 'wallpaper', group: 'pmm', cells: [1, 1] },
    { kind: 'kaleidoscope', n: 6, blend: 0 },
    { kind: 'mirror', axes: 'both' },
  ]) {
    const { y } = await see(input, x, 72, 72);
    const by = steepest(y, 72, 72) / steepest(x, 72, 72);
    assert.ok(by < 2.5, `${JSON.stringify(input)}: ${by}`);
  }
});

test('copies flow into one another over as much as they are told', async () => {
  const x = smooth(72, 72, 6, 2);
  const cut = async (group: string, cells: number, blend: number): Promise<number> => {
    const { y } = await see({ kind: 'wallpaper', group, cells: [cells, cells], blend }, x, 72, 72);
    return steepest(y, 72, 72) / steepest(x, 72, 72);
  };
  for (const group of ['p1', 'p2', 'pg', 'p4', 'pgg', 'p3']) {
    for (const cells of ALL ? [2, 3] : [2]) {
      const [hard, soft] = [await cut(group, cells, 0), await cut(group, cells, 1)];
      assert.ok(hard > 2 && soft < 0.5 * hard, `${group}, ${cells} cells: ${hard} cut, ${soft} blended`);
    }
  }
});

test('every colour and place that a view makes is one of the canvas: ones stay ones', async () => {
  for (const input of any) {
    close(
      (await see(input, new Float32Array(3 * 400).fill(1), 20, 20)).y,
      new Float32Array(1200).fill(1),
      1e-6,
      JSON.stringify(input),
    );
  }
});

test('sides that views ask for', () => {
  const multiple = (input: Input): unknown => {
    const settings = viewSchema.parse(input);
    return viewComponents.find((b) => b.kind === settings.kind)?.multiple?.(settings);
  };
  assert.equal(multiple({ kind: 'wallpaper', group: 'p4m', cells: [3, 2] }), [2, 3]);
  assert.equal(multiple({ kind: 'wallpaper', group: 'p4g', cells: [3, 2] }), [4, 6]);
  assert.equal(multiple({ kind: 'lattice', lattice: 'brick', rows: 5, cells: [2, 1] }), [5, 10]);
  assert.is(multiple({ kind: 'mirror' }), undefined);
  assert.throws(() => viewSchema.parse({ kind: 'wallpaper', group: 'p5' }));
});

test.run();
