import {
  type Block,
  blockOf,
  canvasShape,
  laidValue,
  pixelAt,
  pixelCount,
  pixelValue,
  placeValue,
  scenes,
  squares,
  wordsOf,
} from '../block.spec';
import { placesOf } from '../block_sides';
import { type BlockWords, NONE } from '../block_words';
import type { Case, OpSpec, Value } from '../op';
import { below } from '../patch_vote/spec';
import { blockMatchOp, type MatchAttrs } from './index';

/** A block of the same piece as each: two pieces of several, a block that is not placed, and many of one. */
const PIECES = [0, 1, 1, 2, 4, 5, 4, 7, 8, 9, 10, 11, 12, 13];

const beside: BlockWords['beside'] = [0, 1, 2, 3, 6, 4, 7, 8, 9, 10, 11, 12, 13, 5].map((number, k) => ({
  number,
  dx: k === 6 ? 90 : ((k * 3) % 7) - 3,
  dy: ((k * 5) % 7) - 3,
}));

const cases: Case<6, MatchAttrs>[] = scenes.map((s, n) => {
  const [w, h] = s.exemplar;
  const stride = 1 + (n % 2);
  const block = wordsOf(s, { beside: n === 1 ? [] : beside.slice(0, n === 0 ? 4 : undefined) });
  const blocks = PIECES.length;
  return {
    name: s.name,
    shapes: [
      placesOf([h, w], s.block, stride),
      [pixelCount(s)],
      canvasShape(s),
      [block.length],
      [2 * h - 1, 2 * w - 1],
      [3, blocks],
    ],
    attrs: {
      stride,
      tile: n === 0 ? [2, 2] : [4, 2],
      variance: [0.5, 2048, 4321.5, 77.7][n % 4] ?? 1,
      goesOn: 6554,
      piece: n === 4 ? 11 : 6,
    },
    values(k, i, u) {
      if (k === 0) return 1000 * below(7, u);
      if (k === 1) return pixelValue(i, u);
      if (k === 2) return laidValue(s, i);
      if (k === 3) return block[i] ?? 0;
      if (k === 4) return below(900_000, u);
      const piece = i % blocks;
      // Of the fifth so near to one another that nearly all are of one piece.
      if (i < blocks) return piece === 0 ? NONE : n === 4 ? (i % 3) | ((i % 2) << 16) : placeValue(s, i, u);
      if (i < 2 * blocks) return PIECES[piece] ?? 0;
      return PIECES.filter((_, j) => rootOf(j) === piece).length;
    },
  };
});

const rootOf = (j: number): number => {
  const next = PIECES[j] ?? j;
  return next === j ? j : rootOf(next);
};

/** What the difference of a block and what lies below it costs: of the variance `COST`, whose reciprocal has 12 bits. */
function sampleCost(list: readonly number[], apart: (pixel: number) => number, variance: number): number {
  if (list.length === 0) return 0;
  const bits = Math.max(0, Math.floor(Math.log2(variance / 4)));
  const perSquare = Math.min(4095, Math.max(1, Math.round(2 ** (14 + bits) / variance)));
  const four = Math.floor((4 * list.reduce((sum, p) => sum + apart(p), 0)) / list.length);
  return Math.floor((four * perSquare) / 2 ** bits);
}

