// TIFF files of numbers of any kind: strips, deflate. TIFF 6.0; https://www.awaresystems.be/imaging/tiff/tifftags.html
import { type Measures, type Sample, spread, toMeasures } from './measures';
import { luma } from './pixels';
import type { Raster } from './raster';

const STRIP_BYTES = 1 << 18;

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/**
 * A raster as a TIFF file of numbers: grey or RGB. What is transparent has no number (NaN), where they are floats.
 * @param measures what they are kept as, and which 0 and 1 stand for
 * @param stretch so that the least and the greatest are those of `measures`; else every number is what it was
 * @param xmp a packet of metadata
 */
export async function encodeTiff(
  raster: Raster,
  { measures, stretch, xmp }: { readonly measures: Measures; readonly stretch: boolean; readonly xmp?: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = raster;
  const values = numbers(raster, measures, stretch);
  const samples = raster.grey ? 1 : 3;
  const line = width * samples * values.BYTES_PER_ELEMENT;
  const rows = Math.min(height, Math.max(1, Math.floor(STRIP_BYTES / line)));
  const bytes = littleEndian(values);
  const strips: Uint8Array[] = [];
  for (let y = 0; y < height; y += rows)
    strips.push(await deflated(bytes.subarray(y * line, Math.min(height, y + rows) * line)));
  const bits = 8 * values.BYTES_PER_ELEMENT;
  const format = { u: 1, i: 2, f: 3 }[measures.sample[0] as 'u'];
  const packet = new TextEncoder().encode(xmp ?? '');
  const tags: Tag[] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array<number>(samples).fill(bits)],
    [259, 3, [8]],
    [262, 3, [samples === 1 ? 1 : 2]],
    [273, 4, strips.map(() => 0)], // filled in when it is known where they lie
    [277, 3, [samples]],
    [278, 4, [rows]],
    [279, 4, strips.map((s) => s.length)],
    [284, 3, [1]],
    [339, 3, Array<number>(samples).fill(format)],
    ...(packet.length > 0 ? [[700, 1, packet] as const] : []),
  ];
  return assembled(tags, strips);
}

type Tag = readonly [tag: number, type: 1 | 3 | 4, values: ArrayLike<number>];

function numbers(raster: Raster, measures: Measures, stretch: boolean): InstanceType<(typeof ARRAYS)[Sample]> {
  const { width, height, data, alpha, grey } = raster;
  const n = width * height;
  const samples = grey ? 1 : 3;
  const values = grey ? Float32Array.from({ length: n }, (_, i) => luma(raster, i)) : data;
  const convert = toMeasures(measures, stretch ? spread(values) : undefined);
  const whole = measures.sample[0] !== 'f';
  const out = new ARRAYS[measures.sample](n * samples);
  for (let i = 0; i < n; i++) {
    const known = whole || !alpha || (alpha[i] ?? 1) >= 0.5;
    for (let c = 0; c < samples; c++) {
      const v = convert(values[c * n + i] ?? 0);
      out[i * samples + c] = whole ? Math.round(v) : known ? v : Number.NaN;
    }
  }
  return out;
}

function littleEndian(values: InstanceType<(typeof ARRAYS)[Sample]>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.buffer as ArrayBuffer);
  const size = values.BYTES_PER_ELEMENT;
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
    for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return bytes;
}

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Header, directory, what does not fit into it, strips. */
function assembled(tags: readonly Tag[], strips: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = { 1: 1, 3: 2, 4: 4 } as const;
  const even = (n: number): number => n + (n & 1);
  const directory = 8 + 2 + 12 * tags.length + 4;
  const outside = tags.map(([, type, values]) =>
    size[type] * values.length > 4 ? even(size[type] * values.length) : 0,
  );
  const first = directory + outside.reduce((a, b) => a + b, 0);
  const out = new Uint8Array(strips.reduce((n, s) => n + even(s.length), first));
  const view = new DataView(out.buffer);
  view.setUint32(0, 0x49492a00);
  view.setUint32(4, 8, true);
  view.setUint16(8, tags.length, true);
  const places: number[] = [];
  let at = first;
  for (const strip of strips) {
    places.push(at);
    out.set(strip, at);
    at += even(strip.length);
  }
  let spare = directory;
  for (const [k, [tag, type, values]] of tags.entries()) {
    const entry = 10 + 12 * k;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, values.length, true);
    const place = outside[k] ? spare : entry + 8;
    if (outside[k]) view.setUint32(entry + 8, spare, true);
    spare += outside[k] ?? 0;
    const held = tag === 273 ? places : values;
    for (let i = 0; i < held.length; i++) {
      const v = held[i] ?? 0;
      if (type === 1) view.setUint8(place + i, v);
      else if (type === 3) view.setUint16(place + 2 * i, v, true);
      else view.setUint32(place + 4 * i, v, true);
    }
  }
  return out;
}
