// OpenEXR files of one part, by scanlines: https://openexr.com/en/latest/OpenEXRFileLayout.html
import { invariant } from './errors';
import { toHalf } from './half';

const HALF = 1;
const FLOAT = 2;
const ZIP = 3;
/** Lines that are compressed together. */
const ZIP_LINES = 16;

export interface ExrOptions {
  /** For whoever opens it. */
  readonly comments: string;
  /** Default: `float`, 32 bits. */
  readonly sample?: 'half' | 'float';
  /** By zlib. Default: not. */
  readonly compress?: boolean;
  /** Of the thing that is shown, where its size is known: the attribute `xDensity`. */
  readonly pixelsPerInch?: number | undefined;
}

/**
 * Planes as an .exr file.
 * @param channels names of at most 31 letters in the order of their codes, which is that of the file; and [H, W] each
 */
export async function encodeExr(
  channels: readonly (readonly [name: string, plane: Float32Array])[],
  [width, height]: readonly [width: number, height: number],
  { comments, sample = 'float', compress = false, pixelsPerInch }: ExrOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const names = channels.map(([name]) => name);
  if (names.some((name, k) => k > 0 && name <= (names[k - 1] as string)))
    throw invariant(`channels ${names}: not in order`);
  const type = sample === 'half' ? HALF : FLOAT;
  const list = names.flatMap((name) => [...text(name), ...words(type), 0, 0, 0, 0, ...words(1, 1)]);
  const window = words(0, 0, width - 1, height - 1);
  const head = Uint8Array.from([
    ...words(20000630, 2), // the magic number; version 2, no flags
    ...attribute('channels', 'chlist', [...list, 0]),
    ...attribute('comments', 'string', [...new TextEncoder().encode(comments)]),
    ...attribute('compression', 'compression', [compress ? ZIP : 0]),
    ...attribute('dataWindow', 'box2i', window),
    ...attribute('displayWindow', 'box2i', window),
    ...attribute('lineOrder', 'lineOrder', [0]),
    ...attribute('pixelAspectRatio', 'float', floats(1)),
    ...attribute('screenWindowCenter', 'v2f', floats(0, 0)),
    ...attribute('screenWindowWidth', 'float', floats(1)),
    ...(pixelsPerInch === undefined ? [] : attribute('xDensity', 'float', floats(pixelsPerInch))),
    0,
  ]);
  const planes = channels.map(([, plane]) => bytesOf(plane, sample));
  const stride = width * (sample === 'half' ? 2 : 4);
  const lines = compress ? ZIP_LINES : 1;
  const blocks: Uint8Array[] = [];
  for (let y = 0; y < height; y += lines) {
    const plain = interleaved(planes, stride, y, Math.min(height, y + lines));
    const packed = compress ? await deflated(plain) : plain;
    blocks.push(packed.length < plain.length ? packed : plain);
  }
  const first = head.length + 8 * blocks.length;
  const out = new Uint8Array(blocks.reduce((n, b) => n + 8 + b.length, first));
  const view = new DataView(out.buffer);
  out.set(head);
  let at = first;
  for (const [k, block] of blocks.entries()) {
    view.setBigUint64(head.length + 8 * k, BigInt(at), true);
    view.setInt32(at, k * lines, true);
    view.setInt32(at + 4, block.length, true);
    out.set(block, at + 8);
    at += 8 + block.length;
  }
  return out;
}

/** Little-endian. */
function bytesOf(plane: Float32Array, sample: 'half' | 'float'): Uint8Array {
  const size = sample === 'half' ? 2 : 4;
  const view = new DataView(new ArrayBuffer(size * plane.length));
  if (size === 2) for (const [i, v] of toHalf(plane).entries()) view.setUint16(2 * i, v, true);
  else for (const [i, v] of plane.entries()) view.setFloat32(4 * i, v, true);
  return new Uint8Array(view.buffer);
}

/** Lines from `y` to before `end`: of each line one channel after another. */
function interleaved(planes: readonly Uint8Array[], stride: number, y: number, end: number): Uint8Array {
  const out = new Uint8Array(planes.length * stride * (end - y));
  let at = 0;
  for (let line = y; line < end; line++) {
    for (const plane of planes) {
      out.set(plane.subarray(line * stride, (line + 1) * stride), at);
      at += stride;
    }
  }
  return out;
}

/** As ZIP_COMPRESSION has it: bytes at even places, then those at odd ones; each by its difference from the one before; zlib. */
async function deflated(plain: Uint8Array): Promise<Uint8Array> {
  const out = new Uint8Array(plain.length);
  const half = Math.ceil(plain.length / 2);
  for (const [i, v] of plain.entries()) out[(i >> 1) + (i % 2) * half] = v;
  for (let i = out.length - 1; i > 0; i--) out[i] = (out[i] as number) - (out[i - 1] as number) + 128;
  const stream = new Blob([out]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const text = (s: string): number[] => [...new TextEncoder().encode(s), 0];

function words(...values: readonly number[]): number[] {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [k, v] of values.entries()) view.setInt32(4 * k, v, true);
  return [...new Uint8Array(view.buffer)];
}

function floats(...values: readonly number[]): number[] {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [k, v] of values.entries()) view.setFloat32(4 * k, v, true);
  return [...new Uint8Array(view.buffer)];
}

const attribute = (name: string, type: string, value: readonly number[]): number[] => [
  ...text(name),
  ...text(type),
  ...words(value.length),
  ...value,
];
