import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors';
import { setting } from '../../base/wording';
import { makeFolder } from '../../gpu/temp_files.node';
import { slim } from '../../nets/onnx/slim';
import { byHand, type KnownWeights, weightsNamed } from '../../nets/weights';
import { lock } from '../lock';
import { type DownloadOptions, diskError, download, stopped } from './download';
import { type FoundWeights, resolveWeights, storeFolder, verifyWeights, weightFolders } from './find';
import { renameDurably, withSource, writePiece } from './write';

export interface PullOptions extends DownloadOptions {
  /** Where it goes, and the only place where it is looked for. Default: `storeFolder()`, and all `weightFolders()`. */
  readonly folder?: string;
  /** What is kept. Default: what is before the classifier, where the manifest says so, else all. */
  readonly keep?: 'all' | 'convolutions';
  /** Where to download from instead of the manifest's addresses; size and hash are the manifest's all the same. */
  readonly urls?: readonly string[];
}

export interface Pulled extends FoundWeights {
  readonly known: KnownWeights;
  /** It was there before. */
  readonly already: boolean;
}

/** The size of what is kept of a slimmed file is not known before; this is room for any of the manifest's. */
const SLIM_ROOM = 128 * 2 ** 20;

/**
 * Downloads the weights of a name of the manifest, or of an entry like its own; checks them, keeps what is wanted of
 * them, and says where.
 * @throws EngineError `WeightsError`, `DownloadError`, `DiskError`, `Stopped`; `OnnxError` when it cannot be slimmed.
 */
export async function pullWeights(which: string | KnownWeights, options: PullOptions = {}): Promise<Pulled> {
  const known = typeof which === 'string' ? weightsNamed(which) : which;
  const { name } = known;
  const { folder = storeFolder(), keep = known.slim ? 'convolutions' : 'all', onWarning, signal } = options;
  const places = options.folder === undefined ? [folder, ...weightFolders()] : [folder];
  const here = await soundOne(known, keep, [...new Set(places)], onWarning);
  if (here) return here;
  const urls = options.urls ?? addresses(known);
  if (urls.length === 0) {
    throw new EngineError(
      'WeightsError',
      `there is no address to download ${name} from: ${known.source}`,
      `Where you have it, ${byHand(known, folder)}; or give its address with ${setting('url')}.`,
    );
  }
  const path = join(folder, known.file);
  const part = `${path}.part`;
  let release: () => void;
  try {
    makeFolder(folder);
    release = await lock(`${path}.lock`, {
      ...(signal && { signal }),
      onWait: (who) => onWarning?.(`waiting for ${who}, which is downloading the same file`),
    });
  } catch (cause) {
    throw signal?.aborted ? stopped(name) : diskError(path, cause);
  }
  try {
    const meanwhile = await soundOne(known, keep, [folder], onWarning);
    if (meanwhile) return meanwhile;
    const room = keep === 'all' ? 0 : Math.min(SLIM_ROOM, known.size);
    try {
      await download({ ...known, urls }, part, { ...options, room });
    } catch (cause) {
      throw cause instanceof EngineError && cause.code === 'DownloadError' ? withOffline(cause, known, folder) : cause;
    }
    if (keep === 'all') {
      renameDurably(part, path);
      return { name, path, known, already: false };
    }
    return { ...slimmed(known, part, folder), already: false };
  } finally {
    release();
  }
}

/** Cuts the classifier off a whole file, which goes when that is done. */
function slimmed(known: KnownWeights, whole: string, folder: string): FoundWeights & { known: KnownWeights } {
  const { file, size, sha256, name } = known;
  const of = { file, size, sha256 };
  const shorter = file.replace(/\.onnx$/, '.conv.onnx');
  const path = join(folder, shorter);
  const entry = { ...known, file: shorter };
  const facts = withSource(whole, (source) =>
    writePiece(path, slim(source, { name }).file, (own) => ({ weights: { ...entry, ...own }, of })),
  );
  rmSync(whole, { force: true });
  return { name, path, known: { ...entry, ...facts }, of };
}

/** What is here already and sound; a slimmed file does where all is not wanted. */
async function soundOne(
  known: KnownWeights,
  keep: 'all' | 'convolutions',
  folders: readonly string[],
  onWarning?: (text: string) => void,
): Promise<Pulled | null> {
  for (const folder of folders) {
    const found = foundIn(known, folder);
    if (!found?.known || (keep === 'all' && found.of)) continue;
    try {
      await verifyWeights(found);
      return { ...found, known: found.known, already: true };
    } catch (cause) {
      if (!(cause instanceof EngineError)) throw cause;
      onWarning?.(`${cause.message.split('\n')[0]}: replacing it`);
    }
  }
  return null;
}

function foundIn(known: KnownWeights, folder: string): FoundWeights | null {
  try {
    return resolveWeights(known.name, { folders: [folder] });
  } catch {
    const path = join(folder, known.file); // of an entry that is not in the manifest
    return existsSync(path) ? { name: known.name, path, known } : null;
  }
}

/** HF_ENDPOINT is the usual name of a mirror of Hugging Face. */
function addresses({ url, mirrors }: KnownWeights): string[] {
  const all = [...(url ? [url] : []), ...mirrors];
  const endpoint = process.env.HF_ENDPOINT?.replace(/\/+$/, '');
  const home = 'https://huggingface.co/';
  if (!endpoint || !URL.canParse(endpoint)) return all;
  return [...all.filter((u) => u.startsWith(home)).map((u) => `${endpoint}/${u.slice(home.length)}`), ...all];
}

function withOffline(cause: EngineError, known: KnownWeights, folder: string): EngineError {
  const [what = '', ...rest] = cause.message.split('\n');
  const kept = existsSync(join(folder, `${known.file}.part`)) ? `${rest.join(' ').trim()}\n  ` : '';
  return new EngineError('DownloadError', what, `${kept}Without a network, ${byHand(known, folder)}.`);
}
