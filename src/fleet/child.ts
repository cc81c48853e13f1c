// The process that computes: it opens the device, runs one job after another, and is what a crash of a driver ends.
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type Job, prepareJob, runJob } from '../app/job';
import { type JobInfo, type Output, pictureOutput } from '../app/output';
import type { OutputForm } from '../app/output_form';
import { writingOf } from '../app/output_form';
import type { Nets, Platform } from '../app/platform';
import { fileName } from '../app/record';
import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import { open } from '../gpu/open.node';
import { neededDriver } from '../gpu/swiftshader.node';
import { packCheckpoint, unpackCheckpoint } from '../node/checkpoint_files';
import { nodePlatform, type PictureSource } from '../node/platform';
import { fillRecipe } from '../recipes/recipe';
import { checkpointKey, getInput, inputsOf, type Manifest, putResult, type Result, sha256 } from './job_files';
import { openStore, type Store } from './store';

/** What the supervisor sends. */
export type Order =
  | {
      readonly run: {
        readonly id: string;
        readonly manifest: Manifest;
        readonly store: string;
        readonly every: number;
      };
    }
  /** Keep a checkpoint, and let the job go. */
  | { readonly pause: true };

/** What the child sends. */
export type Report =
  | { readonly driver: string }
  | { readonly ready: string }
  | { readonly progress: JobProgress }
  | { readonly log: string }
  | { readonly done: Result }
  | { readonly paused: true }
  | { readonly error: JobFault };

export interface JobProgress {
  /** Of all work, 0..1. */
  readonly share: number;
  /** Seconds left, once that is known. */
  readonly left?: number | undefined;
  /** Of the stage under way. */
  readonly step: number;
  /** Step of the last checkpoint in the store. */
  readonly kept?: number | undefined;
}

export interface JobFault {
  readonly code: string;
  readonly message: string;
  /** It may go well at another time, or on another machine. */
  readonly again: boolean;
}

/** Faults of the machine, not of what was asked for. */
const OF_THE_MACHINE = ['AdapterError', 'DeviceError', 'StoreError', 'WeightsError', 'OutputError'];
/** Progress is told this often at most. */
const TELL_MS = 250;

class Paused extends Error {}

let device: Device | undefined;
let pausing = false;

const tell = (report: Report): Promise<void> =>
  new Promise((done) => {
    if (process.connected) process.send?.(report, () => done());
    else done();
  });

/** Serves the supervisor that forked this process, until it goes. */
export async function serveAsChild(): Promise<void> {
  process.on('disconnect', () => process.exit(0)); // whatever ended the supervisor is meant for its work too
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}); // the supervisor decides
  try {
    const driver = await neededDriver(async () => {
      try {
        device = await open();
        return true;
      } catch (error) {
        if (error instanceof EngineError && !process.env.TOROID_GPU) return false;
        throw error;
      }
    });
    if (driver !== null) return void (await tell({ driver }));
    device ??= await open();
    await tell({ ready: device.adapter.description });
  } catch (error) {
    return void (await tell({ error: faultOf(error) }));
  }
  await new Promise<never>(() => {
    process.on('message', (order: Order) => {
      if ('pause' in order) pausing = true;
      else void perform(order.run);
    });
  });
}

async function perform({
  id,
  manifest,
  store: address,
  every,
}: Extract<Order, { run: unknown }>['run']): Promise<void> {
  let report: Report;
  try {
    report = { done: await work(await openStore(address), id, manifest, every) };
  } catch (error) {
    report = error instanceof Paused ? { paused: true } : { error: faultOf(error) };
  }
  pausing = false;
  await tell(report);
  if (device?.loss) process.exit(1); // the next job gets a new process, and with it a new driver
}

