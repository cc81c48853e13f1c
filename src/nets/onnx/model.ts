import { EngineError } from '../../base/errors';
import type { Shape } from '../../base/shape';

/**
 * An ONNX file as the rest of toroid sees it: plain, checked, frozen, and free of protobuf. Names are keys of Maps,
 * never of objects, so no name in a file can reach a prototype.
 */
export interface OnnxModel {
  /** What messages call the net: `vgg19`, or a file name. */
  readonly name: string;
  readonly producer: string;
  /** Version of the default operator set. */
  readonly opset: number;
  /** What a caller has to supply: the graph's inputs less the initializers, which old files list there too. */
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly string[];
  /** In an order in which every value is made before it is used. Constants are not among them: see `tensors`. */
  readonly nodes: readonly OnnxNode[];
  /** Weights and other constants, by value name. */
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  /** Names that its values go by besides the file's own: name -> value name. */
  readonly aliases?: ReadonlyMap<string, string>;
}

export interface OnnxInput {
  readonly name: string;
  /** null where the file leaves a dimension open. */
  readonly shape: readonly (number | null)[];
}

export interface OnnxNode {
  readonly op: string;
  /** Its name, or that of its first output when it has none. */
  readonly name: string;
  /** Value names; '' is an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** Subgraphs and other kinds are left out of a node's attributes: no supported op has one. */
export type Attribute = number | string | readonly number[] | OnnxTensor;

/**
 * A constant. Its elements are converted only when asked for, so the 494 MB of a VGG's fully connected layers,
 * which no texture needs, are never touched.
 */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: Shape;
  /** The number that all its elements are, where the file gives only that and a shape. */
  readonly uniform?: number;
  /** `float32`, `float16`, `int64` ... */
  readonly type: string;
  /**
   * float32, float16, bfloat16 or float64 elements as f32, all or those from `from` to before `to`, in an array of their
   * own; OnnxError for other types.
   */
  floats(from?: number, to?: number): Float32Array<ArrayBuffer>;
  /** Elements of an integer type; OnnxError for other types. */
  ints(): readonly number[];
}

/** What is wrong with a file, and one remedy. */
export function onnxError(message: string, hint = 'Download the file again, or export it again.'): EngineError {
  return new EngineError('OnnxError', printable(message), hint);
}

/** Longest message about a file, whose names may be as long as it is. */
const MOST_TEXT = 2000;

/** What moves a terminal's cursor, changes its colours, or turns the direction of writing; not the end of a line. */
const CONTROLS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text of a stranger's file for a terminal: without what controls it, and not too long. */
export function printable(text: string, most = MOST_TEXT): string {
  const plain = text.slice(0, most).replace(CONTROLS, (c) => (c === '\n' ? c : '\ufffd'));
  return text.length > most ? `${plain}...` : plain;
}

/** A file that is right, but uses what toroid does not have; `ops` names it. */
export class OnnxUnsupported extends EngineError {
  constructor(
    message: string,
    hint = 'Choose layers before it, or export the net without it.',
    readonly ops: readonly string[] = [],
  ) {
    super('OnnxError', printable(message), hint);
  }
}

/** A file whose layers cannot be had of a picture of this size, which another size may cure. */
export class OnnxShape extends EngineError {
  constructor(message: string, hint = 'Use a picture of another size, or export the net again.') {
    super('OnnxError', printable(message), hint);
  }
}
