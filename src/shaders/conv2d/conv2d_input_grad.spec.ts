import type { OpSpec } from '../op';
import { filterShape, flipped } from './geometry';
import { type InputGradAttrs, inputGradOp } from './ops';
import { gemmTries, products, rolls, tries, yShape, zeros } from './reference';

const direct = [...tries, ...gemmTries].filter((t) =>
  t.conv.border.every((b, axis) => {
    const size = t.x[axis + 1] ?? 0;
    return b === 'zeros' || (b === 'wrap' && size === (yShape(t)[axis + 1] ?? 0) * (t.conv.stride[axis] ?? 1));
  }),
);
const cases = direct.map((t) => {
  return {
    name: t.name,
    shapes: [yShape(t), filterShape(flipped(t.conv.filter), 'tiles')],
    attrs: { ...t.conv, size: [t.x[1], t.x[2]] as const },
  };
});
const [first] = cases;
const attrs: InputGradAttrs = {
  filter: { out: 4, in: 2, ky: 3, kx: 3 },
  stride: [1, 1],
  pad: [1, 1, 1, 1],
  border: ['reflect', 'zeros'],
  size: [6, 6],
};

export const spec: OpSpec<number, InputGradAttrs> = {
  op: inputGradOp,
  linearIn: 0,
  differentiable: [0, 1],
  reference([dy, w, mask], { size, ...conv }) {
    const shape = [conv.filter.in, ...size];
    const out = zeros(shape);
    if (!dy || !w) return out;
    const add = (y: number, k: number, i: number): void => {
      if (mask && !((mask.data[y] ?? 0) > 0)) return;
      out[i] = (out[i] ?? 0) + (w.data[k] ?? 0) * (dy.data[y] ?? 0);
    };
    products(shape, conv, add, true);
    return out;
  },
  cases: [
    ...cases,
    ...cases
      .filter((c) => /ragged|exact|stride 2/.test(c.name) && !c.attrs.border.includes('wrap')) // a roll would have to move the mask too
      .map((c) => ({ ...c, name: `${c.name}, masked`, shapes: [...c.shapes, c.shapes[0] ?? []] })),
  ],
  torus({ size: _, ...conv }) {
    const back = rolls(conv);
    return back && { rollIn: back.rollOut, rollOut: back.rollIn };
  },
  rejects: [
    {
      name: 'a border that has to be folded',
      shapes: [
        [4, 6, 6],
        [1, 4, 3, 3, 4],
      ],
      attrs,
      message: /border reflect on a side of 6 at stride 1/,
    },
    {
      name: 'a gradient of another map',
      shapes: [
        [4, 5, 6],
        [1, 4, 3, 3, 4],
      ],
      attrs: { ...attrs, border: ['wrap', 'wrap'] },
      message: /the gradient of a map \[4, 6, 6\], got \[4, 5, 6\]/,
    },
    {
      name: 'another mask',
      shapes: [first?.shapes[0] ?? [], first?.shapes[1] ?? [], [2, 2, 2]],
      attrs: first?.attrs ?? attrs,
      message: /a mask like dy/,
    },
  ],
};
