// Which algorithm computes a convolution on a device: what its tuning found (tune_conv.ts), else as ever.
import type { Device } from '../gpu/device';
import type { Scalar } from '../gpu/kernel';
import { hashText, kernelHash, roundedSize } from '../gpu/tune';
import { type Algorithm, algorithmFor, conv2d } from '../shaders/conv2d';
import type { ConvSize } from '../shaders/conv2d/policy';
import { Graph, type Node } from './graph';
import { schedule } from './schedule';

/** Takes the place of a kernel's name in records. */
export const NAME = 'conv2d.algorithm';
export const ALGORITHMS: readonly Algorithm[] = ['direct', 'gemm', 'winograd2', 'winograd4'];

/** Convolutions that are alike enough to share an algorithm: `C=64 O=128 H=256 W=256`. */
export const convClass = (size: ConvSize): string =>
  (['C', 'O', 'H', 'W'] as const).map((side) => `${side}=${roundedSize(size[side])}`).join(' ');

/** A convolution by itself: 3x3, zeros around it. */
export function alone(
  { C, O, H, W }: ConvSize,
  algorithm: Algorithm,
  data?: (n: number) => Float32Array,
): { g: Graph; y: Node } {
  const g = new Graph();
  const x = data ? g.state([C, H, W], data(C * H * W)) : g.input([C, H, W]);
  const w = data ? g.constant([O, C, 3, 3], data(O * C * 9)) : g.input([O, C, 3, 3]);
  return { g, y: g.node(conv2d(g, x, w, { algorithm, pad: [1, 1, 1, 1] })) };
}

/** Of all that the algorithms would launch: another text, another benchmark. */
export function hashOf(size: ConvSize): string {
  const kernels = ALGORITHMS.flatMap((algorithm) => {
    const { g, y } = alone(size, algorithm);
    return schedule(g, [y], { fuse: true, realBytes: 4 }).launches.map((l) => kernelHash(l.launch.kernel));
  });
  return hashText(kernels.join());
}

/** How convolutions are computed on a device, for `ConvolutionPolicy.convolutions`: as its tuning found, else as ever. */
export function algorithmsOn(device: Device, scalar: Scalar = 'f32'): (size: ConvSize) => Algorithm {
  return (size) => {
    const untuned = algorithmFor(size, device.adapter);
    const { tuning } = device;
    const at = { name: NAME, scalar, shape: convClass(size), hash: () => hashOf(size) };
    return tuning?.pick(at, ALGORITHMS, untuned) ?? untuned;
  };
}
