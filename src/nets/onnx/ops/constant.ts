// Operators that make constants.
import { size } from '../../../base/shape';
import { checkFolded, constTensor, numbers } from '../const_fold';
import { onnxError } from '../model';
import type { Operator } from '../operator';
import { madeTensor } from '../tensor';

export const constantOperators: Readonly<Record<string, Operator>> = {
  Constant: {
    fold: (c) => {
      const { name } = c.node;
      const value = c.a.tensor('value');
      if (value) return [value];
      const one = c.node.attributes.get('value_float');
      if (typeof one === 'number') return [constTensor(name, 'float32', [], [one])];
      const whole = c.node.attributes.get('value_int');
      if (typeof whole === 'number') return [constTensor(name, 'int64', [], [whole])];
      const floats = c.a.list('value_floats');
      if (floats) return [constTensor(name, 'float32', [floats.length], floats)];
      const ints = c.a.list('value_ints');
      if (ints) return [constTensor(name, 'int64', [ints.length], ints)];
      throw c.unsupported('with a value of this kind');
    },
  },
  ConstantOfShape: {
    graph: (c) => {
      const shape = c.numbers(0, 'shape');
      const value = c.a.tensor('value');
      const fill = value ? (numbers(value)[0] ?? 0) : 0;
      if (!value || value.type === 'float32') return [madeTensor(c.node.name, shape, fill, 'float32')];
      checkFolded(c.who, shape);
      return [constTensor(c.node.name, value?.type ?? 'float32', shape, new Float64Array(size(shape)).fill(fill))];
    },
  },
  Range: {
    graph: (c) => {
      const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((k) => c.numbers(k, 'bounds')[0] ?? 0);
      const n = Math.max(0, Math.ceil((limit - start) / delta));
      if (delta === 0 || !Number.isFinite(n)) throw onnxError(`${c.who} never ends`);
      checkFolded(c.who, [n]);
      return [
        constTensor(
          c.node.name,
          c.type(),
          [n],
          Float64Array.from({ length: n }, (_, k) => start + k * delta),
        ),
      ];
    },
  },
};
