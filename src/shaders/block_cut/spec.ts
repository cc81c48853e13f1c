import { blockOf, canvasShape, laidValue, pixelAt, placeValue, scenes, wordsOf } from '../block.spec';
import { type BlockWords, NONE } from '../block_words';
import type { Case, OpSpec, Value } from '../op';
import { below } from '../patch_vote/spec';
import { blockCutOp, type CutAttrs } from './index';

const cases: Case<4, CutAttrs>[] = scenes.map((s, n) => {
  const [bw, bh] = s.block;
  const any = s.lies !== 'nothing';
  const bands: BlockWords['bands'] = n === 4 ? [true, false, true, false] : [any, any, any, any];
  const block = wordsOf(s, { bands });
  const places = n === 5 ? 256 : 1 + 6 * n;
  const deepest = Math.max(2, Math.min(bw, bh) >> 1);
  return {
    name: s.name,
    shapes: [[2, places], [2 + Math.max(bw, bh) * deepest, 4, places], canvasShape(s), [block.length]],
    attrs: { exemplar: s.exemplar, block: s.block },
    values(k, i, u) {
      const cut = (edge: number, c: number): number => (bands[edge] ? (c * 7 + edge * 5) % 90 : 0);
      if (k === 0 && i < places) return placeValue(s, i, u);
      // Dear cuts at cheap places, so that all cost nearly the same.
      if (k === 0) return 20_000 - cutsCost(s.block, bands, (edge) => cut(edge, i - places)) + below(6, u);
      if (k === 1) return i < 4 * places ? cut(Math.floor(i / places), i % places) : 1 + below(deepest - 1, u);
      return k === 2 ? laidValue(s, i) : (block[i] ?? 0);
    },
  };
});

/** The mean over the edges of what is seen of a cut a pixel of it, 512 times. */
function cutsCost([bw, bh]: CutAttrs['block'], bands: BlockWords['bands'], cut: (edge: number) => number): number {
  const seen = [bh, bh, bw, bw].reduce((sum, side, edge) => sum + Math.floor((64 * cut(edge)) / side), 0);
  return 8 * Math.floor(seen / Math.max(1, bands.filter(Boolean).length));
}

export const spec: OpSpec<4, CutAttrs> = {
  op: blockCutOp,
  indices: [0, 1, 2, 3],
  reference(x, { exemplar: [w, h], block: [bw, bh] }) {
    const [places, paths, laid, words] = x as unknown as [Value, Value, Value, Value];
    const n = places.shape[1] ?? 0;
    const { left, top, bands } = blockOf(words);
    const sides = [bh, bh, bw, bw];
    const costs = Array.from(
      { length: n },
      (_, c) => (places.data[n + c] ?? 0) + cutsCost([bw, bh], bands, (edge) => paths.data[edge * n + c] ?? 0),
    );
    const best = costs.indexOf(Math.min(...costs));
    const deepest = ((paths.shape[0] ?? 0) - 2) / Math.max(bw, bh);
    /** Of each edge how far in it is cut at each step, walked from its end. */
    const cuts = sides.map((side, edge) => {
      const cut = new Array<number>(side).fill(0);
      const row = (r: number): number => paths.data[(r * 4 + edge) * n + best] ?? 0;
      let d = row(1);
      for (let t = side - 1; t >= 0 && bands[edge]; t--) {
        cut[t] = d;
        d = row(2 + t * deepest + d);
      }
      return cut;
    });
    const place = places.data[best] ?? 0;
    const pixels = Array.from({ length: bw * bh }, (_, i) => {
      const [dx, dy] = [i % bw, Math.floor(i / bw)];
      const old = laid.data[pixelAt([left, top], dx, dy, laid.shape)] ?? 0;
      const fromEdges = [dx, bw - 1 - dx, dy, bh - 1 - dy];
      const inside = fromEdges.every((d, edge) => d >= (cuts[edge]?.[edge < 2 ? dy : dx] ?? 0));
      const known = old !== NONE && old >= w * h;
      const own = (Math.floor(place / 65536) + dy) * w + (place % 65536) + dx;
      return old === NONE || (inside && !known) ? own : old;
    });
    return Float64Array.from([place, ...pixels]);
  },
  cases,
  rejects: [
    {
      name: 'cuts of other places',
      shapes: [[2, 5], [18, 4, 6], [2, 8, 8], [154]],
      attrs: { exemplar: [9, 9], block: [4, 4] },
      message: /cuts \[steps, 4, n\]/,
    },
    {
      name: 'too many places',
      shapes: [[2, 257], [18, 4, 257], [2, 8, 8], [154]],
      attrs: { exemplar: [9, 9], block: [4, 4] },
      message: /up to 256 places, got 257/,
    },
  ],
};
