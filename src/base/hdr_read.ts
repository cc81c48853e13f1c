// Pictures of light: Radiance HDR (Ward, "Real Pixels", Graphics Gems II, 1991; https://radsite.lbl.gov/radiance/refer/filefmts.pdf) and PFM
// (https://www.pauldebevec.com/Research/HDR/PFM/).
import { DamagedFile, EngineError } from './errors';
import type { NumberFile } from './numbers';

/** Its first bytes as text, a character for each. */
const startOf = (bytes: Uint8Array, length: number): string => String.fromCharCode(...bytes.subarray(0, length));

/** How EXIF numbers the ways that rows and columns run, by Radiance's signs. */
const ORIENTATIONS = ['-Y+X', '-Y-X', '+Y-X', '+Y+X', '+X-Y', '-X-Y', '-X+Y', '+X+Y'];
/** A header of more is none. */
const MOST_HEADER = 65536;

/**
 * @param path for messages
 * @throws EngineError `PictureError` for colours that are no red, green and blue
 * @throws DamagedFile
 */
export function hdrNumbers(bytes: Uint8Array, path: string): NumberFile {
  const head = /^(.*?)\n\n([+-][XY]) (\d+) ([+-][XY]) (\d+)\n/s.exec(
    startOf(bytes, Math.min(bytes.length, MOST_HEADER)),
  );
  if (!head) throw new DamagedFile('its header makes no sense');
  const [all, lines, first, high, second, wide] = head as unknown as string[];
  const orientation = 1 + ORIENTATIONS.indexOf(`${first}${second}`);
  if (/^FORMAT=.*xyze/m.test(lines as string))
    throw new EngineError(
      'PictureError',
      `${path} is a Radiance HDR picture of CIE XYZ, which is not read`,
      'Convert it: ra_xyze -r in.hdr > out.hdr.',
    );
  const [width, height] = [Number(wide), Number(high)];
  if (orientation === 0 || width === 0 || height === 0) throw new DamagedFile('it says no size');
  // Whoever changed the brightness said so, in a line each; the numbers are to be divided by it.
  const exposures = [...(lines as string).matchAll(/^EXPOSURE=\s*([\d.eE+-]+)/gm)].map((m) => Number(m[1]));
  const exposure = exposures.reduce((a, b) => (b > 0 && Number.isFinite(b) ? a * b : a), 1);
  return {
    kind: { width, height, samples: 3, bits: 32, format: 'float', colours: 3, light: true, orientation },
    *lines() {
      const line = new Uint8Array(4 * width);
      const numbers = new Float64Array(3 * width);
      let at = (all as string).length;
      for (let y = 0; y < height; y++) {
        at = unpackLine(bytes, at, line);
        for (let x = 0; x < width; x++) {
          const exponent = line[4 * x + 3] as number;
          const scale = exponent === 0 ? 0 : 2 ** (exponent - 136) / exposure;
          for (let c = 0; c < 3; c++) numbers[3 * x + c] = scale * (line[4 * x + c] as number);
        }
        yield [0, y, { numbers, across: 3, plane: 0, count: width }];
      }
    },
  };
}

/** A row of red, green, blue and exponent. @returns where the next begins */
function unpackLine(bytes: Uint8Array, from: number, line: Uint8Array): number {
  const width = line.length / 4;
  const next = (at: number): number => bytes[at] ?? ended();
  let at = from;
  if (width < 8 || width > 32767 || next(at) !== 2 || next(at + 1) !== 2 || next(at + 2) > 127)
    return unpackOldLine(bytes, from, line);
  if (256 * next(at + 2) + next(at + 3) !== width) throw new DamagedFile('a row is of another length');
  at += 4;
  for (let c = 0; c < 4; c++) {
    for (let x = 0; x < width; ) {
      const code = next(at++);
      const count = code > 128 ? code - 128 : code;
      if (count === 0 || x + count > width) throw new DamagedFile('its compressed pixels make no sense');
      const same = code > 128 ? next(at++) : undefined;
      for (let k = 0; k < count; k++, x++) line[4 * x + c] = same ?? next(at++);
    }
  }
  return at;
}

/** Pixels one after the other; 1, 1, 1 and a count is the last one again. */
function unpackOldLine(bytes: Uint8Array, from: number, line: Uint8Array): number {
  let [at, shift] = [from, 0];
  for (let x = 0; x < line.length; at += 4) {
    if (at + 4 > bytes.length) ended();
    const [r, g, b, e] = bytes.subarray(at, at + 4) as unknown as [number, number, number, number];
    if (r === 1 && g === 1 && b === 1 && x > 0) {
      const count = e << shift;
      shift += 8;
      if (shift > 24 || x + 4 * count > line.length) throw new DamagedFile('its compressed pixels make no sense');
      for (let k = 0; k < 4 * count; k++, x++) line[x] = line[x - 4] as number;
    } else {
      line.set([r, g, b, e], x);
      x += 4;
      shift = 0;
    }
  }
  return at;
}

function ended(): never {
  throw new DamagedFile('it ends early');
}

/** With the comments that netpbm's other formats have. */
const PFM = /^P([Ff])(?:\s|#.*\n)+(\d+)(?:\s|#.*\n)+(\d+)(?:\s|#.*\n)+([+-]?[\d.eE+-]+)\s/;

/**
 * Floats from the bottom row up: `PF` of light, `Pf` one a pixel.
 * @throws DamagedFile
 */
export function pfmNumbers(bytes: Uint8Array): NumberFile {
  const head = PFM.exec(startOf(bytes, Math.min(bytes.length, 1000)));
  const [width, height, scale] = [Number(head?.[2]), Number(head?.[3]), Number(head?.[4])];
  if (!head || !(width > 0) || !(height > 0) || !scale) throw new DamagedFile('its header makes no sense');
  const colours = head[1] === 'F' ? 3 : 1;
  const most = bytes.length - 4 * colours * width * height;
  // Lines that end as those of Windows do, where the file has the byte for it.
  const start =
    head[0].length + (head[0].endsWith('\r') && bytes[head[0].length] === 10 && most > head[0].length ? 1 : 0);
  return {
    kind: {
      ...{ width, height, samples: colours, bits: 32, format: 'float', colours },
      light: colours === 3,
      orientation: 4,
    },
    *lines() {
      const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
      const numbers = new Float64Array(colours * width);
      for (let y = 0; y < height; y++) {
        for (let i = 0; i < numbers.length; i++) {
          const at = 4 * (y * numbers.length + i);
          if (at + 4 > view.byteLength) ended();
          numbers[i] = view.getFloat32(at, scale < 0);
        }
        yield [0, y, { numbers, across: colours, plane: 0, count: width }];
      }
    },
  };
}
