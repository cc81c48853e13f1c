// What the worker does: one job at a time, and the networks.

import { prepareJob } from '../../app/job';
import { type LiveJob, openLiveJob } from '../../app/live_job';
import { nameNet } from '../../app/nets';
import type { JobResult, Output } from '../../app/output';
import type { Platform } from '../../app/platform';
import { EngineError } from '../../base/errors';
import { toPixels } from '../../base/pixels';
import { encodePng } from '../../base/png';
import { readText } from '../../base/png_read';
import type { Raster } from '../../base/raster';
import type { Device } from '../../gpu/device';
import { open } from '../../gpu/open.browser';
import { type RunPlace, recordText } from '../../recipes/picture_record';
import { fillRecipe, type RecipeText } from '../../recipes/recipe';
import { seamScore, verdict } from '../../recipes/scores/seam';
import type { PictureSource } from '../api/read';
import { webPlatform } from '../platform';
import { ExactPictures } from './exact_pictures';
import type { Given, ResultFile } from './given';
import { addNet, listNets, removeNet, storedNets } from './net_store';
import type { Command, Event } from './protocol';
import type { Surfaces } from './surfaces';

/** Milliseconds between two pictures of a run: reading one back takes time from it. */
const PICTURE_MS = 400;

/** `pebbles-texture-512x512-1.png`: of the first picture, by the recipe's name, at that size, of that seed. */
function nameOf({ recipe, open }: LiveJob, { width, height }: Raster): string {
  const from = open.job.recipe.content ?? open.job.recipe.styles[0]?.input;
  const path = open.inputs.find((i) => i.name === from)?.path;
  const stem = path?.replace(/\.\w+$/, '').replace(/[^\p{L}\p{N}._-]+/gu, '-');
  return `${stem ? `${stem}-` : ''}${recipe.name}-${width}x${height}-${recipe.seed}.png`;
}

export class StudioEngine {
  #device: Device | undefined;
  #live: LiveJob | undefined;
  #latest: Raster | undefined;
  /** Where in its run the latest picture is from; undefined at the end. */
  #place: RunPlace | undefined;
  readonly #exact = new ExactPictures();
  #made: Surfaces | undefined;
  #stage = 0;
  #shown = 0;
  #looking = true;
  /** Commands are handled one after another. */
  #queue: Promise<void> = Promise.resolve();
  readonly #platform: Platform<PictureSource>;

