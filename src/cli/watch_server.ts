import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { duration, roughDuration, type TimeLeft } from '../app/eta';
import type { Output } from '../app/output';
import { EngineError } from '../base/errors';
import { interleave } from '../base/pixels';
import type { Raster } from '../base/raster';
import { loadSharp } from '../node/sharp';
import type { Progress } from '../recipes/events';
import { downscale } from './downscale';
import { message, refusal, refuse, send, sendNothing, sendPage, sendPart, stream } from './watch_http';

export interface WatchOptions {
  /** Default 0: one that is free. */
  readonly port?: number;
  /** Heading of the page. */
  readonly title?: string;
  /** The axes the picture tiles along. Default both. */
  readonly tile?: 'both' | 'x' | 'y' | 'none';
  /** Somebody pressed Stop on the page; called once. */
  onStop(): void;
}

export interface WatchEnd {
  readonly raster?: Raster;
  readonly file?: string;
  readonly seconds?: number;
  readonly stopped?: boolean;
  /** Why there is no result. */
  readonly error?: string;
}

export interface Watcher {
  /** To open in a browser on this machine. */
  readonly url: string;
  /** To be told of what the run tells. */
  readonly events: Required<
    Pick<Output, 'onProgress' | 'onPicture' | 'wantsPicture' | 'onStage' | 'onFrame' | 'onWarning'>
  >;
  /** Tells the pages how it ended, with the last picture; the server stays up until `close`. */
  finish(end?: WatchEnd): Promise<void>;
  /** Lets every page have its last message, also that of a `finish` on its way, then frees the port. */
  close(): Promise<void>;
}

/** Pictures at most this often; and reading them back takes no more than a tenth of the time. */
const PICTURE_MS = 250;
const PICTURE_SHARE = 10;
const PICTURE_SIDE = 2048;
const PROGRESS_MS = 100;
/** A page that does not read what it is told is told no more than this. */
const MOST_WAITING = 4 * 2 ** 20;
const MOST_CLIENTS = 32;
const KEEP_ALIVE_MS = 15_000;
const FLUSH_MS = 1000;

interface Shown {
  readonly id: number;
  readonly raster: Raster;
  png?: Promise<Buffer>;
}

/**
 * Serves a page on which a run can be watched, and stopped, from this machine only: on 127.0.0.1, to requests that
 * name it so (a foreign name that was made to point here is refused: DNS rebinding), with a policy that lets the page
 * load nothing from elsewhere. Stopping takes a secret that only the page knows.
 * @throws EngineError `WatchError` when the port is taken or not allowed
 */
export async function startWatch(options: WatchOptions): Promise<Watcher> {
  const watch = new Watch(options);
  await watch.listen(options.port ?? 0);
  return watch;
}

