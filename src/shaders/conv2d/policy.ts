/**
 * How a convolution is computed: sums as written, each thread reading memory for itself ('direct') or workgroups sharing
 * what they read ('gemm', made for GPUs), or Winograd's F(2x2, 3x3) or F(4x4, 3x3) (`winogradOp` says what they cost in
 * accuracy and memory), or cooperative matrices ('matrix': values in f16 only, on adapters that have them, where asked for;
 * see `ConvolutionPolicy.matrices`).
 */
export type Algorithm = 'direct' | 'gemm' | 'winograd2' | 'winograd4' | 'matrix';

/** A convolution that Winograd's algorithms can compute: from C to O channels, an output of H x W. */
export interface ConvSize {
  readonly C: number;
  readonly O: number;
  readonly H: number;
  readonly W: number;
}

/** Cooperative matrices of side x side, and the threads of a subgroup that share them. */
export interface MatrixUnit {
  readonly side: 8 | 16;
  readonly lanes: number;
}

/** How the convolutions of a graph are computed, and their gradients. */
export interface ConvolutionPolicy {
  /** Of those that Winograd's algorithms can compute. Default: `algorithmFor` without an adapter, direct sums. */
  readonly convolutions?: ((size: ConvSize) => Algorithm) | undefined;
  /** What 'matrix' convolutions are computed by, where the adapter has them. */
  readonly matrices?: MatrixUnit | undefined;
}
