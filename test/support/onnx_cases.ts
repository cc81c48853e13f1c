// Models of one node, made and run by tests of operators.
import onnxProto, { type onnx } from 'onnx-proto';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { constTensor } from '../../src/nets/onnx/const_fold';
import type { OnnxModel, OnnxTensor } from '../../src/nets/onnx/model';
import { runCase, type Verdict } from '../../src/nets/onnx/onnx_test_case';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { device } from './device';
import { encoded, valueInfo } from './onnx_files';

type Setting = number | string | readonly number[] | { readonly f: number };
export type Attributes = Readonly<Record<string, Setting | undefined>>;

/** An attribute from a value: whole numbers are integers, unless they are given as `{ f }`. */
function attribute(name: string, v: Setting): onnx.IAttributeProto {
  if (typeof v === 'string') return { name, type: 3, s: new TextEncoder().encode(v) };
  if (typeof v === 'number') return Number.isInteger(v) ? { name, type: 2, i: v } : { name, type: 1, f: v };
  if (Array.isArray(v)) {
    const list = v as readonly number[];
    return list.every(Number.isInteger) ? { name, type: 7, ints: [...list] } : { name, type: 6, floats: [...list] };
  }
  return { name, type: 1, f: (v as { f: number }).f };
}

export interface OneNode {
  readonly op: string;
  readonly opset?: number | undefined;
  readonly attributes?: Attributes | undefined;
  /** null leaves an optional input out. */
  readonly inputs: readonly (OnnxTensor | null)[];
  readonly outputs: number;
}

export const modelOf = (node: OneNode): OnnxModel => parseOnnx(fileOf(node), { name: node.op });

/** The file of a model with one node. */
export function fileOf({ op, opset = 21, attributes = {}, inputs, outputs }: OneNode): Uint8Array {
  const names = inputs.map((t, k) => (t ? `in${k}` : ''));
  const graph: onnx.IGraphProto = {
    node: [
      {
        opType: op,
        name: 'node',
        input: names,
        output: Array.from({ length: outputs }, (_, k) => `out${k}`),
        attribute: Object.entries(attributes).flatMap(([k, v]) => (v === undefined ? [] : [attribute(k, v)])),
      },
    ],
    input: inputs.flatMap((t, k) => (t ? [valueInfo(`in${k}`, t.shape)] : [])),
    output: Array.from({ length: outputs }, (_, k) => ({ name: `out${k}` })),
  };
  return encoded(graph, 'toroid-tests', opset);
}

/** Runs one node on the device and compares; empty when all is as expected. */
export async function wrong(node: Omit<OneNode, 'outputs'>, expected: readonly OnnxTensor[]): Promise<string> {
  const verdict = await outcome(node, expected);
  return verdict.outcome === 'passed' ? '' : `${verdict.outcome}: ${verdict.reason}`;
}

export async function outcome(node: Omit<OneNode, 'outputs'>, expected: readonly OnnxTensor[]): Promise<Verdict> {
  const model = modelOf({ ...node, outputs: expected.length });
  const given = node.inputs.filter((t): t is OnnxTensor => t !== null);
  return runCase(await device(), model, given, expected, { rtol: 1e-4, atol: 1e-5 });
}

export const tensor = (shape: readonly number[], data: ArrayLike<number>, type = 'float32'): OnnxTensor =>
  constTensor('test', type, shape, data);

/** Random floats in [-1, 1]. */
export function noise(shape: readonly number[], seed = 1): OnnxTensor {
  const rng = new Rng(seed);
  return tensor(
    shape,
    Float32Array.from({ length: size(shape) }, () => 2 * rng.uniform() - 1),
  );
}

export const list = (...v: readonly number[]): OnnxTensor => tensor([v.length], v, 'int64');
export const floats = (...v: readonly number[]): OnnxTensor => tensor([v.length], v);
export const counting = (shape: readonly number[], from = 1): OnnxTensor =>
  tensor(
    shape,
    Float32Array.from({ length: size(shape) }, (_, k) => from + k),
  );

/** The file of a model, for tests of the command line. */
export function tensorFile(t: OnnxTensor): Uint8Array {
  const type = t.type === 'float32' ? 1 : 7;
  const data = type === 1 ? { floatData: [...t.floats()] } : { int64Data: [...t.ints()] };
  return onnxProto.onnx.TensorProto.encode({ dims: [...t.shape], dataType: type, ...data }).finish();
}

export interface Case extends Omit<OneNode, 'outputs'> {
  readonly outputs: readonly OnnxTensor[];
}

/** A test of some nodes, one after another. */
export const cases =
  (test: Test) =>
  (name: string, of: () => readonly Case[]): void => {
    test(name, async () => {
      for (const [k, c] of of().entries()) {
        const { op, attributes = {}, outputs } = c;
        assert.is(await wrong(c, outputs), '', `${name} ${k}: ${op} ${JSON.stringify(attributes)}`);
      }
    });
  };
