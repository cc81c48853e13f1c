// Longer than most files: one element, whose attributes, life and drawing share its private state.
import { roughDuration, type TimeLeft } from '../../app/eta';
import { prepareJob } from '../../app/job';
import { type LiveJob, openLiveJob } from '../../app/live_job';
import type { JobResult, Output } from '../../app/output';
import { chosenTexture, type TextureChoice } from '../../app/texture_recipe';
import { EngineError } from '../../base/errors';
import type { Raster } from '../../base/raster';
import { builtinRecipe } from '../../recipes/builtin';
import { fillRecipe, type RecipeText } from '../../recipes/recipe';
import type { SessionState } from '../../recipes/session';
import { fillTexture } from '../../recipes/texture';
import { WebPicture } from '../api/picture';
import type { PictureSource } from '../api/read';
import { drawTiles } from './draw_tiles';
import { elementPlatform } from './element_platform';
import type { Lit } from './lit';
import look from './look.css';
import { ATTRIBUTES, adoptEarlier, reflectAttributes, setAttribute } from './properties';

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
 * shows it tiled while it grows; before that it shows the picture.
 *
 * Attributes, each a property too: `src` the picture, as a property also a File, a Blob or anything else with a picture in it; `size`
 * side of the tile in pixels (512); `recipe` name of a built-in recipe that needs no network (what suits the picture); `seed` (1); `steps` at
 * each scale of an optimising one; `tile` both, x, y or none; `tiles` how many across (2); `lit` as a surface in the sun, which
 * follows the pointer (`135,40`: where it is at first, and how high); `alt`; `autoplay`; `nocontrols`. A change of the first six begins
 * anew. What plays by itself waits while it is out of sight.
 * Properties: `options` the other settings of `texture()`; `state`, `picture`, `outputs`. Methods: `play()`, `pause()`, `reset()`.
 * Parts for CSS: canvas, poster, bar, button, progress, message. What is between its tags shows where there is no WebGPU, and only there.
 */
export class ToroidTexture extends (globalThis.HTMLElement ?? class {}) {
  static readonly observedAttributes: readonly string[] = Object.keys(ATTRIBUTES);

