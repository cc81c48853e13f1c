// OpenEXR files of one part, by scanlines, plain or compressed by zlib: https://openexr.com/en/latest/OpenEXRFileLayout.html
import { DamagedFile, EngineError } from './errors';
import { fromHalf } from './half';
import { inflate } from './inflate';
import { MOST_UNPACKED, type NumberFile } from './numbers';

export interface ExrPicture {
  readonly width: number;
  readonly height: number;
  /** [H, W] by name; layers have theirs before a dot. */
  readonly planes: ReadonlyMap<string, Float32Array>;
  /** Of a number: the most that a channel has. */
  readonly bits: 16 | 32;
}

const NAMES = ['none', 'RLE', 'ZIPS', 'ZIP', 'PIZ', 'PXR24', 'B44', 'B44A', 'DWAA', 'DWAB'];
/** Lines of a block, by the way of compression; others are not read. */
const LINES: Readonly<Record<number, number>> = { 0: 1, 2: 1, 3: 16 };
const [TILED, DEEP, PARTS] = [0x200, 0x800, 0x1000];
const BYTES = [4, 2, 4];
const MOST_PIXELS = 2 ** 28;

interface Channel {
  readonly name: string;
  /** 0: whole numbers, 1: half floats, 2: floats. */
  readonly type: number;
  /** It has not a number for every pixel. */
  readonly sparse: boolean;
}

interface Header {
  readonly channels: readonly Channel[];
  readonly compression: number;
  readonly window: readonly [x: number, y: number, right: number, bottom: number];
  /** Where the table of blocks begins. */
  readonly end: number;
}

/**
 * @param path for messages
 * @throws EngineError `PictureError` for files that are damaged, of tiles or several parts, or compressed in other ways
 */
export async function readExr(bytes: Uint8Array, path: string): Promise<ExrPicture> {
  try {
    return await read(bytes, path);
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof DamagedFile)) throw cause;
    throw new EngineError('PictureError', `${path} is damaged: ${cause.message}`, 'Get it again, or export it anew.');
  }
}

export interface ExrChoice {
  /** Red, green and blue; or one. */
  readonly colours: readonly [string] | readonly [string, string, string];
  readonly opacity: string | undefined;
}

/** Which channels are the picture: R, G, B and A of the first layer that has them, else Y, else the first. */
export function choiceOf({ planes }: Pick<ExrPicture, 'planes'>): ExrChoice | undefined {
  const names = [...planes.keys()].sort((a, b) => a.split('.').length - b.split('.').length);
  const within = (layer: string, letter: string): string | undefined =>
    names.find((n) => n.toUpperCase() === `${layer}${letter}`.toUpperCase());
  const red = names.find((n) => /(^|\.)r$/i.test(n));
  const layer = (red ?? names.find((n) => /(^|\.)y$/i.test(n)) ?? names[0])?.replace(/[^.]*$/, '') ?? '';
  const [green, blue, opacity] = ['G', 'B', 'A'].map((letter) => within(layer, letter));
  if (red !== undefined && green !== undefined && blue !== undefined) return { colours: [red, green, blue], opacity };
  const one = red ?? within(layer, 'Y') ?? names.find((n) => n !== opacity) ?? names[0];
  return one === undefined ? undefined : { colours: [one], opacity: one === opacity ? undefined : opacity };
}

/**
 * A picture of light, or of one number a pixel.
 * @throws EngineError `PictureError`
 */
export async function exrNumbers(bytes: Uint8Array, path: string): Promise<NumberFile> {
  const picture = await readExr(bytes, path);
  const { width, height, planes } = picture;
  const choice = choiceOf(picture) as ExrChoice; // it has channels
  const { colours, opacity } = choice;
  const taken = [...colours, ...(opacity === undefined ? [] : [opacity])].map((n) => planes.get(n) as Float32Array);
  const across = taken.length;
  const numbers = new Float64Array(width * across);
  return {
    kind: {
      ...{ width, height, samples: across, bits: picture.bits, format: 'float', orientation: 1 },
      colours: colours.length,
      light: colours.length === 3,
      opacity: opacity === undefined ? undefined : 'multiplied',
    },
    *lines() {
      for (let y = 0; y < height; y++) {
        for (let i = 0; i < numbers.length; i++)
          numbers[i] = taken[i % across]?.[y * width + Math.floor(i / across)] as number;
        yield [0, y, { numbers, across, plane: 0, count: width }];
      }
    },
  };
}

