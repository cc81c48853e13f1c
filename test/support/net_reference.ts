// What a network computes, in f64 and by definition: loops over ONNX's own formulas, on a torus or not.
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../src/nets/onnx/model';

export interface Map3 {
  readonly shape: readonly [C: number, H: number, W: number];
  readonly data: Float64Array;
}

const list = (n: OnnxNode, name: string, fallback: readonly number[]): readonly number[] =>
  (n.attributes.get(name) as readonly number[] | undefined) ?? fallback;
const number = (n: OnnxNode, name: string, fallback: number): number =>
  (n.attributes.get(name) as number | undefined) ?? fallback;

/** Where windows begin, and how many there are, along one axis. */
function windows(n: number, k: number, s: number, [a, b]: readonly [number, number], torus: boolean, ceil: boolean) {
  // On a torus windows start where the file has them start, and there are n / s of them.
  if (torus) return { first: -Math.min(a, Math.max(0, k - s)), count: n / s };
  const room = (n + a + b - k) / s;
  const count = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
  return { first: -a, count: ceil && (count - 1) * s >= n + a ? count - 1 : count };
}

/** Calls `at` with every place of every window of a map: its index there, or -1 outside. */
function windowed(n: OnnxNode, x: Map3, kernel: readonly number[], torus: boolean) {
  const [, H, W] = x.shape;
  const [kh = 1, kw = 1] = kernel;
  const [sy = 1, sx = 1] = list(n, 'strides', [1, 1]);
  const [t = 0, l = 0, b = 0, r = 0] = list(n, 'pads', [0, 0, 0, 0]);
  const ceil = number(n, 'ceil_mode', 0) === 1;
  const rows = windows(H, kh, sy, [t, b], torus, ceil);
  const columns = windows(W, kw, sx, [l, r], torus, ceil);
  const wrap = (v: number, side: number): number => (torus ? ((v % side) + side) % side : v < 0 || v >= side ? -1 : v);
  const places = new Int32Array(rows.count * columns.count * kh * kw);
  let at = 0;
  for (let oy = 0; oy < rows.count; oy++)
    for (let ox = 0; ox < columns.count; ox++)
      for (let ky = 0; ky < kh; ky++)
        for (let kx = 0; kx < kw; kx++) {
          const y = wrap(rows.first + oy * sy + ky, H);
          const xx = wrap(columns.first + ox * sx + kx, W);
          places[at++] = y < 0 || xx < 0 ? -1 : y * W + xx;
        }
  return { places, oh: rows.count, ow: columns.count, taps: kh * kw };
}

function conv(n: OnnxNode, x: Map3, w: OnnxTensor, bias: OnnxTensor | undefined, torus: boolean): Map3 {
  const [C, H, W] = x.shape;
  const [O = 0, per = 0, ...kernel] = w.shape;
  const { places, oh, ow, taps } = windowed(n, x, kernel, torus);
  const groups = C / per;
  const filters = w.floats();
  const offsets = bias?.floats();
  const out = new Float64Array(O * oh * ow);
  for (let o = 0; o < O; o++) {
    const from = Math.floor((o * groups) / O) * per;
    for (let p = 0; p < oh * ow; p++) {
      let sum = offsets?.[o] ?? 0;
      for (let k = 0; k < taps; k++) {
        const place = places[p * taps + k]!;
        if (place < 0) continue;
        for (let i = 0; i < per; i++) sum += filters[(o * per + i) * taps + k]! * x.data[(from + i) * H * W + place]!;
      }
      out[o * oh * ow + p] = sum;
    }
  }
  return { shape: [O, oh, ow], data: out };
}

function maxPool(n: OnnxNode, x: Map3, torus: boolean): Map3 {
  const [C, H, W] = x.shape;
  const { places, oh, ow, taps } = windowed(n, x, list(n, 'kernel_shape', []), torus);
  const out = new Float64Array(C * oh * ow).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < out.length; i++)
    for (let k = 0; k < taps; k++) {
      const place = places[(i % (oh * ow)) * taps + k]!;
      if (place >= 0) out[i] = Math.max(out[i]!, x.data[Math.floor(i / (oh * ow)) * H * W + place]!);
    }
  return { shape: [C, oh, ow], data: out };
}

/** LRN by ONNX: the window of channels is rounded down before and up after. */
function lrn(n: OnnxNode, x: Map3): Map3 {
  const [C, H, W] = x.shape;
  const count = number(n, 'size', 1);
  const data = x.data.map((v, i) => {
    const [c, p] = [Math.floor(i / (H * W)), i % (H * W)];
    let sum = 0;
    for (let k = c - Math.floor((count - 1) / 2); k <= c + Math.ceil((count - 1) / 2); k++)
      if (k >= 0 && k < C) sum += x.data[k * H * W + p]! ** 2;
    return v / (number(n, 'bias', 1) + (number(n, 'alpha', 1e-4) / count) * sum) ** number(n, 'beta', 0.75);
  });
  return { shape: x.shape, data };
}

