// What comes in over HTTP: who asks, how much, and the job it asks for.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { EngineError } from '../base/errors';
import { loadSharp } from '../node/sharp';
import { builtinRecipe } from '../recipes/builtin';
import { fillRecipe, type Recipe } from '../recipes/recipe';
import { checkRecipe, withoutSpare } from '../recipes/resolve';
import { type FleetJob, fleetJob, sha256 } from './job_files';

/** An answer that is no success. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** What a service lets in. */
export interface ServeLimits {
  /** Bytes of one request, and of all that are being read. */
  readonly body: number;
  readonly bodies: number;
  /** Pixels of a picture that comes in, and of one that is asked for. */
  readonly pixels: number;
  /** Steps of a recipe, over all its scales and frames. */
  readonly steps: number;
  /** Jobs that wait or run. */
  readonly depth: number;
}

/** What the line of a token may narrow: `depth` counts its own jobs. */
const NARROWED = { body: 'body', pixels: 'pixels', steps: 'steps', jobs: 'depth' } as const;

/** A token by its SHA-256; who has it; its own limits, beside those of all. */
export interface TokenHash {
  readonly name: string;
  readonly hash: string;
  readonly limits: Partial<Pick<ServeLimits, (typeof NARROWED)[keyof typeof NARROWED]>>;
}

/** Reads lines of `<sha256> <name> [jobs=4] [steps=2000] [pixels=1048576] [body=8000000]`. @throws EngineError `ServeError` */
export function parseTokens(text: string): TokenHash[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [hash = '', name = 'token', ...own] = line.split(/\s+/);
      if (/^[0-9a-f]{64}$/.test(hash))
        return { hash, name, limits: Object.fromEntries(own.map((w) => limitOf(w, name))) };
      throw new EngineError(
        'ServeError',
        'a line of the file of tokens is no SHA-256 with a name behind it',
        'Make lines with `toroid serve --new-token <name>`.',
      );
    });
}

function limitOf(word: string, name: string): [string, number] {
  const [, key = '', value = ''] = /^(\w+)=(\d{1,15})$/.exec(word) ?? [];
  if (Object.hasOwn(NARROWED, key) && Number(value) > 0) return [NARROWED[key as keyof typeof NARROWED], Number(value)];
  throw new EngineError(
    'ServeError',
    `the token of ${name} has a limit ${word}`,
    `Limits are ${Object.keys(NARROWED).join(', ')}, as jobs=4.`,
  );
}

/** Whose token a request has; all are compared, in the same time whatever is right of it. */
export function tokenOf({ headers }: FastifyRequest, tokens: readonly TokenHash[]): TokenHash | null {
  const [, given = ''] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.authorization ?? '') ?? [];
  const hash = createHash('sha256').update(given).digest();
  let found: TokenHash | null = null;
  for (const token of tokens) if (timingSafeEqual(hash, Buffer.from(token.hash, 'hex'))) found = token;
  return given === '' ? null : found;
}

/** What is being read waits for room so long, and so many requests do: a few kilobytes each, of what they sent already. */
const PATIENCE = { ms: 30_000, most: 1000 };

/** Bytes of the bodies that are being read now. Who sends more is not read meanwhile, and so made to wait by TCP. */
export class BodyBudget {
  #used = 0;
  readonly #waiting: { readonly size: number; readonly go: () => void }[] = [];

  constructor(
    private readonly limits: Pick<ServeLimits, 'bodies'>,
    private readonly patience = PATIENCE,
  ) {}

  get used(): number {
    return this.#used;
  }

  /** Waits for room. @returns what gives it back. @throws Refusal 429 */
  enter(size: number): Promise<() => void> {
    return new Promise((done, fail) => {
      const busy = (): void =>
        fail(new Refusal(429, 'Busy', 'too many requests are being read', { 'Retry-After': '5' }));
      if (this.#waiting.length >= this.patience.most) return busy();
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        busy();
        this.#next();
      }, this.patience.ms);
      const go = (): void => {
        clearTimeout(timer);
        done(() => {
          this.#used -= size;
          this.#next();
        });
      };
      const entry = { size, go };
      this.#waiting.push(entry);
      this.#next();
    });
  }

  /** Lets in, in the order they came, those for whom there is room. */
  #next(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (!first || this.#used + first.size > this.limits.bodies) return;
      this.#waiting.shift();
      this.#used += first.size;
      first.go();
    }
  }
}

