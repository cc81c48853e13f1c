import { blockOf } from '../block.spec';
import { type BlockWords, blockLength, blockWords } from '../block_words';
import type { Case, OpSpec, Value } from '../op';
import { below } from '../patch_vote/spec';
import { blockPathsOp, type PathsAttrs } from './index';

/** What a step costs where nothing is seen. */
const STEP = 5;

const all = [true, true, true, true] as const;

const cases: Case<2, PathsAttrs>[] = (
  [
    ['tiny', 3, 3, 1, [2, 2], all],
    ['one workgroup', 8, 8, 16, [4, 4], all],
    ['left and bottom', 9, 12, 5, [4, 3], [true, false, false, true]],
    ['nothing below', 9, 7, 5, [3, 3], [false, false, false, false]],
    ['a deep band', 100, 24, 2, [12, 96], [false, false, true, true]],
    ['ragged', 13, 10, 19, [3, 6], all],
  ] as const
).map(([name, bh, bw, n, band, bands]) => {
  const rest: Omit<BlockWords, 'bands'> = {
    ...{ number: 3, left: 4, top: 2, usual: 1, chance: 9, beside: [], few: [], many: [], must: true },
  };
  const block = blockWords({ ...rest, bands }, blockLength(0));
  const half = (u: number): number => (Math.abs(u) < 0.6 ? 10 * below(3, (u * 97) % 1) : below(65536, u ** 5));
  return {
    name,
    shapes: [[bh, bw, n], [block.length]],
    attrs: { band },
    // Much is alike, so that many paths cost the same.
    values: (k, i, u) => (k === 1 ? (block[i] ?? 0) : half(u) + 65536 * half((u * 7919) % 1)),
  };
});

/** The cheapest cut along one edge: what it costs, how far in it ends and, for each step and pixel, how far in it was before. */
function cutAlong(
  length: number,
  depth: number,
  across: (t: number, d: number) => number,
  along: (t: number, d: number) => number,
): { cost: number; last: number; before: number[][] } {
  const inward = Array.from({ length: depth - 1 }, (_, k) => k + 1);
  let costs = inward.map((d) => STEP + across(0, d));
  const before = [inward];
  for (let t = 1; t < length; t++) {
    const found = inward.map((d) => {
      // Of equal ones the nearest that is no farther in, then the nearest that is.
      const from = [...inward.filter((e) => e <= d).reverse(), ...inward.filter((e) => e > d)];
      let least = { cost: Number.POSITIVE_INFINITY, e: d };
      for (const e of from) {
        let cost = costs[e - 1] ?? 0;
        for (let p = Math.min(d, e); p < Math.max(d, e); p++) cost += STEP + along(t - 1, p);
        if (cost < least.cost) least = { cost, e };
      }
      return least;
    });
    costs = found.map(({ cost }, k) => cost + STEP + across(t, k + 1));
    before.push(found.map(({ e }) => e));
  }
  const cost = Math.min(...costs);
  return { cost, last: costs.indexOf(cost) + 1, before };
}

export const spec: OpSpec<2, PathsAttrs> = {
  op: blockPathsOp,
  indices: [0, 1],
  reference(x, { band }) {
    const [seams, words] = x as unknown as [Value, Value];
    const [bh = 0, bw = 0, n = 0] = seams.shape;
    const { bands } = blockOf(words);
    const deepest = Math.max(...band);
    const out = new Float64Array((2 + Math.max(bh, bw) * deepest) * 4 * n);
    for (let t0 = 0; t0 < 4 * n; t0++) {
      const [edge, c] = [Math.floor(t0 / n), t0 % n];
      if (!bands[edge]) continue;
      const upright = edge < 2;
      const far = edge % 2 === 1;
      /** What is seen from a pixel to the next one, to the right or below. */
      const seen = (x: number, y: number, down: boolean): number =>
        Math.floor((seams.data[(y * bw + x) * n + c] ?? 0) / (down ? 65536 : 1)) % 65536;
      /** Of pixel t along the edge and d in from it, and the next one in one direction. */
      const at = (t: number, d: number, down: boolean): number => {
        const depth = far ? (upright ? bw : bh) - 1 - d : d;
        return upright ? seen(depth, t, down) : seen(t, depth, down);
      };
      const { cost, last, before } = cutAlong(
        upright ? bh : bw,
        upright ? band[0] : band[1],
        (t, d) => at(t, far ? d : d - 1, !upright),
        (t, d) => at(t, d, upright),
      );
      out[t0] = cost;
      out[4 * n + t0] = last;
      for (const [t, row] of before.entries()) {
        for (const [k, e] of row.entries()) out[(2 + t * deepest + k + 1) * 4 * n + t0] = e;
      }
    }
    return out;
  },
  cases,
  rejects: [
    {
      name: 'a band of a pixel',
      shapes: [[8, 8, 3], [154]],
      attrs: { band: [1, 3] },
      message: /wants cuts that run 2 to 96 pixels in, got 1 and 3/,
    },
    { name: 'a map of seams', shapes: [[8, 8], [154]], attrs: { band: [3, 3] }, message: /what is seen \[bh, bw, n\]/ },
  ],
};
