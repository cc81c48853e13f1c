// What the worker does: one run at a time, and the networks. It draws on the same parts as the command line.
import { EngineError } from '../../base/errors';
import { toPixels } from '../../base/pixels';
import { encodePng } from '../../base/png';
import type { Raster } from '../../base/raster';
import type { Device } from '../../gpu/device';
import { open } from '../../gpu/open.browser';
import type { Net } from '../../nets/weights';
import { recordText } from '../../recipes/picture_record';
import { fillRecipe, type Recipe, type RecipeText } from '../../recipes/recipe';
import { Session } from '../../recipes/session';
import { readSource } from '../api/read';
import { addNet, listNets, netNamed, removeNet } from './net_store';
import type { Command, Event, Given } from './protocol';

/** Pixels of a style beyond which it is shrunk: it would say nothing more, and cost time at every step. */
const STYLE_PIXELS = 2 ** 20;
const CONTENT_PIXELS = 2 ** 24;
/** Milliseconds between two pictures of a run: reading one back takes time from it. */
const PICTURE_MS = 400;
/** A GPU that is lost this often is not asked again. */
const LOSSES = 3;

interface Job {
  readonly inputs: ReadonlyMap<string, Raster>;
  /** Which files they were. */
  readonly files: Recipe['inputs'];
  readonly net: Net | null;
}

export class StudioEngine {
  #device: Device | undefined;
  #session: Session | undefined;
  #job: Job | undefined;
  #latest: Raster | undefined;
  #stage = 0;
  #shown = 0;
  #looking = true;
  #losses = 0;
  /** Orders are obeyed one after another. */
  #queue: Promise<void> = Promise.resolve();

  constructor(private readonly tell: (news: Event, transfer?: Transferable[]) => void) {}

  /** Never rejects: what goes wrong is told. */
  obey(order: Command): Promise<void> {
    if (order.do === 'look') {
      this.#looking = order.on;
      return Promise.resolve();
    }
    this.#queue = this.#queue.then(() => this.#do(order)).catch((error: unknown) => this.#fail(error));
    return this.#queue;
  }

