import { size } from '../../../base/shape';
import { padNd, sliceNd } from '../../../shaders/axis_linear/moves';
import { type ResampleOptions, resizeNd } from '../../../shaders/axis_linear/resample';
import type { Ref } from '../../../shaders/op';
import { onnxError } from '../model';
import type { NodeContext, Operator } from '../operator';

const MODES = ['nearest', 'linear', 'bilinear', 'cubic'] as const;
const COORDINATES = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
] as const;
const ROUNDING = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;

/** The result's sides, and how much larger they are than those of x, on every axis. */
interface Sides {
  readonly to: readonly number[];
  readonly scales: readonly number[];
  readonly roi: readonly number[] | undefined;
}

/** A parameter that lists only some axes, on all of them. */
function onAll(c: NodeContext, list: readonly number[], axes: readonly number[], rest: readonly number[]): number[] {
  if (list.length !== axes.length) throw onnxError(`${c.who} has ${list.length} numbers for ${axes.length} axes`);
  const all = [...rest];
  axes.forEach((axis, k) => {
    all[axis] = list[k] ?? 1;
  });
  return all;
}

/** Opset 11 on: x, roi, scales, sizes. Opset 10: x, scales. Upsample: an attribute (7), an input (9). */
function sidesOf(c: NodeContext, shape: readonly number[], isCrop: boolean): Sides {
  const axes = (c.a.list('axes') ?? shape.map((_, k) => k)).map((k) => c.axis(k, shape.length));
  const ones = shape.map(() => 1);
  const isLate = c.node.op === 'Resize' && c.opset >= 11;
  const listed = (k: number, name: string): readonly number[] => (c.has(k) ? c.numbers(k, name) : []);
  const roiPart = isLate && isCrop ? listed(1, 'roi') : [];
  const n = axes.length;
  const roi =
    roiPart.length === 0
      ? undefined
      : [
          ...onAll(
            c,
            roiPart.slice(0, n),
            axes,
            ones.map(() => 0),
          ),
          ...onAll(c, roiPart.slice(n), axes, ones),
        ];
  const own = isLate ? listed(2, 'scales') : c.has(1) ? c.numbers(1, 'scales') : scalesAttribute(c);
  if (own.length > 0) {
    const scales = onAll(c, own, axes, ones);
    if (scales.some((s) => !(s > 0))) throw onnxError(`${c.who} has scales [${own.join(', ')}]`);
    const to = shape.map((d, k) => {
      const part = roi ? (roi[k + shape.length] ?? 1) - (roi[k] ?? 0) : 1;
      // A product such as 3 x 0.3333 in f32 may lie just below the whole number that it stands for.
      return Math.floor(d * part * (scales[k] ?? 1) + 1e-5);
    });
    return { to, scales, roi };
  }
  const wanted = onAll(c, listed(3, 'sizes'), axes, shape);
  const policy = c.a.word('keep_aspect_ratio_policy', 'stretch', ['stretch', 'not_larger', 'not_smaller']);
  if (policy === 'stretch') return { to: wanted, scales: wanted.map((d, k) => d / (shape[k] ?? 1)), roi };
  const ratios = axes.map((k) => (wanted[k] ?? 1) / (shape[k] ?? 1));
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  const scales = shape.map((_, k) => (axes.includes(k) ? scale : 1));
  return { to: shape.map((d, k) => Math.floor(d * (scales[k] ?? 1) + 0.5)), scales, roi };
}

function scalesAttribute(c: NodeContext): readonly number[] {
  const list = c.a.list('scales');
  if (list) return list;
  // Opset 1 had one number for each side of the map.
  const [h, w] = [c.a.number('height_scale', 0), c.a.number('width_scale', 0)];
  if (h > 0 && w > 0) return [1, 1, h, w];
  throw onnxError(`${c.who} has neither scales nor sizes`);
}

function optionsOf(c: NodeContext): ResampleOptions {
  const named = c.a.word('mode', 'nearest', MODES);
  const mode = named === 'bilinear' ? 'linear' : named;
  // Before opset 11 places are counted from the corner, and nearest ones rounded down; up where Resize shrinks.
  if (c.node.op === 'Upsample') return { mode, coordinates: 'asymmetric', nearest: 'floor' };
  if (c.opset < 11) return { mode, coordinates: 'asymmetric', nearest: 'floor', shrinking: 'ceil' };
  const outside = c.a.int('exclude_outside', 0, 0, 1) === 1;
  return {
    mode,
    coordinates: c.a.word('coordinate_transformation_mode', 'half_pixel', COORDINATES),
    nearest: c.a.word('nearest_mode', 'round_prefer_floor', ROUNDING),
    cubicA: c.a.number('cubic_coeff_a', -0.75),
    excludeOutside: outside,
    antialias: c.a.int('antialias', 0, 0, 1) === 1,
    extrapolation: c.a.number('extrapolation_value', 0),
  };
}

/** Longest side of a result. */
const MOST_SIDE = 2 ** 15;

/** Elements beyond an edge that any filter reaches when it enlarges. */
const REACH = 3;

const resize: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const options = optionsOf(c);
    const { to, scales, roi } = sidesOf(c, v.shape, options.coordinates === 'tf_crop_and_resize');
    if (size(to) < 1 || to.some((d) => !(d <= MOST_SIDE))) throw onnxError(`${c.who} makes [${to.join(', ')}]`);
    const own = { ...options, scales, ...(roi && { roi }) };
    const wraps = ([0, 1] as const).map((k) => {
      const scale = scales[k + 2] ?? 1;
      return v.shape.length === 4 && c.torus[k] && Number.isInteger(scale) && scale > 1;
    });
    const isLocal = options.coordinates !== 'align_corners' && options.coordinates !== 'tf_crop_and_resize';
    if (!isLocal || !wraps.some((on) => on)) return [c.out(resizeNd(c.g, c.ndOf(v), to, own), to, v.type)];
    // Around a torus: what lies beyond an edge is shown it, enlarged too, and cut off again.
    const more = wraps.map((on) => (on ? REACH : 0));
    let x: Ref = padNd(c.g, c.ndOf(v), [0, 0, ...more, 0, 0, ...more], 'wrap');
    const around = to.map((d, k) => d + 2 * (more[k - 2] ?? 0) * (k >= 2 ? (scales[k] ?? 1) : 0));
    x = resizeNd(c.g, x, around, own);
    const cuts = more.flatMap((m, k) => {
      const start = m * (scales[k + 2] ?? 1);
      return m > 0 ? [{ axis: k + 2, start, end: start + (to[k + 2] ?? 0) }] : [];
    });
    return [c.out(sliceNd(c.g, x, cuts), to, v.type)];
  },
};

export const resizeOperators: Readonly<Record<string, Operator>> = { Resize: resize, Upsample: resize };
