import { EngineError } from '../../base/errors';
import { checkOptions, numbers } from '../../base/known_options';
import { chw } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './shade.wgsl';

const kernel = defineKernel({
  name: 'shade',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', sx: 'f32', sy: 'f32', sz: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface ShadeOptions {
  /** Where the sun is, of length 1: x right, y up in the picture, z out of it, above 0. */
  readonly sun: readonly [x: number, y: number, z: number];
}

export const shadeOp: Op<3, ShadeOptions> = defineOp<3, ShadeOptions>({
  name: 'shade',
  infer(shapes, { sun }) {
    const [C, H, W] = chw('shade', shapes[0]);
    if (C !== 3 || shapes.some((s) => s.join() !== [3, H, W].join())) {
      throw new EngineError(
        'ShapeError',
        `shade wants colour, normals and surface as [3, H, W], all alike, got ${shapes.map((s) => `[${s}]`).join(', ')}`,
      );
    }
    if (sun[2] > 0 && Math.abs(Math.hypot(...sun) - 1) < 1e-3) return shapes[0];
    throw new EngineError(
      'ShapeError',
      `shade wants the sun's direction with length 1 and above the surface, got (${sun})`,
    );
  },
  forward([color, normal, surface], y, { sun: [sx, sy, sz] }) {
    const [, H, W] = chw('shade', color.shape);
    const n = H * W;
    return [
      launch({
        kernel,
        bind: [color, normal, surface, y],
        uniforms: { n, sx, sy, sz },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 200 * n,
      }),
    ];
  },
  backward: () => [null, null, null],
});

/**
 * A surface as seen from straight above, in the sun and under a grey sky. The sun by GGX (Walter et al. 2007, with Trowbridge and
 * Reitz's distribution), Smith's masking and shadowing together (Heitz 2014) and Schlick's Fresnel, with Lambert's law below; the
 * sky, brighter towards the zenith, by its mean, and by Karis's fit (2014) of what is reflected. The sun is the brighter the lower
 * it is: a flat, white, matte surface gets 1.
 * @param color [3, H, W], sRGB-encoded
 * @param normal [3, H, W], (n + 1) / 2 with y up
 * @param surface [3, H, W]: occlusion, roughness, metalness
 * @returns [3, H, W] in linear light, from 0, above 1 in highlights. No gradient.
 * @throws EngineError `ShapeError` for other shapes, and for a sun that is not above the surface
 */
export function shade(g: Builder, color: Ref, normal: Ref, surface: Ref, options: ShadeOptions): Ref {
  checkOptions('shade', options, { sun: numbers(3) }, ['sun']);
  return g.apply(shadeOp, [color, normal, surface], options);
}