  async #do(order: Command): Promise<void> {
    switch (order.do) {
      case 'open':
        await this.#open();
        return this.tell({
          is: 'opened',
          adapter: this.#device?.adapter.description ?? '',
          software: this.#device?.adapter.software ?? false,
          nets: await listNets(),
        });
      case 'start':
        return this.#start(order.recipe, order.inputs);
      case 'pause':
        return this.#session?.pause();
      case 'resume':
        return this.#session?.resume();
      case 'change':
        return this.#session?.change(fillRecipe(await this.#named(order.recipe)));
      case 'back':
        await this.#session?.back(order.id);
        return this.#showMoment(order.id);
      case 'end':
        return this.#end();
      case 'save':
        return this.#save();
      case 'profile':
        return this.#profile();
      case 'addNet':
        return this.#addNet(order.name, order.file.stream(), order.file.size);
      case 'fetchNet':
        return this.#fetchNet(order.name, order.url);
      case 'dropNet':
        await removeNet(order.name);
        return this.tell({ is: 'nets', nets: await listNets() });
      case 'look':
    }
  }

  async #open(): Promise<Device> {
    this.#device ??= await open();
    return this.#device;
  }

  async #start(text: RecipeText, given: Readonly<Record<string, Given>>): Promise<void> {
    await this.#end();
    try {
      const device = await this.#open();
      const recipe = fillRecipe(await this.#named(text));
      const warn = (line: string): void => this.tell({ is: 'notice', text: line });
      const inputs = new Map<string, Raster>();
      const files: Record<string, { path: string; sha256?: string }> = {};
      for (const [name, { file, name: path }] of Object.entries(given)) {
        const style = recipe.styles.some((s) => s.input === name);
        const wishes = {
          name: path,
          most: style ? STYLE_PIXELS : CONTENT_PIXELS,
          least: style ? 16 : 1,
          alpha: name === recipe.content,
          onWarning: warn,
        };
        const { raster, sha256 } = await readSource(file, wishes);
        inputs.set(name, raster);
        files[name] = { path, ...(sha256 !== undefined && { sha256 }) };
      }
      const net = recipe.net === undefined ? null : await netNamed(netOfRecipe(recipe));
      if (net?.guessed) warn(net.guessed);
      this.#job = { inputs, files, net };
      this.#session = this.#sessionOf(device, recipe, inputs, net);
      this.#session.resume();
    } catch (error) {
      this.tell({ is: 'state', state: 'closed' });
      throw error;
    }
  }

  #sessionOf(device: Device, recipe: Recipe, inputs: ReadonlyMap<string, Raster>, net: Net | null): Session {
    const session = new Session(device, recipe, inputs, {
      net,
      onState: (state) => this.tell({ is: 'state', state }),
      onPlan: (stages) => this.tell({ is: 'plan', sizes: stages.map((s) => [s.width, s.height, s.steps]) }),
      onWarning: (text) => this.tell({ is: 'notice', text }),
      onProgress: (progress) => {
        this.#stage = progress.stage;
        this.tell({ is: 'progress', progress });
      },
      wantsPicture: () => this.#looking && performance.now() - this.#shown >= PICTURE_MS,
      onPicture: ({ raster }) => void this.#show(raster),
      onStage: ({ raster }) => this.#show(raster),
      onMoments: (moments) =>
        this.tell({ is: 'moments', moments: moments.map(({ id, stage, step }) => ({ id, stage, step })) }),
      onDone: ({ raster }) => void this.#show(raster),
      onError: (error) => void this.#recover(session, error),
    });
    return session;
  }

  /** A lost GPU is asked for again, and the run goes on from its last moment. */
  async #recover(session: Session, error: unknown): Promise<void> {
    const lost = error instanceof EngineError && error.code === 'DeviceError';
    if (!lost || this.#losses >= LOSSES || session !== this.#session) return this.#fail(error);
    this.#losses++;
    try {
      this.#device?.close();
      this.#device = undefined;
      const device = await this.#open();
      const moment = session.moments.at(-1);
      const from = moment ? `step ${moment.step} of stage ${moment.stage + 1}` : 'its beginning';
      this.tell({ is: 'notice', text: `the GPU was lost and is back; the run goes on from ${from}` });
      await session.recover(device);
    } catch (again) {
      this.#fail(again);
    }
  }

  /** A preset that takes any network gets one that is kept here. */
  async #named(recipe: RecipeText): Promise<RecipeText> {
    if (recipe.net === undefined) return recipe;
    const wanted = typeof recipe.net === 'object' ? recipe.net.name : recipe.net;
    const nets = await listNets();
    if (nets.some((n) => n.name === wanted)) return recipe;
    const [first] = nets;
    if (!first) {
      throw new EngineError(
        'WeightsError',
        `${recipe.name ?? 'this recipe'} looks through a network, and none is kept in this browser`,
        'Drop an ONNX file of SqueezeNet or a VGG on the page.',
      );
    }
    if (wanted !== 'auto') {
      throw new EngineError(
        'WeightsError',
        `the network ${wanted} is not kept in this browser; there is ${nets.map((n) => n.name).join(', ')}`,
        'Choose one of them, or add the file.',
      );
    }
    return { ...recipe, net: typeof recipe.net === 'object' ? { ...recipe.net, name: first.name } : first.name };
  }

  async #show(raster: Raster): Promise<void> {
    this.#latest = raster;
    this.#shown = performance.now();
    const { width, height, data } = toPixels(raster);
    const bitmap = await createImageBitmap(new ImageData(data, width, height));
    this.tell({ is: 'picture', bitmap, width, height }, [bitmap]);
  }

  async #showMoment(id: number): Promise<void> {
    const session = this.#session;
    const moment = session?.moments.find((m) => m.id === id);
    if (!session || !moment) return;
    const raster = await session.picture(moment);
    if (raster) await this.#show(raster);
  }

  async #save(): Promise<void> {
    const raster = this.#latest;
    const recipe = this.#session?.recipe;
    if (!raster || !recipe || !this.#device || !this.#job) return;
    const { description: name, software } = this.#device.adapter;
    const record = { recipe: { ...recipe, inputs: this.#job.files }, adapter: { name, software } };
    const png = await encodePng(raster, { text: recordText(record) });
    const file = new Blob([png], { type: 'image/png' });
    this.tell({ is: 'saved', file, name: `${recipe.name}-${raster.width}x${raster.height}-${recipe.seed}.png` });
  }

  async #profile(): Promise<void> {
    const session = this.#session;
    const job = this.#job;
    if (!session || !job || !this.#device) return;
    const { profileStage } = await import('../../recipes/profile_stage');
    const { report } = await profileStage(this.#device, session.recipe, job.inputs, {
      net: job.net,
      stage: this.#stage,
      onWarning: (text) => this.tell({ is: 'notice', text }),
    });
    this.tell({ is: 'profile', report });
  }

  async #addNet(name: string, stream: ReadableStream<Uint8Array>, of: number | null): Promise<void> {
    let told = 0;
    try {
      const kept = await addNet(name, stream, (bytes) => {
        if (performance.now() - told < 100) return;
        told = performance.now();
        this.tell({ is: 'fetching', name, bytes, of });
      });
      this.tell({ is: 'notice', text: `the network ${kept} is kept in this browser` });
    } finally {
      this.tell({ is: 'nets', nets: await listNets() });
    }
  }

  async #fetchNet(name: string, url: string): Promise<void> {
    const remedy =
      'Check the address. This page may only fetch from its own server: download the file elsewhere and drop it.';
    let answer: Response;
    try {
      answer = await fetch(url, { credentials: 'same-origin' });
    } catch {
      throw new EngineError('WeightsError', `${url} could not be fetched`, remedy);
    }
    if (!answer.ok || !answer.body) {
      throw new EngineError('WeightsError', `${url} could not be fetched: the server says ${answer.status}`, remedy);
    }
    const packed = answer.headers.get('content-encoding') !== null;
    const of = packed ? null : Number(answer.headers.get('content-length')) || null;
    await this.#addNet(name, answer.body, of);
  }

  async #end(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
    this.#job = undefined;
    this.#device?.pool.trim();
  }

  #fail(error: unknown): void {
    const known = error instanceof EngineError;
    const text = known ? error.message : `something went wrong that should not: ${(error as Error)?.message ?? error}`;
    this.tell({ is: 'error', code: known ? error.code : 'Error', text });
  }
}

const netOfRecipe = ({ net }: Recipe): string => (typeof net === 'object' ? net.name : (net ?? ''));