async function work(store: Store, id: string, manifest: Manifest, every: number): Promise<Result> {
  const began = performance.now();
  const sources = new Map<string, PictureSource>();
  for (const { name, path, hash } of inputsOf(manifest)) {
    sources.set(name, new File([(await getInput(store, name, hash)) as BlobPart], path));
  }
  const warn = (text: string): void => void tell({ log: text });
  const begun = await readCheckpoint(store, id, warn);
  const recipe = fillRecipe(manifest.recipe);
  const prepared = await prepareJob(platform, recipe, sources, { resuming: begun !== null, warn });
  const folder = mkdtempSync(join(tmpdir(), 'toroid-job-'));
  try {
    const form: OutputForm = { bits: 8, channels: 'auto', keepRange: false };
    const out = join(folder, `picture${writingOf(form, prepared).measures ? '.tif' : '.png'}`);
    const keeping = new Keeping(store, id);
    const done = await runJob(
      platform,
      { ...prepared, ...begun },
      [pictureOutput(out, form), keeping.output, { onWarning: warn }],
      { tune: 'off', checkpointSeconds: every, wantsCheckpoint: () => pausing },
    );
    if (!done || !device) throw new Error('no device was opened');
    const about = { suffix: extname(out), adapter: device.adapter.description };
    const seconds = (performance.now() - began) / 1000;
    const result = await putResult(store, id, await readFile(out), { ...about, seconds });
    await store.remove(checkpointKey(id));
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Keeps checkpoints in the store, and tells how far the job is. */
class Keeping {
  #told = 0;
  #kept: number | undefined;
  #job: JobInfo | undefined;

  constructor(
    private readonly store: Store,
    private readonly id: string,
  ) {}

  readonly output: Output = {
    begin: (job) => {
      this.#job = job;
    },
    onProgress: ({ step }, { share, seconds }) => {
      if (performance.now() - this.#told < TELL_MS) return;
      this.#told = performance.now();
      void tell({ progress: { share, left: seconds, step, kept: this.#kept } });
    },
    onCheckpoint: async (c) => {
      const adapter = this.#job?.device.adapter.description ?? '';
      const head = Buffer.from(`${JSON.stringify({ adapter })}\n`);
      try {
        await this.store.put(checkpointKey(this.id), sealed(Buffer.concat([head, packCheckpoint(c)])));
        this.#kept = c.point.step;
      } catch (cause) {
        // Hours of work are not given up for a store that is away for a while.
        void tell({ log: `a checkpoint was not kept, the job goes on: ${(cause as Error).message.split('\n')[0]}` });
      }
      if (pausing) throw new Paused();
    },
  };
}

/** With the hash of what follows in front. */
const sealed = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(`${sha256(bytes)}\n`), bytes]);

async function readCheckpoint(
  store: Store,
  id: string,
  warn: (text: string) => void,
): Promise<Pick<Job, 'resume' | 'adapter'> | null> {
  const bytes = await store.get(checkpointKey(id));
  if (!bytes) return null;
  try {
    const body = bytes.subarray(65);
    if (Buffer.from(bytes.subarray(0, 64)).toString('latin1') !== sha256(body)) throw new Error('its hash is another');
    const cut = body.indexOf(10);
    const head = JSON.parse(Buffer.from(body.subarray(0, cut)).toString('utf8')) as Pick<Job, 'adapter'>;
    const resume = unpackCheckpoint(body.subarray(cut + 1));
    warn(`going on from its checkpoint: stage ${resume.stage + 1}, step ${resume.point.step}, by ${head.adapter}`);
    return { ...head, resume };
  } catch (cause) {
    warn(`its checkpoint is damaged (${(cause as Error).message}): it starts afresh`);
    return null;
  }
}

/** The last net stays: jobs of a sweep have the same. */
let last: { readonly name: string; readonly net: Awaited<ReturnType<Nets['load']>> } | undefined;

const platform: Platform<PictureSource> = {
  ...nodePlatform,
  openDevice: async () => {
    if (!device || device.loss) device = await open();
    return device;
  },
  closeDevice: (used) => {
    if (used.loss) used.close();
  },
  inputPath: (input) => fileName(input),
  nets: {
    ...nodePlatform.nets,
    load: async (name, options) => {
      if (last?.name !== name) last = { name, net: await nodePlatform.nets.load(name, options) };
      return last.net;
    },
  },
};

function faultOf(error: unknown): JobFault {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof EngineError ? error.code : name;
  const again = !(error instanceof EngineError) || OF_THE_MACHINE.includes(code);
  return { code, message, again };
}