/** What it costs that a copy at (x, y) goes with those beside it. */
function besideCost(block: Block, [x, y]: readonly [number, number], lags: Value, placed: Value, attrs: MatchAttrs) {
  const [h, w] = lags.shape.map((n) => (n + 1) / 2) as [number, number];
  const blocks = placed.data.length / 3;
  const of = (row: number, j: number): number => placed.data[row * blocks + j] ?? 0;
  const rootIn = (j: number): number => (of(1, j) === j ? j : rootIn(of(1, j)));
  const costs: number[] = [];
  const pieces = new Set<number>();
  let goingOn = 0;
  for (const { number, dx, dy } of block.beside) {
    const there = of(0, number);
    if (there === NONE) continue;
    const [lx, ly] = [x - (there % 65536) - dx, y - Math.floor(there / 65536) - dy];
    const apart = Math.abs(lx) + Math.abs(ly);
    if (Math.abs(lx) < w && Math.abs(ly) < h) costs.push(lags.data[(ly + h - 1) * (2 * w - 1) + lx + w - 1] ?? 0);
    if (apart < 2) goingOn++;
    // Only eight pieces are added up.
    if (apart < 8 && pieces.size < 8) pieces.add(rootIn(number));
  }
  const size = [...pieces].reduce((sum, root) => sum + of(2, root), 1);
  const mean = costs.length > 0 ? Math.floor(costs.reduce((a, b) => a + b) / costs.length) : 0;
  return mean + goingOn * attrs.goesOn + (pieces.size > 0 && size > attrs.piece ? 10 * 65536 : 0);
}

export const spec: OpSpec<6, MatchAttrs> = {
  op: blockMatchOp,
  indices: [0, 1, 2, 3, 4, 5],
  reference(x, attrs) {
    const [sides, pixels, laid, words, lags, placed] = x as unknown as [Value, Value, Value, Value, Value, Value];
    const { stride, tile, variance } = attrs;
    const [down = 0, across = 0] = sides.shape;
    const w = ((lags.shape[1] ?? 0) + 1) / 2;
    const block = blockOf(words);
    const sample = (list: readonly number[], px: number, py: number): number => {
      const apart = (p: number): number => {
        const [dx, dy] = [p % 65536, Math.floor(p / 65536)];
        const under = laid.data[pixelAt([block.left, block.top], dx, dy, laid.shape)] ?? 0;
        return squares(pixels.data[under] ?? 0, pixels.data[(py + dy) * w + px + dx] ?? 0);
      };
      return sampleCost(list, apart, variance);
    };
    const found: { readonly place: number; readonly cost: number }[] = [];
    for (let ty = 0; ty < down; ty += tile[1]) {
      for (let tx = 0; tx < across; tx += tile[0]) {
        let best = { cost: Number.POSITIVE_INFINITY, side: 0, px: 0, py: 0 };
        // Square of four by square of four, each row by row.
        for (let k = 0; k < tile[0] * tile[1]; k++) {
          const four = Math.floor(k / 4);
          const x = tx + 2 * (four % (tile[0] / 2)) + (k % 2);
          const y = ty + 2 * Math.floor(four / (tile[0] / 2)) + (Math.floor(k / 2) % 2);
          if (x >= across || y >= down) continue;
          const side = sides.data[y * across + x] ?? 0;
          const [px, py] = [x * stride, y * stride];
          const cost = side + sample(block.few, px, py);
          if (cost < best.cost) best = { cost, side, px, py };
        }
        const { side, px, py } = best;
        const cost = side + sample(block.many, px, py) + besideCost(block, [px, py], lags, placed, attrs);
        found.push({ place: px + py * 65536, cost });
      }
    }
    // Of every four tiles the place that costs least, the first of equal ones.
    const groups = Array.from({ length: Math.ceil(found.length / 4) }, (_, k) => found.slice(4 * k, 4 * k + 4));
    const best = groups.map((group) => group.reduce((a, b) => (b.cost < a.cost ? b : a)));
    return Float64Array.from([...best.map((b) => b.place), ...best.map((b) => b.cost)]);
  },
  cases,
  rejects: [
    {
      name: 'blocks of two rows',
      shapes: [[6, 6], [145], [2, 8, 8], [154], [17, 17], [2, 9]],
      attrs: { stride: 1, tile: [2, 2], variance: 9, goesOn: 0, piece: 1 },
      message: /blocks \[3, n\]/,
    },
    {
      name: 'tiles of odd sides',
      shapes: [[6, 6], [145], [2, 8, 8], [154], [17, 17], [3, 9]],
      attrs: { stride: 1, tile: [3, 2], variance: 9, goesOn: 0, piece: 1 },
      message: /tiles of even sides, got 3x2/,
    },
  ],
};
