import { blur } from '../../base/blur';
import { EngineError } from '../../base/errors';
import type { Raster } from '../../base/raster';
import { resized } from '../../base/resample';
import { type CanvasSpace, decodePlanes, encode, spaceAt, styleSpace } from '../colour/canvas_space';
import { LUMA } from '../colour/luminance';
import { covarianceMap, mapColours } from '../colour/match';
import { colourMoments } from '../colour/moments';
import { checkInit } from './expression';
import { occurrenceSeed, randomField } from './random_fields';
import { phaseNoise } from './spectrum_noise';
import type { InitExpression, InitNode } from './tree';

export interface PaintSettings {
  /** Of the canvas, pixels. */
  readonly size: readonly [width: number, height: number];
  /** 0 .. 2^32 - 1; each occurrence of a generator has random numbers of its own. */
  readonly seed: number;
  /** Axes on which the canvas is a torus: [vertical, horizontal]. Generators join themselves on both anyway. */
  readonly torus: readonly [boolean, boolean];
  /** Pictures the expression may name. */
  readonly inputs: ReadonlyMap<string, Raster>;
  /** Whose colours `match` and `recolour` take; each counts the same. */
  readonly styles: readonly Raster[];
  /** The colours of the canvas, whose axes `match` works along. Without it, those of the styles. */
  readonly space?: CanvasSpace;
  /** Says something to the user. */
  warn?(text: string): void;
}

/** A colour for all pixels, or planes [3, H, W]; on the scale of 0..255. */
type Value = readonly [number, number, number] | Float32Array;

/**
 * Paints the init image: planes [3, H, W] of RGB with white at 1; values may lie outside of 0..1. The same settings
 * give the same bytes.
 * @throws EngineError `RecipeError` for a name that is no input, for `match` without a style, and for values that overflow.
 */
export function paintInit(e: InitExpression, settings: PaintSettings): Float32Array {
  checkInit(e, [...settings.inputs.keys()]);
  const value = evaluate(e.root, settings);
  const out = planes(value, settings).map((v) => v / 255);
  const bad = out.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return out;
  throw new EngineError(
    'RecipeError',
    `canvas: ${e.text} has values that are not finite (the first is pixel ${bad % (out.length / 3)})`,
    'White is 255: divide products of pictures by 255.',
  );
}

function evaluate(node: InitNode, s: PaintSettings): Value {
  switch (node.kind) {
    case 'colour':
      return node.rgb;
    case 'negate':
      return combine('-', [0, 0, 0], evaluate(node.of, s));
    case 'binary':
      return combine(node.sign, evaluate(node.left, s), evaluate(node.right, s));
    case 'generator':
      return randomField(node, s.size, s.seed);
    case 'input':
      return inputValue(node, s);
    case 'filter':
      return filtered(node, evaluate(node.of, s), s);
  }
}

const OPERATIONS = {
  '+': (a: number, b: number): number => a + b,
  '-': (a: number, b: number): number => a - b,
  '*': (a: number, b: number): number => a * b,
  '/': (a: number, b: number): number => a / b,
};

function combine(sign: keyof typeof OPERATIONS, a: Value, b: Value): Value {
  const f = OPERATIONS[sign];
  if (!(a instanceof Float32Array) && !(b instanceof Float32Array)) {
    return [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2])];
  }
  const length = Math.max(a.length, b.length);
  const n = length / 3;
  const out = new Float32Array(length);
  for (const c of [0, 1, 2] as const) {
    const [fixedA, fixedB] = [a[c] ?? 0, b[c] ?? 0];
    for (let i = c * n; i < (c + 1) * n; i++) {
      out[i] = f(a instanceof Float32Array ? (a[i] ?? 0) : fixedA, b instanceof Float32Array ? (b[i] ?? 0) : fixedB);
    }
  }
  return out;
}

function planes(value: Value, { size: [width, height] }: PaintSettings): Float32Array {
  if (value instanceof Float32Array) return value;
  const n = width * height;
  const out = new Float32Array(3 * n);
  for (const c of [0, 1, 2] as const) out.fill(value[c], c * n, (c + 1) * n);
  return out;
}

function inputValue(node: Extract<InitNode, { kind: 'input' }>, s: PaintSettings): Value {
  const picture = s.inputs.get(node.input);
  if (!picture) throw new EngineError('RecipeError', `canvas: there is no input ${node.input}`);
  if (node.name === 'phase') {
    return phaseNoise(picture, s.size, occurrenceSeed(s.seed, node.occurrence)).map((v) => 255 * v);
  }
  const [width, height] = s.size;
  const stretch = width / picture.width / (height / picture.height);
  if (stretch > 1.02 || stretch < 1 / 1.02) {
    s.warn?.(`canvas: ${node.input} is ${picture.width}x${picture.height} and is stretched to the canvas' shape`);
  }
  return resized(picture, s.size).data.map((v) => 255 * v);
}

