// The work as an ONNX file. ONNX has no gradients, so those of `gradient` are written out here, by hand, as a patient
// user of onnxruntime would: the chain rule over convolutions, rectifiers, maximum pooling and Gram matrices.
import onnxProto, { type onnx } from 'onnx-proto';
import { type Conv, isCompared, type Target, type Work } from './work';

const OPSET = 17;

/** Collects nodes and constants; every method gives the name of the value it makes. */
class Model {
  readonly node: onnx.INodeProto[] = [];
  readonly initializer: onnx.ITensorProto[] = [];

  op(opType: string, input: readonly string[], attribute: onnx.IAttributeProto[] = [], output?: string): string {
    const name = output ?? `v${this.node.length}`;
    this.node.push({ opType, name: `n${this.node.length}`, input: [...input], output: [name], attribute });
    return name;
  }

  floats(dims: readonly number[], data: Float32Array<ArrayBuffer>): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return this.#constant({ dims: [...dims], dataType: 1, rawData });
  }

  scalar(v: number): string {
    return this.floats([], Float32Array.of(v));
  }

  ints(data: readonly number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(data.map(BigInt)).buffer);
    return this.#constant({ dims: [data.length], dataType: 7, rawData });
  }

  #constant(tensor: onnx.ITensorProto): string {
    const name = `c${this.initializer.length}`;
    this.initializer.push({ name, ...tensor });
    return name;
  }
}

const ints = (name: string, v: readonly number[]): onnx.IAttributeProto => ({ name, type: 7, ints: [...v] });
const int = (name: string, i: number): onnx.IAttributeProto => ({ name, type: 2, i });
const float = (name: string, f: number): onnx.IAttributeProto => ({ name, type: 1, f });
const text = (name: string, s: string): onnx.IAttributeProto => ({ name, type: 3, s: new TextEncoder().encode(s) });
const info = (name: string, dims: readonly number[]): onnx.IValueInfoProto => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});

/** Filters of the gradient: [O, C, 3, 3] to [C, O, 3, 3], turned by half a turn. */
function turned({ w, O, C }: Conv): Float32Array<ArrayBuffer> {
  const to = new Float32Array(w.length);
  for (let o = 0; o < O; o++)
    for (let c = 0; c < C; c++)
      for (let k = 0; k < 9; k++) to[(c * O + o) * 9 + 8 - k] = w[(o * C + c) * 9 + k] ?? Number.NaN;
  return to;
}

/** Input `image` [1, 3, side, side]; outputs `loss` [] and, for `gradient`, `gradient` [1, 3, side, side]. */
export function modelOf({ job, convs }: Work, targets: readonly Target[]): Uint8Array {
  const m = new Model();
  const same = [ints('pads', [1, 1, 1, 1]), ints('kernel_shape', [3, 3])];
  const total: string[] = [];
  const steps: { c: Conv; before: string; y: string; own: string | null }[] = [];
  let y = 'image';
  for (const c of convs) {
    const before = y;
    if (c.pooled) y = m.op('MaxPool', [y], [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])]);
    y = m.op('Relu', [m.op('Conv', [y, m.floats([c.O, c.C, 3, 3], c.w), m.floats([c.O], c.b)], same)]);
    let own: string | null = null;
    if (isCompared(c)) {
      const { gram, factor } = targets[total.length] ?? { gram: new Float32Array(), factor: 0 };
      const pixels = c.side ** 2;
      const f = m.op('Reshape', [y, m.ints([c.O, pixels])]);
      const matrix = m.op('Gemm', [f, f], [int('transB', 1), float('alpha', 1 / pixels)]);
      const gap = m.op('Sub', [matrix, m.floats([c.O, c.O], gram)]);
      // A mean, not a sum: the squares of a net with real filters are large.
      const mean = m.op('ReduceMean', [m.op('Mul', [gap, gap])], [int('keepdims', 0)]);
      total.push(m.op('Mul', [mean, m.scalar(factor * c.O * c.O)]));
      // dL/dF = factor * 2 (G - T) * 2 F / N, G and T being symmetric.
      const d = (): string => m.op('Gemm', [gap, f], [float('alpha', (4 * factor) / pixels)]);
      if (job.mode === 'gradient') own = m.op('Reshape', [d(), m.ints([1, c.O, c.side, c.side])]);
    }
    steps.push({ c, before, y, own });
  }
  const [first = '', ...rest] = total;
  const sum = rest.reduce((a, b) => m.op('Add', [a, b]), first);
  m.op('Identity', [sum], [], 'loss');
  const output = [info('loss', [])];
  if (job.mode === 'gradient') {
    const zero = m.scalar(0);
    let d: string | null = null;
    for (const { c, before, y: after, own } of steps.reverse()) {
      if (own) d = d ? m.op('Add', [d, own]) : own;
      if (!d) continue;
      const masked = m.op('Where', [m.op('Greater', [after, zero]), d, zero]);
      d = m.op('Conv', [masked, m.floats([c.C, c.O, 3, 3], turned(c))], same);
      if (c.pooled) {
        // To every element that equals its window's maximum. Where several do they are 0, and the rectifier before the
        // pooling lets nothing through.
        const pooled = m.node.find((n) => n.opType === 'MaxPool' && n.input?.[0] === before)?.output?.[0] ?? '';
        const grown = (v: string): string =>
          m.op(
            'Resize',
            [v, '', m.floats([4], Float32Array.of(1, 1, 2, 2))],
            [
              text('mode', 'nearest'),
              text('coordinate_transformation_mode', 'asymmetric'),
              text('nearest_mode', 'floor'),
            ],
          );
        d = m.op('Where', [m.op('Equal', [before, grown(pooled)]), grown(d), zero]);
      }
    }
    m.op('Identity', [d ?? ''], [], 'gradient');
    output.push(info('gradient', [1, 3, job.side, job.side]));
  }
  const graph: onnx.IGraphProto = {
    name: 'work',
    node: m.node,
    initializer: m.initializer,
    input: [info('image', [1, 3, job.side, job.side])],
    output,
  };
  const opsetImport = [{ domain: '', version: OPSET }];
  return onnxProto.onnx.ModelProto.encode({ irVersion: 8, producerName: 'toroid-bench', opsetImport, graph }).finish();
}