/** What a request holds: its recipe, and a file for each input. */
export interface Form {
  readonly text: string;
  readonly files: readonly Upload[];
  /** Of all parts. */
  readonly bytes: number;
}
interface Upload {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/** Text is read as files are: the parser would cut off what is long, without a word. All parts are counted together. */
export const MULTIPART = { isPartAFile: () => true, limits: { parts: 100, fileSize: Number.POSITIVE_INFINITY } };

/**
 * Reads `multipart/form-data` with a part `recipe` (JSON, or the name of one that comes with toroid) and a file for each input, or JSON
 * with `recipe` alone. Files are views of one buffer as large as the request: it is in memory once.
 * @param most bytes
 * @throws Refusal 400, 413, 415
 */
export async function formOf(request: FastifyRequest, most: number): Promise<Form> {
  const { body } = request;
  if (Buffer.isBuffer(body)) {
    if (body.length > most) throw tooLarge(most);
    return { text: body.toString('utf8'), files: [], bytes: body.length };
  }
  if (!request.isMultipart()) throw mediaType();
  const all = Buffer.allocUnsafeSlow(Number(request.headers['content-length'] ?? most));
  const files: Upload[] = [];
  let [text, fault, read] = ['', '', 0];
  try {
    for await (const { fieldname: name = '', filename, file } of request.files()) {
      const begins = read;
      for await (const piece of file as AsyncIterable<Buffer>) {
        if (read + piece.length > all.length) throw tooLarge(most);
        read += piece.copy(all, read);
      }
      const bytes = all.subarray(begins, read);
      if (name === 'recipe') text = bytes.toString('utf8');
      else if (filename === undefined) fault ||= `${shown(name)} is no file`;
      else if (!/^[\w-]{1,64}$/.test(name)) fault ||= `${shown(name)} is no name of an input`;
      else if (files.some((f) => f.name === name)) fault ||= `${name} is there twice`;
      else files.push({ name, path: plainName(filename), bytes, hash: sha256(bytes) });
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    fault = `the body is no multipart/form-data: ${(error as Error).message}`;
  }
  if (fault !== '') throw new Refusal(400, 'BadRequest', fault);
  return { text, files, bytes: read };
}

export const tooLarge = (most: number): Refusal =>
  new Refusal(413, 'TooLarge', `the request has over ${most} bytes, which is the most`);
export const mediaType = (): Refusal =>
  new Refusal(415, 'MediaType', 'wants multipart/form-data with a recipe and its pictures, or application/json');

/** The job that a form asks for. @throws Refusal 400, 422 */
export async function jobOf({ text, files }: Form, limits: ServeLimits): Promise<FleetJob> {
  const recipe = recipeOf(text, files, limits);
  for (const { name, bytes } of files) await checkPicture(name, bytes, limits);
  return fleetJob(recipe, 'served');
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 64));
/** The name goes into the record of the picture. */
const plainName = (name: string): string => name.replaceAll(/[^\w.-]+/g, '_').slice(-80) || 'picture';

function recipeOf(text: string, files: readonly Upload[], limits: ServeLimits): Recipe {
  if (text.trim() === '') throw new Refusal(400, 'BadRequest', 'there is no recipe');
  const names = files.map((f) => f.name);
  let recipe: Recipe;
  try {
    const given = /^[\w-]+$/.test(text.trim()) ? builtinRecipe(text.trim()) : json(text);
    // Pictures are those of the request: a path would be one of this machine.
    const plain =
      typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...given, inputs: {} } : given;
    recipe = withoutSpare(fillRecipe(plain), names);
    checkRecipe(recipe, names);
  } catch (error) {
    if (error instanceof EngineError) throw new Refusal(400, error.code, error.message);
    throw error;
  }
  const { net, size, stages, scales, zoom } = recipe;
  if (net !== undefined && !/^[\w-]+$/.test(typeof net === 'string' ? net : net.name))
    throw new Refusal(400, 'RecipeError', 'net: only names of `toroid weights list`, no files');
  const [w, h] = typeof size === 'number' ? [size, size] : (size ?? [0, 0]);
  if (w * h > limits.pixels) {
    throw new Refusal(422, 'LimitError', `size: ${w}x${h} is ${w * h} pixels; the most is ${limits.pixels}`);
  }
  const each = stages.reduce((n, stage) => n + (stage.steps ?? 0), 0);
  const doublings = Math.log(Math.max(1, Math.min(w, h) / scales.coarsest)) / -Math.log(scales.ratio);
  const steps = each * (scales.count ?? Math.ceil(doublings) + 1) * (zoom?.frames ?? 1);
  if (steps > limits.steps) {
    throw new Refusal(422, 'LimitError', `stages: ${steps} steps over all scales; the most is ${limits.steps}`);
  }
  const inputs = Object.fromEntries(files.map((f) => [f.name, { path: f.path, sha256: f.hash }]));
  return { ...recipe, inputs };
}

function json(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Refusal(400, 'BadRequest', `the recipe is no JSON: ${(cause as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).join() === 'recipe') {
    const { recipe } = value as { recipe: unknown };
    return typeof recipe === 'string' ? builtinRecipe(recipe) : recipe;
  }
  return value;
}

/** By its header: what is in it is found out by the process that computes. */
async function checkPicture(name: string, bytes: Uint8Array, { pixels }: ServeLimits): Promise<void> {
  const make = await loadSharp();
  const size = await make(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => null);
  if (!size) throw new Refusal(400, 'PictureError', `input ${name} is no picture that can be read`);
  const { width = 0, height = 0 } = size;
  if (width * height <= pixels) return;
  throw new Refusal(422, 'LimitError', `input ${name}: ${width}x${height} is more than ${pixels} pixels`);
}