function filtered(node: Extract<InitNode, { kind: 'filter' }>, of: Value, s: PaintSettings): Value {
  switch (node.name) {
    case 'match':
      return matched(planes(of, s), s);
    case 'recolour': {
      const from = colourMoments([raster(planes(of, s), s)]);
      return mapColours(planes(of, s), covarianceMap(from, scaled(colourMoments(needStyles(node.name, s)))));
    }
    case 'grey':
      return grey(of);
    case 'blur':
      return of instanceof Float32Array ? blur(of, s.size, node.options.get('radius') ?? 2, s.torus) : of;
    case 'mirror':
      return of instanceof Float32Array ? mirrored(of, s) : of;
  }
}

const raster = (data: Float32Array, { size: [width, height] }: PaintSettings): Raster => ({ width, height, data });

/** Moments of 0..1 as those of 0..255. */
function scaled({ mean: [r, g, b], covariance }: ReturnType<typeof colourMoments>): ReturnType<typeof colourMoments> {
  return {
    mean: [255 * r, 255 * g, 255 * b],
    covariance: covariance.map((row) => row.map((v) => 255 ** 2 * v)),
  };
}

function needStyles(name: string, { styles }: PaintSettings): readonly Raster[] {
  if (styles.length > 0) return styles;
  throw new EngineError(
    'RecipeError',
    `canvas: ${name} takes the colours of the styles, and there is none`,
    `Add a style, or leave ${name} out: plasma instead of ${name}(plasma).`,
  );
}

/** Each coordinate of the colour space moved and scaled to the mean and the standard deviation it has in the styles. */
function matched(field: Float32Array, s: PaintSettings): Float32Array {
  const styles = needStyles('match', s);
  const space = spaceAt(s.space ?? styleSpace(styles), s.size);
  const coordinates = encode(
    space,
    raster(
      field.map((v) => v / 255),
      s,
    ),
  );
  const wanted = styles.map((style) => encode(space, style));
  const n = s.size[0] * s.size[1];
  for (let k = 0; k < space.rank; k++) {
    const here = moments([coordinates.subarray(k * n, (k + 1) * n)]);
    const there = moments(
      wanted.map((w) => w.subarray((k * w.length) / space.rank, ((k + 1) * w.length) / space.rank)),
    );
    // What rounding leaves of one colour is no variation to be scaled up.
    const factor = here.deviation > 1e-6 ? there.deviation / here.deviation : 0;
    for (let i = k * n; i < (k + 1) * n; i++) {
      coordinates[i] = there.mean + factor * ((coordinates[i] ?? 0) - here.mean);
    }
  }
  return decodePlanes(space, coordinates).map((v) => 255 * v);
}

/** Mean and standard deviation of all parts, each counting the same. */
function moments(parts: readonly Float32Array[]): { mean: number; deviation: number } {
  const average = (f: (v: number) => number): number =>
    parts.reduce((sum, part) => sum + part.reduce((a, v) => a + f(v), 0) / part.length, 0) / parts.length;
  const mean = average((v) => v);
  return { mean, deviation: Math.sqrt(average((v) => (v - mean) ** 2)) };
}

function grey(of: Value): Value {
  const luma = (r = 0, g = 0, b = 0): number => LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
  if (!(of instanceof Float32Array)) {
    const y = luma(...of);
    return [y, y, y];
  }
  const n = of.length / 3;
  const out = new Float32Array(of.length);
  for (let i = 0; i < n; i++) out[i] = luma(of[i], of[n + i], of[2 * n + i]);
  for (const c of [1, 2]) out.copyWithin(c * n, 0, n);
  return out;
}

/** The middle half of each axis of the torus, there and back: it meets itself at the border and in the middle. */
function mirrored(of: Float32Array, { size: [width, height], torus }: PaintSettings): Float32Array {
  const fold = (n: number, wrap: boolean) => (i: number) => (wrap ? Math.floor(n / 4) + Math.min(i, n - i) : i);
  const [fx, fy] = [fold(width, torus[1]), fold(height, torus[0])];
  const n = width * height;
  return of.map((_, i) => {
    const at = i % n;
    return of[i - at + fy(Math.floor(at / width)) * width + fx(at % width)] ?? 0;
  });
}
