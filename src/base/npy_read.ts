// NumPy's file of one array as a picture: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { DamagedFile, EngineError } from './errors';
import type { NumberFile, SampleFormat } from './numbers';
import { lineReader } from './tiff_samples';

const FORMATS: Readonly<Record<string, SampleFormat>> = { b: 'uint', u: 'uint', i: 'int', f: 'float' };

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  /** Numbers from one to the next, along each. */
  readonly steps: { readonly x: number; readonly y: number; readonly c: number };
}

/**
 * [H, W], [H, W, C] or [C, H, W], with C of 1 to 4; ones before it do not count.
 * @param path for messages
 * @throws EngineError `PictureError` for arrays of other shapes, of complex numbers, records or objects
 * @throws DamagedFile
 */
export function npyNumbers(bytes: Uint8Array, path: string): NumberFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = view.getUint8(6) > 1; // version 2 and later
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const head = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 4096)));
  const shape = /'shape':\s*\(([\d,\s]*)\)/
    .exec(head)?.[1]
    ?.split(',')
    .flatMap((s) => (s.trim() ? [Number(s)] : []));
  const descr = /'descr':\s*'([^']*)'/.exec(head)?.[1];
  const first = /'fortran_order':\s*(True|False)/.exec(head)?.[1];
  if (!shape || !first || !head.includes("'descr'")) throw new DamagedFile('its header makes no sense');
  const [, order, letter = '', size] = /^([<>|=])([buif])([1248])$/.exec(descr ?? '') ?? [];
  const bits = letter === 'b' ? 8 : 8 * Number(size);
  const format = FORMATS[letter];
  const read = format && lineReader({ bits, format, littleEndian: order !== '>' });
  const layout = layoutOf(shape, first === 'True');
  if (!read || !layout) {
    const what = read ? `of shape (${shape.join(', ')})` : `of ${descr ?? 'records'}`;
    throw new EngineError(
      'PictureError',
      `${path} is a NumPy array ${what}, which is no picture`,
      'Save one of [height, width] or [height, width, 3], of whole numbers or floats.',
    );
  }
  const { width, height, samples, steps } = layout;
  const white = letter === 'b' ? 255 : 1;
  return {
    kind: {
      ...{ width, height, samples, bits, format, orientation: 1 },
      colours: samples < 3 ? 1 : 3,
      opacity: samples === 4 ? 'beside' : undefined,
    },
    *lines() {
      const one = new Float64Array(1);
      const numbers = new Float64Array(width * samples);
      if (end + (width * height * samples * bits) / 8 > bytes.length) throw new DamagedFile('it ends early');
      for (let y = 0; y < height; y++) {
        for (let i = 0; i < numbers.length; i++) {
          const index = y * steps.y + Math.floor(i / samples) * steps.x + (i % samples) * steps.c;
          read(view, end + (index * bits) / 8, one);
          numbers[i] = white * (one[0] as number);
        }
        yield [0, y, { numbers, across: samples, plane: 0, count: width }];
      }
    },
  };
}

function layoutOf(shape: readonly number[], fortran: boolean): Layout | undefined {
  const sides = shape.slice(shape.findIndex((n, k) => n !== 1 || k >= shape.length - 2));
  const last = sides.length - 1;
  // How far apart neighbours lie along each axis.
  const steps = sides.map((_, k) => (fortran ? sides.slice(0, k) : sides.slice(k + 1)).reduce((a, b) => a * b, 1));
  const channels = sides.length < 3 ? -1 : [1, 2, 3, 4].includes(sides[last] as number) ? last : 0;
  const samples = channels < 0 ? 1 : (sides[channels] as number);
  const [y = 0, x = 1] = sides.flatMap((_, k) => (k === channels ? [] : [k]));
  const [height = 0, width = 0] = [sides[y], sides[x]];
  if (sides.length < 2 || sides.length > 3 || samples < 1 || samples > 4 || width < 1 || height < 1) return undefined;
  const along = { x: steps[x] as number, y: steps[y] as number, c: channels < 0 ? 0 : (steps[channels] as number) };
  return { width, height, samples, steps: along };
}