function norm(n: OnnxNode, x: Map3, parts: readonly Float32Array[]): Map3 {
  const [gamma, beta, mu, variance] = parts as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [, H, W] = x.shape;
  const data = x.data.map((v, i) => {
    const c = Math.floor(i / (H * W));
    return ((v - mu[c]!) / Math.sqrt(variance[c]! + number(n, 'epsilon', 1e-5))) * gamma[c]! + beta[c]!;
  });
  return { shape: x.shape, data };
}

/** The feature maps of a net, by value name. Stops where the first operator is that it does not have: a classifier. */
export function reference(m: OnnxModel, x: Map3, torus: boolean, layers: readonly string[]): Map<string, Map3> {
  const values = new Map<string, Map3>([[m.inputs[0]!.name, x]]);
  const missing = new Set(layers);
  for (const n of m.nodes) {
    if (missing.size === 0) break;
    const [first] = n.inputs.map((i) => values.get(i));
    if (!first) continue;
    const t = (k: number): OnnxTensor | undefined => m.tensors.get(n.inputs[k] ?? '');
    let y: Map3 | undefined;
    if (n.op === 'Conv') y = conv(n, first, t(1)!, t(2), torus);
    else if (n.op === 'Relu') y = { ...first, data: first.data.map((v) => Math.max(0, v)) };
    else if (n.op === 'MaxPool') y = maxPool(n, first, torus);
    else if (n.op === 'LRN') y = lrn(n, first);
    else if (n.op === 'BatchNormalization') {
      y = norm(
        n,
        first,
        [1, 2, 3, 4].map((k) => t(k)!.floats()),
      );
    } else if (n.op === 'Add' || n.op === 'Mul') {
      const other = values.get(n.inputs[1]!);
      const of = (i: number): number => other?.data[i] ?? t(1)!.floats()[0]!;
      y = { ...first, data: first.data.map((v, i) => (n.op === 'Add' ? v + of(i) : v * of(i))) };
    } else if (n.op === 'Gather') {
      // One channel; the axis that it loses comes back with the next node.
      const [, H, W] = first.shape;
      const from = Number(t(1)!.ints()[0]) * H * W;
      y = { shape: [1, H, W], data: first.data.slice(from, from + H * W) };
    } else if (n.op === 'Unsqueeze') {
      y = first;
    } else if (n.op === 'Concat') {
      const all = n.inputs.map((i) => values.get(i)!);
      const data = Float64Array.from(all.flatMap((v) => [...v.data]));
      y = { shape: [all.reduce((c, v) => c + v.shape[0], 0), first.shape[1], first.shape[2]], data };
    } else if (n.op === 'Dropout' || n.op === 'Identity') y = first;
    if (!y) continue;
    values.set(n.outputs[0]!, y);
    missing.delete(n.outputs[0]!);
  }
  if (missing.size > 0) throw new Error(`the reference does not get to ${[...missing].join(', ')}`);
  return values;
}

/**
 * A net of the same structure with random weights (He et al. 2015) and `by` times fewer channels, none less than 2 a
 * group; what is behind the last convolution is left as it is, and of no use.
 */
export function thinned(m: OnnxModel, by: number): OnnxModel {
  const tensors = new Map(m.tensors);
  const channels = new Map<string, number>([[m.inputs[0]!.name, 3]]);
  m.nodes.forEach((n, seed) => {
    const own = n.inputs.map((i) => channels.get(i));
    if (n.op === 'Conv') {
      const w = m.tensors.get(n.inputs[1]!)!;
      const groups = number(n, 'group', 1);
      const O = Math.max(2 * groups, Math.ceil((w.shape[0] ?? 0) / by / groups) * groups);
      const shape = [O, own[0]! / groups, ...w.shape.slice(2)];
      const deviation = Math.sqrt((2 * O) / size(shape));
      tensors.set(
        n.inputs[1]!,
        drawn(n.inputs[1]!, shape, seed, (rng) => deviation * rng.normal()),
      );
      const bias = n.inputs[2];
      if (bias)
        tensors.set(
          bias,
          drawn(bias, [O], seed + 1000, (rng) => 0.1 * rng.normal()),
        );
      channels.set(n.outputs[0]!, O);
    } else if (n.op === 'Concat') {
      channels.set(
        n.outputs[0]!,
        own.reduce<number>((a, b) => a + (b ?? 0), 0),
      );
    } else if (own[0] !== undefined) for (const o of n.outputs) channels.set(o, own[0]);
  });
  return { ...m, tensors };
}

function drawn(name: string, shape: readonly number[], seed: number, draw: (rng: Rng) => number): OnnxTensor {
  const rng = new Rng(seed, 7);
  const data = Float32Array.from({ length: size(shape) }, () => draw(rng));
  return { name, shape, type: 'float32', floats: (from = 0, to = data.length) => data.slice(from, to), ints: () => [] };
}
