// An op of your own, in three pieces: a kernel (softabs.wgsl), the op with its gradient, and a function to call it by.
// Charbonnier et al., "Two deterministic half-quadratic regularization algorithms for computed imaging", 1994.
import { readFileSync } from 'node:fs';
import { defineKernel, defineOp, div, launch, mul } from 'toroid';

const kernel = defineKernel({
  name: 'softabs',
  wgsl: readFileSync(new URL('softabs.wgsl', import.meta.url), 'utf8'),
  binds: ['read', 'write'], // one for each binding, in order; the uniforms come last and are not listed
  uniforms: { n: 'u32', e: 'f32' }, // in the order of the struct
  variants: [{ WG: 64 }, { WG: 256 }], // what may be tried; the first has to run on every adapter
});

const softabsOp = defineOp({
  name: 'softabs',
  infer: ([x]) => x, // the shape of the result; throw here for shapes that make no sense
  forward([x], y, { e }) {
    const n = y.shape.reduce((a, b) => a * b, 1);
    const grid = ({ WG }) => {
      const groups = Math.ceil(n / WG);
      const rows = Math.ceil(groups / 65535);
      return [Math.ceil(groups / rows), rows];
    };
    return [launch({ kernel, bind: [x, y], uniforms: { n, e }, grid })];
  },
  // dy x / y, from ops that are there already. A gradient may also be an op with a kernel of its own.
  backward: ({ g, x: [x], y, dy }) => [mul(g, dy, div(g, x, y))],
});

/** |x|, rounded off at zero over about `e`. */
export const softabs = (g, x, e = 0.01) => g.apply(softabsOp, [x], { e });
