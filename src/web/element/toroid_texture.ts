import { duration, type TimeLeft } from '../../app/eta';
import { prepareJob } from '../../app/job';
import { type LiveJob, openLiveJob } from '../../app/live_job';
import type { JobResult, Output } from '../../app/output';
import { type ChosenTexture, chosenTexture } from '../../app/texture_recipe';
import { EngineError } from '../../base/errors';
import { toPixels } from '../../base/pixels';
import type { Raster } from '../../base/raster';
import { builtinRecipe } from '../../recipes/builtin';
import { fillRecipe } from '../../recipes/recipe';
import type { SessionState } from '../../recipes/session';
import { fillTexture } from '../../recipes/texture';
import { WebPicture } from '../api/picture';
import { elementPlatform } from './element_platform';
import look from './look.css';

const SHOW_MS = 300;

/** What an element tells: `new CustomEvent(name, { detail })`. None of them bubbles. */
export interface ToroidTextureEvents {
  statechange: CustomEvent<{ readonly state: ElementState }>;
  progress: CustomEvent<TimeLeft & { readonly step: number; readonly loss: number }>;
  notice: CustomEvent<{ readonly text: string }>;
  /** The finished picture: `event.detail.picture.toBlob()`. */
  done: CustomEvent<{ readonly picture: WebPicture }>;
  error: CustomEvent<{ readonly error: unknown }>;
}

/** `idle`: nothing was started. */
export type ElementState = 'idle' | 'loading' | Exclude<SessionState, 'closed'>;

/**
 * `<toroid-texture src="bark.jpg" size="256" seed="1" autoplay></toroid-texture>`: grows a seamless texture from a picture and
 * shows it tiled while it grows.
 *
 * Attributes: `src` the picture; `size` side of the tile in pixels (512); `recipe` name of a built-in recipe that needs
 * no network (what suits the picture); `seed` (1); `steps` at each scale of an optimising one; `tiles` how many across (2); `autoplay`; `nocontrols`.
 * A change of the first five begins anew. Properties: `state`, `picture`, `outputs`. Methods: `play()`, `pause()`, `reset()`.
 * Parts for CSS: canvas, bar, button, progress, message. What is between its tags shows where there is no WebGPU.
 */
export class ToroidTexture extends (globalThis.HTMLElement ?? class {}) {
  static readonly observedAttributes = ['src', 'size', 'recipe', 'seed', 'steps', 'tiles'];