  declare size: number | null;
  declare recipe: string | null;
  declare seed: number | null;
  declare steps: number | null;
  declare tile: string | null;
  declare tiles: number | null;
  declare lit: string | null;
  declare alt: string | null;
  declare autoplay: boolean;
  declare nocontrols: boolean;
  /** What else is made of a run, from the next start on. */
  outputs: readonly Output[] = [];
  /** The picture, where it is no address. */
  #source: Exclude<PictureSource, string> | undefined;
  #options: TextureChoice = {};
  #state: ElementState = 'idle';
  #live: LiveJob | undefined;
  #picture: WebPicture | null = null;
  #shown: Raster | undefined;
  #lit: Lit | undefined;
  /** Counts what is lit, as `#turn` counts starts. */
  #lights = 0;
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
  readonly #poster: HTMLImageElement;
  /** The address of a poster of ours, to be given back. */
  #posterUrl: string | undefined;
  /** It began by itself, and so it waits by itself. */
  #byItself = false;
  #waits = false;
  #away = false;
  /** There is no WebGPU here, as far as is known. */
  #noGpu = !globalThis.navigator?.gpu;
  readonly #sizesSeen = new ResizeObserver(() => this.#draw());
  readonly #sight = new IntersectionObserver((entries) => this.#seen(entries.at(-1)));

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
    this.#canvas.addEventListener('pointermove', ({ clientX, clientY }) =>
      this.#lit?.follow(clientX, clientY, this.#canvas.getBoundingClientRect()),
    );
    this.#poster = make('img', 'poster', view);
    this.#poster.alt = '';
    this.#poster.addEventListener('error', () => {
      this.#poster.removeAttribute('src');
      this.#label();
    });
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
    adoptEarlier(this, ['src', ...Object.keys(ATTRIBUTES), 'options', 'outputs']);
  }

  /** The picture: an address, as the attribute has it, or a File, a Blob, whatever `texture()` takes. */
  get src(): PictureSource | null {
    return this.#source ?? this.getAttribute('src');
  }

  set src(picture: PictureSource | null) {
    const address = typeof picture === 'string' || picture instanceof URL || !picture;
    this.#source = address ? undefined : picture;
    setAttribute(this, 'src', address ? picture : null);
    this.#showPoster();
    this.#begin();
  }

  /** Settings of `texture()` that no attribute has: `{ method: 'patches', variety: 0.4 }`. Attributes go first. */
  get options(): TextureChoice {
    return this.#options;
  }

  set options(options: TextureChoice) {
    this.#options = options ?? {};
    this.#begin();
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
    this.#sight.observe(this);
    if (this.autoplay && this.#state === 'idle') this.#playByItself();
  }

  /** Out of the page it holds nothing of the GPU. */
  disconnectedCallback(): void {
    this.#sizesSeen.disconnect();
    this.#sight.disconnect();
    // Moved within the page, it is back at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.reset();
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === 'src' && now !== null) this.#source = undefined;
    if (name === 'src') this.#showPoster();
    if (name === 'tiles') this.#draw();
    if (name === 'lit') void this.#light();
    if (name === 'alt') this.#label();
    if (/^(src|size|recipe|seed|steps|tile)$/.test(name)) this.#begin();
    if (name === 'autoplay' && now !== null && this.isConnected && this.#state === 'idle') this.#begin();
  }

  /** What there is was made from other settings: begins anew. */
  #begin(): void {
    if (this.#stale) return;
    this.#stale = true;
    // Several attributes set in a row begin one run; `play` right behind them does not wait for that.
    queueMicrotask(() => {
      if (!this.#stale) return;
      this.#refresh();
      if (this.isConnected && this.autoplay) this.#playByItself();
    });
  }

  #playByItself(): void {
    this.play();
    this.#byItself = true;
  }

  /** Out of sight, what began by itself waits; elements that are not laid out are somebody's to ask. */
  #seen(entry: IntersectionObserverEntry | undefined): void {
    if (!entry) return;
    this.#away = !entry.isIntersecting && entry.boundingClientRect.width > 0;
    void this.#waitOrGoOn();
  }

  async #waitOrGoOn(): Promise<void> {
    if (this.#away && this.#byItself && this.#state === 'running') {
      this.#waits = true;
      await this.pause(); // only then can it go on
    }
    if (!this.#away && this.#waits && this.#state === 'paused') {
      this.#waits = false;
      this.#live?.session.resume();
    }
  }

  /** Begins, or goes on. */
  play(): void {
    this.#byItself = false;
    this.#waits = false;
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
    void this.#light();
    this.#progress.removeAttribute('value');
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
      const { src } = this;
      if (!src)
        throw new EngineError('PictureError', 'toroid-texture has no src', 'Give it a picture: an address or a File.');
      const platform = elementPlatform();
      const warn = (text: string): void => {
        if (current()) this.#emit('notice', { text });
      };
      const recipe = await this.#recipe(src, warn);
      const job = await prepareJob(platform, fillRecipe(recipe), new Map<string, PictureSource>([['style', src]]), {
        warn,
      });
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
        const left = seconds === undefined ? '' : `, about ${roughDuration(seconds)} left`;
        this.#progress.title = `${Math.floor(100 * share)} %${left}`;
        this.#emit('progress', { share, seconds, step, loss });
      },
      wantsPicture: () => current() && performance.now() - this.#lastShown >= SHOW_MS && !document.hidden,
      onPicture: ({ raster }) => {
        if (current()) this.#show(raster);
      },
    };
  }

  async #recipe(src: PictureSource, warn: (text: string) => void): Promise<RecipeText> {
    const number = (name: 'size' | 'seed' | 'steps'): number | undefined => {
      const { [name]: value } = this;
      if (Number.isNaN(value)) {
        const what = `toroid-texture has ${name}="${this.getAttribute(name)}", which is no number`;
        throw new EngineError('SettingsError', what, `Write it in digits: ${name}="${name === 'size' ? 256 : 1}".`);
      }
      return value ?? undefined;
    };
    const given = { size: number('size'), seed: number('seed'), steps: number('steps'), tile: this.tile ?? undefined };
    const own = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined));
    const choice = { ...this.#options, ...own } as TextureChoice;
    const { size = 256, recipe: other, ...more } = choice;
    const recipe = this.recipe ?? other;
    if (recipe === undefined) return chosenTexture(elementPlatform(), choice, src, { warn });
    const base = typeof recipe === 'string' ? builtinRecipe(recipe) : recipe;
    const settings = more as Parameters<typeof fillTexture>[1];
    return { ...fillTexture(base, settings), size: typeof size === 'number' ? size : [...size] };
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
    void this.#light();
  }

  /** The finished picture as a surface in the sun, where the element is `lit`; else as it is. */
  async #light(): Promise<void> {
    const light = ++this.#lights;
    this.#lit?.close();
    this.#lit = undefined;
    const picture = this.#picture?.raster;
    if (!picture) return;
    this.#say('');
    const { lit } = this;
    this.#show(picture);
    if (lit === null) return;
    const current = (): boolean => light === this.#lights;
    const fail = (error: unknown): void => {
      if (!current()) return;
      this.#say(error instanceof EngineError ? error.message : 'The texture could not be lit.');
      this.#emit('error', { error });
    };
    try {
      const { Lit, sunOf } = await import('./lit');
      const sun = sunOf(lit);
      const made = await Lit.of(picture, (raster) => current() && this.#show(raster), fail);
      if (!current()) return made.close();
      this.#lit = made;
      made.turn(sun);
    } catch (error) {
      fail(error);
    }
  }

  #fail(error: unknown): void {
    const known = error instanceof EngineError;
    this.#say(known ? error.message : 'The texture could not be grown.');
    this.#noGpu = known && error.code === 'AdapterError';
    this.#become('failed');
    this.#emit('error', { error });
  }

  #show(raster: Raster): void {
    this.#shown = raster;
    this.#lastShown = performance.now();
    this.#draw();
  }

  #draw(): void {
    const tiles = Math.min(16, Math.max(1, Math.round(Number(this.getAttribute('tiles') ?? 2)) || 2));
    drawTiles(this.#canvas, this.#shown, tiles);
    this.#label();
  }

  #become(state: ElementState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#label();
    this.#emit('statechange', { state });
    if (state === 'running') void this.#waitOrGoOn();
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
    this.#progress.hidden = !/^(loading|running|paused)$/.test(this.#state);
    this.#slot.hidden = !this.#noGpu || this.#shown !== undefined;
    this.#poster.hidden = this.#shown !== undefined || !this.#slot.hidden || !this.#poster.hasAttribute('src');
    const shown = this.#shown;
    const about = this.getAttribute('alt') ?? 'A seamless texture';
    this.#canvas.setAttribute('aria-label', shown ? `${about}, ${shown.width} x ${shown.height} pixels, tiled` : about);
  }

  /** The picture stands where its texture will. */
  #showPoster(): void {
    if (this.#posterUrl) URL.revokeObjectURL(this.#posterUrl);
    const { src } = this;
    this.#posterUrl = src instanceof Blob ? URL.createObjectURL(src) : undefined;
    setAttribute(this.#poster, 'src', this.#posterUrl ?? (typeof src === 'string' && src !== '' ? src : null));
    this.#label();
  }

  #say(text: string): void {
    if (this.#message.textContent !== text) this.#message.textContent = text;
  }

  #emit<K extends keyof ToroidTextureEvents>(name: K, detail: ToroidTextureEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

if (globalThis.HTMLElement) reflectAttributes(ToroidTexture.prototype);

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
