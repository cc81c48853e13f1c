// A `toroid serve` elsewhere, called as the library is called here.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TimeLeft } from '../app/eta';
import { CHOICE_OPTIONS } from '../app/options';
import { isPlain, plainRaster } from '../app/plain_sources';
import { chosenTexture, type TextureChoice } from '../app/texture_recipe';
import { EngineError } from '../base/errors';
import { abortSignal, call, checkOptions, checkValues, text } from '../base/known_options';
import { encodePng } from '../base/png';
import { fileBytes } from '../node/file_bytes';
import { writeWhole } from '../node/files';
import { bytesOf, nodePlatform, type PictureSource, pathOf } from '../node/platform';
import { builtinRecipe } from '../recipes/builtin';
import { warningsTo } from '../recipes/events';
import type { RecipeText } from '../recipes/recipe';
import { sha256 } from './job_files';
import type { JobView } from './serve_jobs';

export interface RemoteCall {
  /** Gives up: the job is cancelled there, and the call throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How much of all work is done, and the seconds left. */
  onProgress?(left: TimeLeft): void;
  onWarning?(text: string): void;
}

/** What a service has made. */
export class RemotePicture {
  constructor(
    readonly id: string,
    /** A file, PNG or TIFF, with its record inside. */
    readonly bytes: Uint8Array,
  ) {}

  /** @throws EngineError `PictureError` */
  save(path: string): Promise<void> {
    return writeWhole(path, async () => this.bytes);
  }
}

export interface Remote {
  /** `texture()` of the library, computed there. @throws EngineError of the service's code, or `RemoteError` */
  texture(picture: PictureSource, options?: TextureChoice & RemoteCall): Promise<RemotePicture>;
  /** `run()` of the library, computed there. */
  run(
    recipe: string | RecipeText,
    inputs: Readonly<Record<string, PictureSource>>,
    options?: RemoteCall,
  ): Promise<RemotePicture>;
}

/** Tries of a request that nothing answers. */
const TRIES = 5;

/**
 * A service that `toroid serve` runs.
 * @param url as it prints it
 * @param token where it wants one
 */
export function remote(url: string, token?: string): Remote {
  checkValues('remote', { url }, { url: text });
  const client = new Client(url.replace(/\/$/, ''), token);
  return {
    texture: async (picture, { signal, onProgress, onWarning, ...choice } = {}) => {
      checkOptions('texture', choice, CHOICE_OPTIONS);
      const warn = warningsTo({ ...(onWarning && { onWarning }) });
      const recipe = await chosenTexture(nodePlatform, choice, picture, { signal, warn });
      return client.run(recipe, { style: picture }, { signal, onProgress });
    },
    run: async (recipe, inputs, options = {}) => {
      checkOptions('run', options, { signal: abortSignal, onProgress: call, onWarning: call });
      return client.run(typeof recipe === 'string' ? builtinRecipe(recipe) : recipe, inputs, options);
    },
  };
}

class Client {
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  async run(
    recipe: RecipeText,
    inputs: Readonly<Record<string, PictureSource>>,
    { signal, onProgress }: RemoteCall,
  ): Promise<RemotePicture> {
    const form = new FormData();
    form.set('recipe', JSON.stringify(recipe));
    for (const [name, source] of Object.entries(inputs)) {
      form.set(name, new Blob([(await sentBytes(source, name)) as BlobPart]), name);
    }
    const { id } = (await (await this.#ask('/v1/jobs', { method: 'POST', body: form, signal })).json()) as JobView;
    try {
      await this.#follow(id, onProgress, signal);
      const picture = await this.#ask(`/v1/jobs/${id}/result`, { signal });
      const bytes = new Uint8Array(await picture.arrayBuffer());
      // A store's address of a picture has its hash; what the service sends it has checked itself.
      const [, hash] = (picture.redirected && /\/results\/([0-9a-f]{64})\./.exec(picture.url)) || [];
      if (hash === undefined || sha256(bytes) === hash) return new RemotePicture(id, bytes);
      throw new EngineError('RemoteError', `the picture of ${id} is damaged in the store of ${this.url}`);
    } catch (error) {
      if (signal?.aborted) await this.#ask(`/v1/jobs/${id}`, { method: 'DELETE' }).catch(() => {});
      throw error;
    }
  }

  /** Listens until a job is over; again where the line breaks. */
  async #follow(id: string, tell: RemoteCall['onProgress'], signal: AbortSignal | undefined): Promise<void> {
    for (let broken = 0; ; broken++) {
      const events = await this.#ask(`/v1/jobs/${id}/events`, { signal });
      try {
        for await (const view of viewsOf(events)) {
          if (view.state === 'done') return;
          if (view.state === 'failed' || view.state === 'cancelled') throw failure(view.error ?? view.state);
          tell?.({ share: view.share, seconds: view.left });
          broken = 0;
        }
      } catch (error) {
        if (error instanceof EngineError || signal?.aborted || broken >= TRIES) throw error;
      }
      await sleep(200 * 2 ** broken);
    }
  }

  async #ask(path: string, { signal, ...init }: RequestInit): Promise<Response> {
    const headers: Record<string, string> = this.token === undefined ? {} : { Authorization: `Bearer ${this.token}` };
    for (let tries = 1; ; tries++) {
      let wait = 0.2 * 2 ** tries;
      try {
        const response = await fetch(`${this.url}${path}`, { ...init, headers, signal: signal ?? null });
        if (response.ok) return response;
        const { error } = (await response.json().catch(() => ({}))) as { error?: { code: string; message: string } };
        const busy = response.status === 429 || response.status === 503;
        if (!busy || (response.status === 503 && tries >= TRIES)) {
          throw new EngineError(
            error?.code ?? 'RemoteError',
            `${this.url} answers ${response.status}: ${error?.message ?? 'nothing more'}`,
          );
        }
        wait = Number(response.headers.get('retry-after')) || wait;
      } catch (cause) {
        if (cause instanceof EngineError || signal?.aborted) throw cause;
        if (tries >= TRIES) {
          const why = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
          throw new EngineError(
            'RemoteError',
            `${this.url} does not answer: ${why}`,
            'Check that `toroid serve` runs.',
          );
        }
      }
      await sleep(1000 * wait, undefined, signal ? { signal } : {});
    }
  }
}

/** `RecipeError: seed: ...` as it was thrown there. */
function failure(text: string): EngineError {
  const [, code = 'RemoteError', message = text] = /^(\w+Error): (.*)$/s.exec(text) ?? [];
  return new EngineError(code, message);
}

/** The jobs that server-sent events tell of. */
async function* viewsOf(response: Response): AsyncGenerator<JobView> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data) as JobView;
    }
  }
}

async function sentBytes(source: PictureSource, name: string): Promise<Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) return fileBytes(pathOf(source));
  if (isPlain(source))
    return encodePng(
      plainRaster(source, { name, least: 1, most: Number.POSITIVE_INFINITY, alpha: true, onWarning: () => {} }),
    );
  return bytesOf(source, name);
}