  /** What else is made of a run, from the next start on. */
  outputs: readonly Output[] = [];
  #state: ElementState = 'idle';
  #live: LiveJob | undefined;
  #picture: WebPicture | null = null;
  #shown: Raster | undefined;
  /** Counts starts: what an earlier one still tells is not heard. */
  #turn = 0;
  #lastShown = 0;
  /** What there is was made from other attributes. */
  #stale = false;
  readonly #canvas: HTMLCanvasElement;
  readonly #button: HTMLButtonElement;
  readonly #progress: HTMLProgressElement;
  readonly #message: HTMLElement;
  readonly #slot: HTMLSlotElement;
  readonly #sizesSeen = new ResizeObserver(() => this.#draw());

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(look);
    root.adoptedStyleSheets = [sheet];
    const make = <K extends keyof HTMLElementTagNameMap>(
      tag: K,
      part: string,
      parent: Node,
    ): HTMLElementTagNameMap[K] => {
      const element = document.createElement(tag);
      if (part) element.setAttribute('part', part);
      parent.appendChild(element);
      return element;
    };
    const view = make('div', '', root);
    view.className = 'view';
    this.#canvas = make('canvas', 'canvas', view);
    this.#canvas.setAttribute('role', 'img');
    this.#slot = make('slot', '', view);
    const bar = make('div', 'bar', root);
    bar.className = 'bar';
    this.#button = make('button', 'button', bar);
    this.#button.type = 'button';
    this.#button.addEventListener('click', () => (this.#state === 'running' ? void this.pause() : this.play()));
    this.#progress = make('progress', 'progress', bar);
    this.#progress.max = 1;
    this.#progress.setAttribute('aria-label', 'Share of the work done');
    this.#message = make('p', 'message', root);
    this.#message.className = 'message';
    this.#message.setAttribute('role', 'status');
    this.#label();
  }

  get state(): ElementState {
    return this.#state;
  }

  /** The finished picture, with its recipe inside; null before that. */
  get picture(): WebPicture | null {
    return this.#picture;
  }

  connectedCallback(): void {
    this.#sizesSeen.observe(this.#canvas);
    if (this.hasAttribute('autoplay') && this.#state === 'idle') this.play();
  }

  /** Out of the page it holds nothing of the GPU. */
  disconnectedCallback(): void {
    this.#sizesSeen.disconnect();
    // Moved within the page, it is back at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.reset();
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === 'tiles') this.#draw();
    if (name === 'tiles' || this.#stale) return;
    this.#stale = true;
    // Several attributes set in a row begin one run; `play` right behind them does not wait for that.
    queueMicrotask(() => {
      if (!this.#stale) return;
      this.#refresh();
      if (this.isConnected && this.hasAttribute('autoplay')) this.play();
    });
  }

  /** Begins, or goes on. */
  play(): void {
    this.#refresh();
    if (this.#state === 'done') this.reset();
    const stopped = this.#state === 'paused' || this.#state === 'failed';
    if (stopped && this.#live) this.#live.session.resume();
    else if (this.#state === 'idle' || this.#state === 'failed') void this.#start();
  }

  /** Stops at the end of the steps under way; `play` goes on. */
  async pause(): Promise<void> {
    await this.#live?.session.pause();
  }

  /** Forgets the run and its picture. */
  reset(): void {
    this.#turn++;
    void this.#live?.close();
    this.#live = undefined;
    this.#picture = null;
    this.#shown = undefined;
    this.#progress.value = 0;
    this.#say('');
    this.#become('idle');
    this.#draw();
  }

  #refresh(): void {
    if (this.#stale && this.#state !== 'idle') this.reset();
    this.#stale = false;
  }

  async #start(): Promise<void> {
    const turn = ++this.#turn;
    const current = (): boolean => turn === this.#turn;
    this.#become('loading');
    this.#say('');
    try {
      const src = this.getAttribute('src');
      if (!src) throw new EngineError('PictureError', 'toroid-texture has no src', 'Give it the address of a picture.');
      const platform = elementPlatform();
      const warn = (text: string): void => {
        if (current()) this.#emit('notice', { text });
      };
      const { recipe, analysed } = await this.#recipe(src, warn);
      const job = await prepareJob(platform, fillRecipe(recipe), new Map([['style', src]]), { analysed, warn });
      if (!current()) return;
      const live = await openLiveJob(platform, job, [this.#view(current), ...this.outputs], {
        tune: 'off', // the same bytes, whatever else the page has measured
        onState: (state) => {
          if (current() && state !== 'closed') this.#become(state);
        },
        onDone: (result) => {
          if (current() && live) this.#done(live, result);
        },
        onError: (error) => {
          if (current()) this.#fail(error);
        },
      });
      if (!current()) return live?.close();
      this.#live = live ?? undefined;
      live?.session.resume();
    } catch (error) {
      if (current()) this.#fail(error);
    }
  }

  /** The element as an output of its job. */
  #view(current: () => boolean): Output {
    return {
      onWarning: (text) => {
        if (current()) this.#emit('notice', { text });
      },
      onProgress: ({ step, loss }, { share, seconds }) => {
        if (!current()) return;
        this.#progress.value = share;
        const left = seconds === undefined ? '' : `, about ${duration(seconds)} left`;
        this.#progress.title = `${Math.floor(100 * share)} %${left}`;
        this.#emit('progress', { share, seconds, step, loss });
      },
      wantsPicture: () => current() && performance.now() - this.#lastShown >= SHOW_MS && !document.hidden,
      onPicture: ({ raster }) => {
        if (current()) this.#show(raster);
      },
    };
  }

  async #recipe(src: string, warn: (text: string) => void): Promise<ChosenTexture> {
    const whole = (name: string): number | undefined => {
      const text = this.getAttribute(name);
      return text === null || text.trim() === '' ? undefined : Number(text);
    };
    const [seed, steps] = [whole('seed'), whole('steps')];
    const recipe = this.getAttribute('recipe');
    if (recipe === null) {
      const size = whole('size');
      return chosenTexture(elementPlatform(), { size, seed, steps }, src, { warn });
    }
    const chosen = { ...(seed !== undefined && { seed }), ...(steps !== undefined && { steps }) };
    return { recipe: { ...fillTexture(builtinRecipe(recipe), chosen), size: whole('size') ?? 256 } };
  }

  #done(live: LiveJob, { raster, recipe, stages, stopped, moved, field }: JobResult): void {
    this.#picture = new WebPicture(raster, {
      stages,
      stopped,
      moved,
      field,
      record: live.record('', undefined, recipe),
    });
    this.#progress.value = 1;
    this.#show(raster);
    // The picture is all that is needed now.
    void live.close();
    this.#live = undefined;
    this.#emit('done', { picture: this.#picture });
  }

  #fail(error: unknown): void {
    const known = error instanceof EngineError;
    this.#say(known ? error.message : 'The texture could not be grown.');
    this.#become('failed');
    this.#slot.hidden = false;
    this.#emit('error', { error });
  }

  #show(raster: Raster): void {
    this.#shown = raster;
    this.#lastShown = performance.now();
    this.#draw();
  }

  #draw(): void {
    const tiles = Math.min(16, Math.max(1, Math.round(Number(this.getAttribute('tiles') ?? 2)) || 2));
    this.#slot.hidden = this.#shown !== undefined || this.#state !== 'failed';
    drawTiles(this.#canvas, this.#shown, tiles);
    this.#label();
  }

  #become(state: ElementState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#label();
    this.#emit('statechange', { state });
  }

  #label(): void {
    const words: Readonly<Record<ElementState, string>> = {
      idle: 'Grow',
      loading: 'Loading',
      running: 'Pause',
      paused: 'Go on',
      done: 'Again',
      failed: 'Try again',
    };
    this.#button.textContent = words[this.#state];
    this.#button.disabled = this.#state === 'loading';
    const shown = this.#shown;
    const about = this.getAttribute('alt') ?? 'A seamless texture';
    this.#canvas.setAttribute('aria-label', shown ? `${about}, ${shown.width} x ${shown.height} pixels, tiled` : about);
  }

  #say(text: string): void {
    if (this.#message.textContent !== text) this.#message.textContent = text;
  }

  #emit<K extends keyof ToroidTextureEvents>(name: K, detail: ToroidTextureEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'toroid-texture': ToroidTexture;
  }
}

/** Makes `<toroid-texture>` known to the page; a second call does nothing, nor does one on a server that renders pages. */
export function defineToroidTexture(name = 'toroid-texture'): void {
  const known: CustomElementRegistry | undefined = globalThis.customElements;
  if (known && !known.get(name)) known.define(name, ToroidTexture);
}

/** Fills a canvas with a picture, so many times across; nothing without a picture. */
export function drawTiles(canvas: HTMLCanvasElement, raster: Raster | undefined, tiles: number): void {
  const density = window.devicePixelRatio;
  const [w, h] = [Math.round(canvas.clientWidth * density), Math.round(canvas.clientHeight * density)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const pen = canvas.getContext('2d');
  if (!pen || w === 0 || h === 0) return;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, w, h);
  if (!raster) return;
  const { width, height, data } = toPixels(raster);
  const tile = document.createElement('canvas');
  tile.width = width;
  tile.height = height;
  tile.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
  const pattern = pen.createPattern(tile, 'repeat');
  if (!pattern) return;
  const scale = w / (width * tiles);
  pen.imageSmoothingEnabled = scale < 3;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = pattern;
  pen.fillRect(0, 0, w / scale, h / scale);
}
