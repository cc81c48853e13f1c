// OpenEXR files of one part, by scanlines, not compressed, 32-bit floats: https://openexr.com/en/latest/OpenEXRFileLayout.html
import { invariant } from './errors';

const FLOAT = 2;

/**
 * Planes as an .exr file.
 * @param channels names of at most 31 letters in the order of their codes, which is that of the file; and [H, W] each
 * @param comments for whoever opens it
 */
export function encodeExr(
  channels: readonly (readonly [name: string, plane: Float32Array])[],
  [width, height]: readonly [width: number, height: number],
  comments: string,
): Uint8Array<ArrayBuffer> {
  const names = channels.map(([name]) => name);
  if (names.some((name, k) => k > 0 && name <= (names[k - 1] as string)))
    throw invariant(`channels ${names}: not in order`);
  const list = names.flatMap((name) => [...text(name), ...words(FLOAT), 0, 0, 0, 0, ...words(1, 1)]);
  const window = words(0, 0, width - 1, height - 1);
  const head = Uint8Array.from([
    ...words(20000630, 2), // the magic number; version 2, no flags
    ...attribute('channels', 'chlist', [...list, 0]),
    ...attribute('comments', 'string', [...new TextEncoder().encode(comments)]),
    ...attribute('compression', 'compression', [0]),
    ...attribute('dataWindow', 'box2i', window),
    ...attribute('displayWindow', 'box2i', window),
    ...attribute('lineOrder', 'lineOrder', [0]),
    ...attribute('pixelAspectRatio', 'float', floats(1)),
    ...attribute('screenWindowCenter', 'v2f', floats(0, 0)),
    ...attribute('screenWindowWidth', 'float', floats(1)),
    0,
  ]);
  const line = 4 * width * channels.length;
  const first = head.length + 8 * height;
  const out = new Uint8Array(first + height * (8 + line));
  const view = new DataView(out.buffer);
  out.set(head);
  for (let y = 0; y < height; y++) {
    let at = first + y * (8 + line);
    view.setBigUint64(head.length + 8 * y, BigInt(at), true);
    view.setInt32(at, y, true);
    view.setInt32(at + 4, line, true);
    at += 8;
    for (const [, plane] of channels) {
      for (let x = 0; x < width; x++, at += 4) view.setFloat32(at, plane[y * width + x] as number, true);
    }
  }
  return out;
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
