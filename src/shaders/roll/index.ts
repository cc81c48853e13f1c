import { EngineError, shapeError } from '../../base/errors';
import { checkValues, numbers } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref, type Roll } from '../op';
import wgsl from './roll.wgsl';

const kernel = defineKernel({
  name: 'roll',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', H: 'i32', W: 'i32', dy: 'i32', dx: 'i32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Height and width: the last two axes. */
function plane(s: Shape): readonly [H: number, W: number] {
  const [H, W] = s.slice(-2);
  if (H === undefined || W === undefined) throw shapeError('roll', 'at least two axes [.., H, W]', s);
  return [H, W];
}

function move(x: Ref, shift: Ref, y: Ref, by: Roll, overrides: { ON_GPU: number; SIGN: number }): Launch {
  const n = size(y.shape);
  const [H, W] = plane(y.shape);
  return launch({
    kernel,
    bind: [x, shift, y],
    overrides,
    uniforms: { n, H, W, dy: by[0] % H, dx: by[1] % W },
    grid: ({ WG }) => flatGrid(n, WG),
  });
}

export const rollOp: Op<1, { by: Roll }> = defineOp<1, { by: Roll }>({
  name: 'roll',
  infer([x], { by }) {
    plane(x);
    if (!by.every(Number.isInteger)) {
      throw new EngineError('ShapeError', `roll wants whole numbers of elements, got [${by.join(', ')}]`);
    }
    return x;
  },
  forward([x], y, { by }) {
    const [H, W] = plane(x.shape);
    // Nothing moves: a view.
    if (by[0] % H === 0 && by[1] % W === 0) return [];
    return [move(x, x, y, by, { ON_GPU: 0, SIGN: 1 })];
  },
  backward: ({ g, dy, attrs: { by } }) => [roll(g, dy, [-by[0], -by[1]])],
});

export const rollByOp: Op<2, { sign: 1 | -1 }> = defineOp<2, { sign: 1 | -1 }>({
  name: 'roll_by',
  tiling: { rule: 'roll', maps: [0] },
  infer([x, shift]) {
    plane(x);
    if (size(shift) !== 2) throw shapeError('roll_by', 'a value [.., H, W] and a shift [2]', x, shift);
    return x;
  },
  forward: ([x, shift], y, { sign }) => [move(x, shift, y, [0, 0], { ON_GPU: 1, SIGN: sign })],
  backward: ({ g, x: [, shift], dy, attrs: { sign } }) => [
    g.apply(rollByOp, [dy, shift], { sign: sign === 1 ? -1 : 1 }),
    null,
  ],
});

/**
 * Moves a torus: out[.., y, x] = in[.., (y - dy) mod H, (x - dx) mod W].
 * @param by [dy, dx] in elements, of any sign and size.
 * @throws EngineError `ShapeError` when x has fewer than two axes or the shift is no whole number.
 */
export const roll = (g: Builder, x: Ref, by: Roll): Ref =>
  g.apply(rollOp, [x], checkValues('roll', { by }, { by: numbers(2) }));

/**
 * Moves a torus by a shift that lives on the GPU, so that a jitter can change from run to run without the host.
 * @param shift [2]: [dy, dx] in elements, rounded to whole numbers. Has no gradient.
 * @throws EngineError `ShapeError` when x has fewer than two axes or the shift does not have two elements.
 */
export const rollBy = (g: Builder, x: Ref, shift: Ref): Ref => g.apply(rollByOp, [x, shift], { sign: 1 });