class Watch implements Watcher {
  url = '';
  readonly events: Watcher['events'];
  readonly #options: WatchOptions;
  readonly #server: Server;
  readonly #token = randomBytes(32).toString('hex');
  readonly #clients = new Set<ServerResponse>();
  readonly #curves = new WatchCurves();
  readonly #warnings: string[] = [];
  #hosts: readonly string[] = [];
  #progress: object | null = null;
  /** The latest that was not told, for being too soon after another. */
  #held: object | null = null;
  #told = Number.NEGATIVE_INFINITY;
  #pictures: Shown[] = [];
  #count = 0;
  #asked = 0;
  #next = 0;
  #end: object | null = null;
  #stopped = false;
  #finishing: Promise<void> | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.events = {
      onProgress: (p, left) => this.#onProgress(p, left),
      wantsPicture: () => this.#wantsPicture(),
      onPicture: ({ raster }) => this.#onPicture(raster),
      onStage: ({ raster }) => this.#show(raster),
      onFrame: ({ raster }) => this.#show(raster),
      onWarning: (text) => {
        this.#warnings.push(text);
        this.#send('notice', { text });
      },
    };
  }

  async listen(port: number): Promise<void> {
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new EngineError('WatchError', `${port} is no port`, 'Use 1024 to 65535, or 0 for one that is free.');
    }
    await new Promise<void>((done, fail) => {
      this.#server.on('error', (cause: NodeJS.ErrnoException) => fail(unavailable(port, cause)));
      this.#server.listen(port, '127.0.0.1', done);
    });
    const { port: taken } = this.#server.address() as AddressInfo;
    this.#hosts = [`127.0.0.1:${taken}`, `localhost:${taken}`];
    this.url = `http://127.0.0.1:${taken}/`;
    this.#beat = setInterval(() => this.#write(':\n\n'), KEEP_ALIVE_MS);
    this.#beat.unref();
  }

  finish(end: WatchEnd = {}): Promise<void> {
    this.#finishing = this.#tellEnd(end);
    return this.#finishing;
  }

  async #tellEnd(end: WatchEnd): Promise<void> {
    const { raster, file, seconds, stopped = false, error } = end;
    if (raster) this.#keep(raster);
    const last = this.#pictures.at(-1);
    const time = seconds === undefined ? undefined : duration(seconds);
    this.#end = { file, time, stopped, error };
    if (this.#clients.size === 0) return;
    if (this.#held) this.#send('progress', this.#held);
    // With its bytes: the server may be gone before the page could ask for them.
    const png = last && (await pngOf(last).catch(() => undefined)); // an end without a picture is still the end
    const data = png && `data:image/png;base64,${png.toString('base64')}`;
    const picture = last && data && { ...sizeOf(last), data };
    this.#send('finished', { ...this.#end, picture });
  }

  async close(): Promise<void> {
    await this.#finishing;
    clearInterval(this.#beat);
    const late = new Promise<void>((done) => setTimeout(done, FLUSH_MS).unref());
    const flushed = [...this.#clients].map((c) => new Promise<void>((done) => c.end(done)));
    await Promise.race([Promise.all(flushed), late]);
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }

  #onProgress(p: Progress, { share, seconds }: TimeLeft): void {
    const { at, border } = this.#curves.add(p);
    const left = seconds === undefined ? undefined : `about ${roughDuration(seconds)}`;
    this.#progress = this.#held = { ...p, at, share, left };
    if (border !== undefined) this.#send('border', { at: border });
    const now = performance.now();
    if (now - this.#told < PROGRESS_MS && p.step < p.steps) return;
    this.#told = now;
    this.#held = null;
    this.#send('progress', this.#progress);
  }

  #wantsPicture(): boolean {
    const now = performance.now();
    if (this.#clients.size === 0 || now < this.#next) return false;
    this.#asked = now;
    return true;
  }

  #onPicture(raster: Raster): void {
    const now = performance.now();
    this.#next = now + Math.max(PICTURE_MS, PICTURE_SHARE * (now - this.#asked));
    this.#show(raster);
  }

  #show(raster: Raster): void {
    const shown = this.#keep(raster);
    this.#send('picture', { id: shown.id, ...sizeOf(shown) });
  }

  /** The last two: a page may still ask for the one before. They are packed when asked for. */
  #keep(raster: Raster): Shown {
    const shown: Shown = { id: ++this.#count, raster };
    this.#pictures = [...this.#pictures.slice(-1), shown];
    return shown;
  }

  #send(event: string, data: object): void {
    if (this.#clients.size > 0) this.#write(message(event, data));
  }

  #write(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength < MOST_WAITING) client.write(text);
      else client.destroy(); // it will connect again, and get the state as it is then
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume(); // no body is of interest
    const no = refusal(request, { hosts: this.#hosts, token: this.#token });
    const { url = '' } = request;
    if (no) refuse(response, no);
    else if (url === '/')
      sendPage(response, this.#options.title ?? 'toroid', this.#options.tile ?? 'both', this.#token);
    else if (url === '/stop') this.#stop(response);
    else if (url === '/events') this.#follow(response);
    else if (!sendPart(response, url)) this.#picture(url, response);
  }

  #stop(response: ServerResponse): void {
    sendNothing(response);
    if (this.#stopped || this.#end) return;
    this.#stopped = true;
    this.#options.onStop();
  }

  #picture(url: string, response: ServerResponse): void {
    const id = Number(/^\/picture\/(\d{1,9})$/.exec(url)?.[1] ?? Number.NaN);
    const shown = this.#pictures.find((p) => p.id === id);
    if (!shown) {
      refuse(response, [404, 'not here']);
      return;
    }
    pngOf(shown).then(
      (png) => send(response, 'image/png', png),
      (error: Error) => refuse(response, [500, error.message]),
    );
  }

  #follow(response: ServerResponse): void {
    if (this.#clients.size >= MOST_CLIENTS) {
      refuse(response, [503, 'too many pages watch already']);
      return;
    }
    stream(response);
    const last = this.#pictures.at(-1);
    const picture = last && { id: last.id, ...sizeOf(last) };
    const state = {
      ...this.#curves.state(),
      progress: this.#progress,
      warnings: this.#warnings,
      picture,
      end: this.#end,
    };
    response.write(message('state', state));
    this.#clients.add(response);
    response.on('close', () => this.#clients.delete(response));
    response.on('error', () => this.#clients.delete(response));
  }
}

const sizeOf = ({ raster: { width, height } }: Shown): { width: number; height: number } => ({ width, height });

function pngOf(shown: Shown): Promise<Buffer> {
  shown.png ??= encode(downscale(shown.raster, PICTURE_SIDE));
  return shown.png;
}

async function encode(raster: Raster): Promise<Buffer> {
  const make = await loadSharp();
  const { width, height } = raster;
  const channels = raster.alpha ? 4 : 3;
  const s = make(interleave(raster, 8, channels), { raw: { width, height, channels } });
  return s.toColourspace('srgb').png({ compressionLevel: 2 }).toBuffer(); // quick: it only goes to this machine
}

function unavailable(port: number, cause: NodeJS.ErrnoException): EngineError {
  const known: Record<string, string> = {
    EADDRINUSE: 'another program uses it',
    EACCES: 'permission denied',
    EADDRNOTAVAIL: 'this machine has no 127.0.0.1',
  };
  const why = known[cause.code ?? ''] ?? cause.message;
  return new EngineError(
    'WatchError',
    `cannot watch on port ${port}: ${why}`,
    'Choose another port, or none for a free one.',
  );
}

/** Points kept of each curve; with more, every second goes. */
const MOST_POINTS = 1000;

/** The curves of a run, for whoever opens the page late. */
export class WatchCurves {
  readonly #curves = new Map<string, [at: number, value: number][]>();
  readonly #borders: number[] = [];
  #before = 0;
  #last: Progress | undefined;

  /** @returns the step over all stages, and whether a stage began with this. */
  add(p: Progress): { at: number; border: number | undefined } {
    const last = this.#last;
    let border: number | undefined;
    if (last && (p.stage !== last.stage || p.step < last.step)) {
      this.#before += last.step;
      border = this.#before;
      this.#borders.push(border);
    }
    this.#last = p;
    const at = this.#before + p.step;
    for (const [term, value] of Object.entries({ total: p.loss, ...p.terms })) {
      const points = this.#curves.get(term) ?? [];
      points.push([at, value]);
      this.#curves.set(term, points.length > MOST_POINTS ? points.filter((_, k) => k % 2 === 1) : points);
    }
    return { at, border };
  }

  state(): { curves: Record<string, [number, number][]>; borders: readonly number[] } {
    return { curves: Object.fromEntries(this.#curves), borders: this.#borders };
  }
}

export interface WatchOutputOptions {
  /** Somebody pressed Stop on the page. */
  onStop(): void;
  /** The page is up. */
  onUrl(url: string): void;
}

/** The growing picture in a browser on this machine. */
export function watchOutput(port: number | true, { onStop, onUrl }: WatchOutputOptions): Output {
  let watcher: Watcher | undefined;
  return {
    begin: async ({ recipe }) => {
      watcher = await startWatch({ ...(port !== true && { port }), title: recipe.name, tile: recipe.tile, onStop });
      onUrl(watcher.url);
    },
    onProgress: (p, left) => watcher?.events.onProgress(p, left),
    wantsPicture: () => watcher?.events.wantsPicture() ?? false,
    onPicture: (p) => watcher?.events.onPicture(p),
    onStage: (s) => watcher?.events.onStage(s),
    onFrame: (f) => watcher?.events.onFrame(f),
    onWarning: (text) => watcher?.events.onWarning(text),
    finish: async ({ raster, seconds, stopped, written }) => {
      await watcher?.finish({ raster, file: String(written.get('file')), seconds, stopped });
    },
    fail: (error) => watcher?.finish({ error: (error as Error).message }),
    close: () => watcher?.close(),
  };
}
