import { type Builder, defineOp, type Op, type Ref } from '../op';

type None = Readonly<Record<string, never>>;

export const detachOp: Op<1, None> = defineOp<1, None>({
  name: 'detach',
  tiling: { rule: 'pointwise' },
  stopsGradient: true,
  infer: ([x]) => x,
  forward: () => [], // a view
  backward: () => [null],
});

/**
 * The same value, taken as a constant by gradients: for losses whose derivative is known in closed form. Costs nothing:
 * it is a view.
 */
export const detach = (g: Builder, x: Ref): Ref => g.apply(detachOp, [x], {});