async function read(bytes: Uint8Array, path: string): Promise<ExrPicture> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(4, true);
  const notRead = (what: string): EngineError =>
    new EngineError(
      'PictureError',
      `${path} is an OpenEXR picture ${what}, which is not read`,
      'Convert it: oiiotool in.exr --scanline --compression zip -o out.exr.',
    );
  if (flags & TILED) throw notRead('of tiles');
  if (flags & (DEEP | PARTS)) throw notRead('of several parts, or deep');
  const { channels, compression, window, end } = headerOf(bytes, view);
  const lines = LINES[compression];
  if (lines === undefined) throw notRead(`compressed by ${NAMES[compression] ?? `method ${compression}`}`);
  const [width, height] = [window[2] - window[0] + 1, window[3] - window[1] + 1];
  if (!(width > 0 && height > 0 && width * height <= MOST_PIXELS) || channels.length === 0)
    throw new DamagedFile(`it says that it is ${width}x${height} pixels of ${channels.length} channels`);
  if (channels.some((c) => c.sparse)) throw notRead('with channels of fewer pixels (luminance and chroma)');
  const stride = channels.reduce((n, c) => n + width * (BYTES[c.type] as number), 0);
  if (stride * height > MOST_UNPACKED * bytes.length) throw new DamagedFile('it ends early');
  const planes = new Map(channels.map((c) => [c.name, new Float32Array(width * height)]));
  for (let k = 0; k * lines < height; k++) {
    const at = Number(view.getBigUint64(end + 8 * k, true));
    const y = view.getInt32(at, true) - window[1];
    const packed = bytes.subarray(at + 8, at + 8 + view.getUint32(at + 4, true));
    const rows = Math.min(lines, height - y);
    if (y < 0 || rows <= 0) throw new DamagedFile('a block lies outside of the picture');
    const plain = compression === 0 || packed.length === stride * rows ? packed : await unzipped(packed, stride * rows);
    if (plain.length < stride * rows) throw new DamagedFile('it ends early');
    const values = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
    let from = 0;
    for (let row = y; row < y + rows; row++) {
      for (const { name, type } of channels) {
        const line = lineOf(values, from, width, type);
        (planes.get(name) as Float32Array).set(line, row * width);
        from += width * (BYTES[type] as number);
      }
    }
  }
  return { width, height, planes, bits: channels.every((c) => c.type === 1) ? 16 : 32 };
}

function headerOf(bytes: Uint8Array, view: DataView): Header {
  let at = 8;
  const text = (): string => {
    const end = bytes.indexOf(0, at);
    if (end < 0 || end - at > 255) throw new DamagedFile('its header makes no sense');
    const found = new TextDecoder().decode(bytes.subarray(at, end));
    at = end + 1;
    return found;
  };
  const channels: Channel[] = [];
  let [compression, window]: [number, Header['window']] = [-1, [0, 0, -1, -1]];
  for (let name = text(); name !== ''; name = text()) {
    text(); // its type
    const size = view.getUint32(at, true);
    at += 4;
    const next = at + size;
    if (name === 'compression') compression = view.getUint8(at);
    if (name === 'dataWindow')
      window = [0, 4, 8, 12].map((o) => view.getInt32(at + o, true)) as unknown as Header['window'];
    if (name === 'channels') {
      for (let channel = text(); channel !== ''; channel = text()) {
        const type = view.getUint32(at, true);
        const [across, down] = [view.getUint32(at + 8, true), view.getUint32(at + 12, true)];
        if (type > 2) throw new DamagedFile(`its channel ${channel} is of no known kind`);
        channels.push({ name: channel, type, sparse: across !== 1 || down !== 1 });
        at += 16;
      }
    }
    at = next;
  }
  return { channels, compression, window, end: at };
}

/** Bytes at even places come first, each as its difference from the one before. */
async function unzipped(packed: Uint8Array, size: number): Promise<Uint8Array> {
  const sorted = await inflate(packed, size);
  for (let i = 1; i < size; i++) sorted[i] = (sorted[i] as number) + (sorted[i - 1] as number) - 128;
  const half = Math.ceil(size / 2);
  return Uint8Array.from(sorted, (_, i) => sorted[(i >> 1) + (i % 2) * half] as number);
}

function lineOf(values: DataView, from: number, width: number, type: number): Float32Array {
  if (type === 1) return fromHalf(Uint16Array.from({ length: width }, (_, x) => values.getUint16(from + 2 * x, true)));
  const number = type === 2 ? values.getFloat32.bind(values) : values.getUint32.bind(values);
  return Float32Array.from({ length: width }, (_, x) => number(from + 4 * x, true));
}