  constructor(private readonly post: (event: Event, transfer?: Transferable[]) => void) {
    this.#platform = {
      ...webPlatform(async (name, bytes) =>
        this.post({ type: 'saved', file: new Blob([bytes], { type: 'image/png' }), name }),
      ),
      openDevice: () => this.#open(),
      closeDevice: (device) => this.#leave(device),
      nets: storedNets,
    };
  }

  /** Never rejects: what goes wrong is told. */
  handle(command: Command): Promise<void> {
    if (command.type === 'look') {
      this.#looking = command.on;
      return Promise.resolve();
    }
    this.#queue = this.#queue.then(() => this.#do(command)).catch((error: unknown) => this.#fail(error));
    return this.#queue;
  }

  async #do(command: Command): Promise<void> {
    const session = this.#live?.session;
    switch (command.type) {
      case 'open': {
        const { adapter } = await this.#open().catch((error: unknown) => {
          this.post({ type: 'no gpu' });
          throw error;
        });
        const nets = await listNets();
        return this.post({ type: 'opened', adapter: adapter.description, software: adapter.software, nets });
      }
      case 'start':
        return this.#start(command.recipe, command.inputs);
      case 'pause':
        return session?.pause();
      case 'resume':
        return session?.resume();
      case 'change':
        return session?.change(await nameNet(storedNets, fillRecipe(command.recipe), () => {}));
      case 'back':
        return this.#back(command.id);
      case 'end':
        return this.#end();
      case 'save':
        return this.#save();
      case 'export16':
        return this.#export16(command.result);
      case 'material': {
        const handed = await (await this.#surfaces()).files(command.surface, command.target);
        return this.post({ type: 'saved', ...handed });
      }
      case 'maps': {
        const maps = await (await this.#surfaces()).maps(command.surface);
        return this.post(
          { type: 'maps', maps },
          Object.values(maps.maps).map((rgba) => rgba.buffer),
        );
      }
      case 'profile':
        return this.#profile();
      case 'addNet':
        return this.#addNet(command.name, command.file.stream(), command.file.size);
      case 'fetchNet':
        return this.#fetchNet(command.name, command.url);
      case 'dropNet':
        await removeNet(command.name);
        return this.post({ type: 'nets', nets: await listNets() });
      case 'look':
    }
  }

  /** One device for all jobs, as long as it lasts. */
  async #open(): Promise<Device> {
    this.#device ??= await open();
    return this.#device;
  }

  #leave(device: Device): void {
    if (device.lost) {
      device.close();
      this.#device = undefined;
    } else device.pool.trim();
  }

  async #start(text: RecipeText, given: Readonly<Record<string, Given>>): Promise<void> {
    await this.#end();
    try {
      const warn = (line: string): void => this.post({ type: 'warning', text: line });
      const files = Object.entries(given).map(([name, g]) => [name, new File([g.file], g.name)] as const);
      const job = await prepareJob(this.#platform, fillRecipe(text), new Map(files), { warn });
      const live = await openLiveJob(this.#platform, job, [this.#view()], {
        tune: 'off', // nobody has measured here
        onState: (state) => this.post({ type: 'state', state }),
        onSnapshots: (snapshots, later) => {
          const [of, after] = [snapshots, later].map((all) => all.map(({ id, stage, step }) => ({ id, stage, step })));
          this.post({ type: 'snapshots', snapshots: of ?? [], later: after ?? [] });
        },
        onError: (error) => this.#fail(error),
      });
      this.#live = live ?? undefined;
      live?.session.resume();
    } catch (error) {
      this.post({ type: 'state', state: 'closed' });
      throw error;
    }
  }

  /** The page as an output of the job. */
  #view(): Output {
    return {
      onWarning: (text) => this.post({ type: 'warning', text }),
      onPlan: (stages) => this.post({ type: 'plan', stages }),
      onProgress: (progress, left) => {
        this.#stage = progress.stage;
        this.post({ type: 'progress', progress, left });
      },
      wantsPicture: () => this.#looking && performance.now() - this.#shown >= PICTURE_MS,
      onPicture: ({ raster, stage, step }) => void this.#show(raster, { frame: 0, stage, step }),
      onStage: ({ raster, stage, steps }) => this.#show(raster, { frame: 0, stage, step: steps }),
      finish: async (result) => {
        await this.#show(result.raster);
        await this.#keep(result);
      },
    };
  }

  /** Hands the finished picture over as a file: the page keeps it when the next run has begun. */
  async #keep({ raster, recipe, seconds }: JobResult): Promise<void> {
    const live = this.#live;
    if (!live) return;
    const { width, height } = raster;
    const name = nameOf(live, raster);
    const bytes = await encodePng(raster, { text: recordText(live.record(name, undefined)) });
    const seams = seamScore(raster);
    const axes = ({ both: ['x', 'y'], x: ['x'], y: ['y'], none: [] } as const)[recipe.tile];
    const seamless = axes.length > 0 ? axes.every((axis) => verdict(seams[axis]) === 'seamless') : null;
    const file = new Blob([bytes], { type: 'image/png' });
    const id = Date.now();
    this.post({ type: 'exact', ids: this.#exact.keep(id, raster) });
    this.post({ type: 'result', result: { id, file, name, width, height, seconds, seamless } });
  }

  async #show(raster: Raster, place?: RunPlace): Promise<void> {
    this.#latest = raster;
    this.#place = place;
    this.#shown = performance.now();
    const { width, height, data } = toPixels(raster);
    const bitmap = await createImageBitmap(new ImageData(data, width, height));
    this.post({ type: 'picture', bitmap, width, height }, [bitmap]);
  }

  async #back(id: number): Promise<void> {
    const session = this.#live?.session;
    if (!session) return;
    await session.back(id);
    const snapshot = session.snapshots.find((m) => m.id === id);
    if (!snapshot) return;
    const { stage, step, checkpoint } = snapshot;
    this.post({ type: 'went back', snapshot: { id, stage, step } });
    const raster = await session.picture(snapshot);
    if (raster) await this.#show(raster, { frame: checkpoint.frame, stage, step });
  }

  async #save(): Promise<void> {
    const raster = this.#latest;
    const live = this.#live;
    if (!raster || !live) return;
    const name = nameOf(live, raster);
    await this.#platform.writePicture(name, raster, { metadata: recordText(live.record(name, this.#place)) });
  }

  async #export16(result: ResultFile | null): Promise<void> {
    const { name16, png16 } = await import('./png16');
    const live = this.#live;
    const raster = result ? this.#exact.get(result.id) : this.#latest;
    if (!raster || !(result || live))
      throw new EngineError('PictureError', 'the numbers of that picture are gone', 'Run it again.');
    const name = name16(result?.name ?? nameOf(live as LiveJob, raster));
    const text = result
      ? readText(new Uint8Array(await result.file.arrayBuffer()))
      : recordText((live as LiveJob).record(name, this.#place));
    const file = new Blob([await png16(raster, text)], { type: 'image/png' });
    this.post({ type: 'saved', file, name });
  }

  async #surfaces(): Promise<Surfaces> {
    this.#made ??= new (await import('./surfaces')).Surfaces(this.#platform);
    return this.#made;
  }

  async #profile(): Promise<void> {
    const live = this.#live;
    if (!live) return;
    const { profileStage } = await import('../../recipes/profile_stage');
    const { device, rasters, net } = live.open;
    const { report } = await profileStage(device, live.recipe, rasters, {
      net,
      stage: this.#stage,
      onWarning: (text) => this.post({ type: 'warning', text }),
    });
    this.post({ type: 'profile', report });
  }

  async #addNet(name: string, stream: ReadableStream<Uint8Array>, of: number | null): Promise<void> {
    let told = 0;
    try {
      const kept = await addNet(name, stream, (bytes) => {
        if (performance.now() - told < 100) return;
        told = performance.now();
        this.post({ type: 'fetching', name, bytes, of });
      });
      this.post({ type: 'nets', nets: await listNets(), added: kept });
    } catch (error) {
      this.post({ type: 'nets', nets: await listNets() });
      throw error;
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
    await this.#live?.close();
    this.#live = undefined;
  }

  #fail(error: unknown): void {
    const known = error instanceof EngineError;
    const text = known ? error.message : `something went wrong that should not: ${(error as Error)?.message ?? error}`;
    this.post({ type: 'error', code: known ? error.code : 'Error', text });
  }
}
