import { readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { type Output, writeSomewhere } from '../app/output';
import type { Files } from '../app/platform';
import { EngineError } from '../base/errors';
import { type Bits, interleave } from '../base/pixels';
import type { Raster } from '../base/raster';
import { recordText } from '../recipes/picture_record';
import { savedFrames } from './checkpoint_files';
import { lookUp, probeFile, writeWhole } from './files';
import { ensureWritable, writePicture } from './picture_write';
import { loadSharp } from './sharp';
import { insertComment, packXmp } from './xmp';

export interface AnimationOptions {
  /** Frames a second. Default 25. Kept on average: a GIF counts hundredths of a second, WebP thousandths. */
  readonly fps?: number;
  /** How often it plays; 0, the default: for ever. */
  readonly loop?: number;
  /** Bits a channel of numbered pictures. Default 8. */
  readonly bits?: Bits;
  /** Text kept inside the file, or inside every numbered picture. */
  readonly metadata?: Readonly<Record<string, string>>;
  onWarning?(text: string): void;
  /** See `Files`: where to write what cannot be written there. */
  readonly elsewhere?: Files['elsewhere'];
}

/** An animation that takes its frames one by one, as a run makes them. */
export interface Animation {
  /** All frames have one size; transparent ones stay so. */
  add(frame: Raster): Promise<void>;
  /** Writes what there is; returns the file, or all numbered files in order. */
  finish(): Promise<readonly string[]>;
}

/** A GIF or WebP is packed in one piece, so its frames wait in memory until the last: not beyond this many bytes. */
const MOST_BYTES = 2 ** 30;
/** The sides that the formats can say. */
const SIDES: Readonly<Record<string, number>> = { '.gif': 65535, '.webp': 16383 };
/** Browsers take a GIF delay below 2 hundredths as 10. */
const GIF_FASTEST = 50;
const NUMBER = /%(0?)(\d*)d/;

/** `clip.gif`, `clip.webp`: one file. `frames/`, `frames`, `frames/%04d.png`: a picture for each frame. */
function numbered(path: string): string | null {
  if (NUMBER.test(basename(path))) return path;
  const folder = /[\\/]$/.test(path) || extname(path) === '' || lookUp(path)?.isDirectory() === true;
  return folder ? join(path, 'frame-%04d.png') : null;
}

const frameName = (pattern: string, number: number): string =>
  join(
    dirname(pattern),
    basename(pattern).replace(NUMBER, (_, zero: string, width: string) =>
      String(number).padStart(Number(width), zero === '0' ? '0' : ' '),
    ),
  );

/**
 * Finds out before any work whether an animation can be written there.
 * @throws EngineError `PictureError`
 */
export function ensureAnimationWritable(path: string, options: AnimationOptions = {}): void {
  const { fps = 25, loop = 0, bits = 8 } = options;
  if (!(fps > 0 && fps <= 1000)) {
    throw new EngineError('PictureError', `${fps} frames a second cannot be shown`, 'Use 0.1 to 50: 25, say.');
  }
  if (!Number.isInteger(loop) || loop < 0 || loop > 65535) {
    throw new EngineError('PictureError', `an animation cannot loop ${loop} times`, 'Use 0 (for ever) to 65535.');
  }
  const pattern = path === '' ? null : numbered(path);
  if (pattern) {
    ensureWritable(frameName(pattern, 1), bits);
    return;
  }
  const suffix = extname(path).toLowerCase();
  if (SIDES[suffix] === undefined) {
    const remedy = 'Use .gif, .webp, a folder, or numbered pictures as frames/%04d.png.';
    throw new EngineError('PictureError', `${path || '""'}: cannot write an animation as ${suffix || 'that'}`, remedy);
  }
  if (bits !== 8) {
    const remedy = 'Use numbered pictures: frames/%04d.png.';
    throw new EngineError('PictureError', `${path}: ${suffix} holds 8 bits a channel, not ${bits}`, remedy);
  }
  probeFile(path);
}

/**
 * Opens an animation by its name: an animated GIF or WebP, or numbered pictures in a folder or after a `%04d` pattern
 * (from 1 on). Numbered pictures are written as they come, so that a long zoom needs no more memory than a short one;
 * every file is written whole or not at all.
 * @throws EngineError `PictureError`, as do its methods
 */
export function openAnimation(path: string, options: AnimationOptions = {}): Animation {
  ensureAnimationWritable(path, options);
  const pattern = numbered(path);
  return pattern ? numberedPictures(pattern, options) : packed(path, options);
}

function numberedPictures(pattern: string, options: AnimationOptions): Animation {
  const { bits = 8, metadata = {}, onWarning } = options;
  const files: string[] = [];
  return {
    add: async (frame) => {
      const first = onWarning && files.length === 0 && { onWarning };
      const write = (place: string): Promise<void> => writePicture(place, frame, { bits, metadata, ...first });
      files.push(await writeSomewhere(frameName(pattern, files.length + 1), options, write));
    },
    finish: async () => {
      if (files.length === 0) throw noFrames(pattern);
      const stale = leftOver(pattern, files.length);
      if (stale > 0) {
        onWarning?.(
          `${dirname(pattern)} still holds ${stale} numbered picture${stale === 1 ? '' : 's'} of an earlier, longer animation, from ${basename(frameName(pattern, files.length + 1))} on`,
        );
      }
      return files;
    },
  };
}

/** How many files follow the last one without a gap: what another run left. */
function leftOver(pattern: string, last: number): number {
  const there = new Set(readdirSync(dirname(pattern)));
  let n = 0;
  while (there.has(basename(frameName(pattern, last + 1 + n)))) n++;
  return n;
}

function packed(path: string, options: AnimationOptions): Animation {
  const { fps = 25, loop = 0, metadata = {}, onWarning } = options;
  const suffix = extname(path).toLowerCase();
  const frames: Uint8Array[] = [];
  let size: readonly [number, number] | undefined;
  let channels: 3 | 4 = 3;
  return {
    add: async (frame) => {
      const { width, height } = frame;
      if (!size) {
        const most = SIDES[suffix] ?? 0;
        if (Math.max(width, height) > most) {
          const remedy = 'Use numbered pictures: frames/%04d.png.';
          throw new EngineError('PictureError', `${path}: a frame is ${width}x${height}; the most is ${most}`, remedy);
        }
        size = [width, height];
        channels = frame.alpha ? 4 : 3;
      }
      if (width !== size[0] || height !== size[1]) {
        throw new EngineError(
          'PictureError',
          `frame ${frames.length + 1} of ${path} is ${width}x${height}; those before it are ${size.join('x')}`,
          'Make all frames the same size.',
        );
      }
      if ((frames.length + 1) * width * height * channels > MOST_BYTES) {
        throw new EngineError(
          'PictureError',
          `${path}: ${frames.length + 1} frames of ${width}x${height} are more than ${MOST_BYTES / 2 ** 30} GiB in memory`,
          'Use numbered pictures, which are written one by one: frames/%04d.png.',
        );
      }
      frames.push(interleave(frame, 8, channels) as Uint8Array);
    },
    finish: async () => {
      if (!size) throw noFrames(path);
      const rate = suffix === '.gif' ? Math.min(fps, GIF_FASTEST) : fps;
      if (rate < fps) onWarning?.(`${basename(path)} plays at ${rate} frames a second: a GIF can do no more`);
      const [width, height] = size;
      const make = await loadSharp();
      const encoded = async (): Promise<Uint8Array> => {
        const raw = { width, height: height * frames.length, channels, pageHeight: height };
        let s = make(Buffer.concat(frames), { raw, limitInputPixels: false }).toColourspace('srgb');
        const timing = { loop, delay: delays(frames.length, rate, suffix === '.gif' ? 100 : 1000) };
        if (suffix === '.gif') {
          return insertComment(await s.gif({ ...timing, keepDuplicateFrames: true }).toBuffer(), metadata);
        }
        if (Object.keys(metadata).length > 0) s = s.withXmp(packXmp(metadata));
        return s.webp({ ...timing, quality: 90, smartSubsample: true }).toBuffer();
      };
      return [await writeSomewhere(path, options, (place) => writeWhole(place, encoded))];
    },
  };
}

/** Milliseconds of every frame, each a whole number of the clock's ticks, right on average. */
export function delays(count: number, fps: number, ticksPerSecond: number): number[] {
  const tick = (k: number): number => Math.round((k * ticksPerSecond) / fps);
  return Array.from({ length: count }, (_, k) => ((tick(k + 1) - tick(k)) * 1000) / ticksPerSecond);
}

const noFrames = (path: string): EngineError =>
  new EngineError('PictureError', `${path}: there are no frames to write`, 'Let it run until a frame is done.');

export interface FilmOptions {
  readonly fps: number;
  readonly bits: Bits;
  /** Where the frames are that were done before the run was resumed. */
  readonly checkpoint?: string | undefined;
}

/** The frames of a zoom: .gif, .webp, or a folder of numbered pictures. */
export function filmOutput(path: string, { fps, bits, checkpoint }: FilmOptions): Output {
  let film: Animation | undefined;
  return {
    kind: 'frames',
    begin: async (job) => {
      const metadata = recordText(job.record(path));
      film = openAnimation(path, { fps, bits, metadata, onWarning: job.warn, elsewhere: job.files.elsewhere });
      if (!job.resume || checkpoint === undefined) return;
      for await (const frame of savedFrames(checkpoint, job.resume.frame)) await film.add(frame);
    },
    onFrame: async ({ raster }) => film?.add(raster),
    finish: () => film?.finish(),
  };
}
