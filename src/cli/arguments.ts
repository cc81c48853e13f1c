import { CommanderError, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../base/did_you_mean';
import type { Corners } from '../copy/rectify';
import { type Sun, sunFrom } from '../material/sun';
import { cornersSchema } from '../recipes/recipe';
import { textureSettings } from '../recipes/texture_settings';

/** `256`, `256x128`, also with the sign for times. */
const TWO = /^(\d+)(?:[x\u00d7](\d+))?$/i;

/** `256` or `256x128` to [256, 256] or [256, 128]. */
export function parseSize(text: string): [number, number] {
  const [, w, h] = TWO.exec(text.trim()) ?? [];
  if (w === undefined)
    throw new InvalidArgumentError('A size is WIDTHxHEIGHT in pixels, such as 256x128, or one number.');
  return [Number(w), Number(h ?? w)];
}

export function parseWhole(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Of a server; 0 is one that is free. */
export function parsePort(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > 65535) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return n;
}

/** One side in pixels. */
export function parseSide(text: string): number {
  const side = parseWhole(text);
  if (side >= 16 && side <= 16384) return side;
  throw new InvalidArgumentError('A side is 16 to 16384 pixels.');
}

/** For an option that may be repeated: all its values, in order. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** Where the sun is: AZIMUTH,HEIGHT in degrees. */
export function parseSun(text: string): Sun {
  const sun = sunFrom(text);
  if (sun) return sun;
  throw new InvalidArgumentError('It must be two angles as 135,40: where the sun is, and how high, above 0 to 90.');
}

/** `3x3`: how often a preview repeats the tile. */
export function parseTimes(text: string): [number, number] {
  const [, x, y] = TWO.exec(text.trim()) ?? [];
  const times: [number, number] = [Number(x), Number(y ?? x)];
  if (times.every((n) => n >= 1 && n <= 64)) return times;
  throw new InvalidArgumentError('A preview repeats the tile 1 to 64 times each way, such as 3x3.');
}

/** A number, and the seconds it is if it has a unit: `50`, `30s`, `5min`. */
function numberAndSeconds(text: string): readonly [number: number, seconds: number | undefined] {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(s|min)?$/.exec(text.trim()) ?? [];
  const number = Number(digits);
  return [number, unit === undefined ? undefined : number * (unit === 'min' ? 60 : 1)];
}

/** `50` steps, `30s`, `5min`: how often something happens. */
export function parseInterval(text: string): { steps?: number; seconds?: number } {
  const [steps, seconds] = numberAndSeconds(text);
  if (seconds) return { seconds };
  if (steps > 0 && Number.isInteger(steps) && seconds === undefined) return { steps };
  throw new InvalidArgumentError('It is a number of steps, such as 50, or a time, such as 30s or 5min.');
}

/** `30s`, `5min`, `20`: seconds. */
export function parseBudget(text: string): number {
  const [number, seconds = number] = numberAndSeconds(text);
  if (seconds >= 0) return seconds;
  throw new InvalidArgumentError('It is a time, such as 30s or 2min.');
}

/** `2GB`, `1.5GiB`, `800 MB`: bytes. */
export function parseBytes(text: string): number {
  const [, number, letter = '', binary] = /^(\d+(?:\.\d+)?)\s*(?:([KMGT])(i)?)?B?$/i.exec(text.trim()) ?? [];
  const power = letter === '' ? 0 : 'KMGT'.indexOf(letter.toUpperCase()) + 1;
  const bytes = Number(number) * (binary ? 1024 : 1000) ** power;
  if (bytes >= 1e6) return Math.floor(bytes);
  throw new InvalidArgumentError('It is an amount of memory of at least 1MB, such as 2GB or 800MiB.');
}

/** `10,12,400,30,390,300,8,310` */
export function parseCorners(text: string): Corners {
  const parsed = cornersSchema.safeParse(text.split(',').map((n) => (n.trim() === '' ? Number.NaN : Number(n))));
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(
    'It is x,y of four corners in pixels, clockwise from the top left, such as 12,8,500,20,490,380,6,390.',
  );
}

/** `--rectify` of commands that read a photograph. */
export const rectifyOption = (): Option =>
  new Option(
    '--rectify <corners>',
    'take the part between four corners, straightened: x1,y1,...,x4,y4 in pixels, clockwise from the top left',
  ).argParser(parseCorners);

/** `relu1_1,relu2_1` */
export function parseLayers(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Name layers with commas between them, such as relu1_1,relu2_1.');
}

type Shape = typeof textureSettings.shape;

/** A parser that also holds a value against the limits of that setting, so that limits are written down once. */
export function setting<K extends keyof Shape>(key: K, parse: (text: string) => unknown): (text: string) => unknown {
  return (text) => {
    const value = parse(text);
    const checked = textureSettings.shape[key].safeParse(value);
    if (checked.success) return value;
    const limits = [...new Set(checked.error.issues.map((i) => i.message))].join('; ');
    throw new InvalidArgumentError(`It must be ${limits.replaceAll('must be ', '')}.`);
  };
}

/** `did you mean` for a word that commander does not know the list of. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = didYouMean(word, known);
  return near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${near}?`;
}

/** Ends the command as wrong usage: message, remedy, exit code 2. */
export function usage(message: string, remedy: string): never {
  process.stderr.write(`error: ${message}\n  ${remedy}\n`);
  throw new CommanderError(2, 'toroid.usage', message);
}
