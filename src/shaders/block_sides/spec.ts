import { blockOf, canvasShape, laidValue, pixelAt, scenes, wordsOf } from '../block.spec';
import type { Case, OpSpec, Value } from '../op';
import { below } from '../patch_vote/spec';
import { blockSidesOp, placesOf, type SidesAttrs } from './index';

/** What is more conspicuous than this, in 16ths, counts besides. */
const STRIKING = 48;

const cases: Case<6, SidesAttrs>[] = scenes.map((s, n) => {
  const [w, h] = s.exemplar;
  const stride = 1 + (n % 3);
  const block = wordsOf(s, { usual: [1.7, 0.3, 400][n % 3] ?? 1 });
  const far = 4 + n;
  return {
    name: s.name,
    shapes: [canvasShape(s), [h, w], [h, w], placesOf([h, w], s.block, stride), [2 * far], [block.length]],
    attrs: { block: s.block, stride, far: 19, near: 32, again: [1600, 90, 7][n % 3] ?? 0, price: 4096, seed: n },
    values(k, i, u) {
      if (k === 0) return laidValue(s, i);
      // Some are used so often, or so conspicuous, that all bounds are met.
      if (k === 1) return i % 29 === 0 ? 2000 : below(12, u);
      if (k === 2) return n % 3 === 2 ? below(8, u) : Math.floor(400 * Math.abs(u) ** 5);
      if (k === 3) return below(2 ** 27, u ** 3);
      if (k === 4) return Math.round((n === 2 ? 3000 : 256) * Math.exp(-((i / far) ** 2)));
      return block[i] ?? 0;
    },
  };
});

/** 256 x how often each pixel of the exemplar stands near the middle of the block, by its distance along both axes. */
function near([laid, uses, , , weights, words]: readonly Value[], [bw, bh]: SidesAttrs['block']): Float64Array {
  const out = new Float64Array(uses?.data.length ?? 0);
  const { left, top } = blockOf(words as Value);
  const { shape = [] } = laid ?? {};
  const [, H = 0, W = 0] = shape;
  const most = (weights?.data.length ?? 0) - 1;
  const [rx, ry] = [Math.min(most, W >> 1), Math.min(most, H >> 1)];
  const middle = [left + Math.round(bw / 2) + W, top + Math.round(bh / 2) + H] as const;
  for (let dy = -ry; dy < ry; dy += 2) {
    for (let dx = -rx; dx < rx; dx += 2) {
      const p = laid?.data[pixelAt(middle, dx, dy, shape)] ?? 0;
      if (p >= out.length) continue;
      // Each stands for four.
      const counts = (4 * (weights?.data[Math.abs(dx)] ?? 0) * (weights?.data[Math.abs(dy)] ?? 0)) / 256;
      out[p] = (out[p] ?? 0) + Math.floor(counts);
    }
  }
  return out;
}

/** Of `most` at most: another number for each block and place (lowbias32 of Wellons, 2018). */
function chance(seed: number, number: number, place: number, most: number): number {
  let x = (Math.imul(seed, 0x9e3779b9) + Math.imul(number, 0x85ebca6b) + place) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
  x = (x ^ (x >>> 16)) >>> 0;
  return Math.floor(((x >>> 16) * most) / 65536);
}

export const spec: OpSpec<6, SidesAttrs> = {
  op: blockSidesOp,
  indices: [0, 1, 2, 3, 4, 5],
  reference(x, { block, stride, far, near: nearby, again, price, seed }) {
    const [, uses, salience, always, , words] = x as readonly Value[];
    const { number, perUsual, chance: most } = blockOf(words as Value);
    const [, w = 0] = uses?.shape ?? [];
    const [, across = 0] = always?.shape ?? [];
    const [bw, bh] = block;
    const close = near(x as readonly Value[], block);
    const value = (p: number): number => {
      const s = salience?.data[p] ?? 0;
      const used = Math.min(1023, uses?.data[p] ?? 0);
      const dear = Math.max(16, Math.floor(Math.fround(used * Math.max(16, s) * perUsual)));
      const anywhere = Math.floor((far * used * Math.min(4096, dear)) / 16);
      const here = Math.floor((nearby * Math.min(65535, close[p] ?? 0)) / 256);
      const striking = Math.floor((again * used * Math.max(0, s - STRIKING)) / 16);
      return Math.min(65535, Math.floor(((anywhere + here) * s) / 16) + striking);
    };
    return Float64Array.from(always?.data ?? [], (cost, i) => {
      const first = Math.floor(i / across) * stride * w + (i % across) * stride;
      let sum = 0;
      for (let k = 0; k < bw * bh; k++) sum += value(first + Math.floor(k / bw) * w + (k % bw));
      const each = Math.min(0x1ffff, Math.floor(sum / Math.ceil((bw * bh) / 8)));
      return cost + Math.floor((each * price) / 16) + chance(seed, number, i, most);
    });
  },
  cases,
  rejects: [
    {
      name: 'costs of other places',
      shapes: [[2, 8, 8], [9, 9], [9, 9], [6, 7], [4], [154]],
      attrs: { block: [4, 4], stride: 1, far: 19, near: 32, again: 7, price: 4096, seed: 1 },
      message: /costs of 6 x 6 places/,
    },
  ],
};
