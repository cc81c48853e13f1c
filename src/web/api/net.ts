// Networks in a page: fetched or dropped, checked, and read by a part of the library that only comes when it is needed.
import { bytesText, EngineError } from '../../base/errors';
import { abortSignal, call, checkOptions, flag } from '../../base/known_options';
import { setting } from '../../base/wording';
import { notSecure } from '../../gpu/open.browser';
import type { KnownWeights, Net } from '../../nets/weights';
import { sha256 } from './sha256';

export interface LoadNetOptions {
  /** What to call a file that is not known. Default: its own name. */
  readonly name?: string;
  /** Use a known file although it is not the one that the manifest has. */
  readonly unchecked?: boolean;
  /**
   * The files that the network keeps weights in (`mine.onnx.data`), by name. Default for one that is fetched: they are
   * fetched from beside it.
   */
  readonly data?: Readonly<Record<string, Blob | ArrayBuffer>>;
  readonly signal?: AbortSignal | undefined;
  /** Bytes so far, of how many; `total` is 0 where nobody says. */
  onProgress?(p: { readonly loaded: number; readonly total: number }): void;
}

/**
 * Loads a network from an .onnx file: its address, or the file itself.
 * @throws EngineError `WeightsError` when it cannot be fetched, or is not what a file of that name has to be; `OnnxError`
 *   when it cannot be read.
 */
export async function loadNet(source: string | URL | Blob | ArrayBuffer, options: LoadNetOptions = {}): Promise<Net> {
  checkOptions('loadNet', options, { name: true, unchecked: flag, data: true, signal: abortSignal, onProgress: call });
  const code = Promise.all([
    import('../../nets/onnx/parse'),
    import('../../nets/weights'),
    import('../../nets/onnx/external'),
  ]);
  code.catch(() => {}); // said below
  const file = options.name ?? fileName(source);
  const bytes = await bytesOf(source, options);
  const [{ parseOnnx }, { knownWeights, netOf }, { externalFiles }] = await code;
  const known = knownWeights.find((w) => w.file === file || w.name === file) ?? null;
  if (known && !options.unchecked) await check(bytes, known);
  options.signal?.throwIfAborted();
  const name = known?.name ?? file;
  const data = new Map<string, Uint8Array>();
  const inBytes = { size: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
  for (const [location] of externalFiles(inBytes, name)) data.set(location, await dataOf(location, source, options));
  const readExternal = (location: string, at: number, length: number): Uint8Array =>
    data.get(location)?.subarray(at, at + length) ?? new Uint8Array();
  return netOf(parseOnnx(bytes, { name, readExternal }), known);
}

/** A file that the network keeps weights in. */
async function dataOf(
  location: string,
  source: string | URL | Blob | ArrayBuffer,
  options: LoadNetOptions,
): Promise<Uint8Array> {
  const given = options.data?.[location] ?? options.data?.[location.split(/[/\\]/).at(-1) ?? ''];
  if (given) return bytesOf(given, options);
  if (typeof source === 'string' || source instanceof URL)
    return bytesOf(new URL(location, new URL(source, globalThis.location?.href)), options);
  throw new EngineError(
    'WeightsError',
    `the network keeps weights in ${location}, which was not given`,
    'Give that file too (`data` of loadNet), or one file of all, which `toroid weights add` makes.',
  );
}

function fileName(source: string | URL | Blob | ArrayBuffer): string {
  if (typeof source === 'string' || source instanceof URL)
    return String(source).split(/[?#]/)[0]?.split('/').at(-1) || 'net';
  return typeof File !== 'undefined' && source instanceof File ? source.name : 'net';
}

async function bytesOf(
  source: string | URL | Blob | ArrayBuffer,
  options: LoadNetOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { signal, onProgress } = options;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return collected(source.stream(), source.size, options);
  const fault = (what: string): EngineError =>
    new EngineError(
      'WeightsError',
      `cannot fetch ${source}: ${what}`,
      'Check the address, and that it allows this page (CORS).',
    );
  let answer: Response;
  try {
    answer = await fetch(source, { signal: signal ?? null });
  } catch (cause) {
    signal?.throwIfAborted();
    throw fault((cause as Error).message);
  }
  if (!answer.ok || !answer.body) throw fault(`${answer.status} ${answer.statusText}`.trim());
  // What is packed on the way is shorter than what comes out.
  const packed = answer.headers.get('content-encoding') !== null;
  const total = packed ? 0 : Number(answer.headers.get('content-length') ?? 0);
  return collected(answer.body, total, { signal, ...(onProgress && { onProgress }) });
}

async function collected(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  total: number,
  { signal, onProgress }: LoadNetOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  const reader = stream.getReader();
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    loaded += value.length;
    onProgress?.({ loaded, total });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function check(bytes: Uint8Array<ArrayBuffer>, known: KnownWeights): Promise<void> {
  const remedy = `Download it again, or pass ${setting('unchecked', true)} if you changed it on purpose.`;
  if (bytes.length !== known.size) {
    throw new EngineError(
      'WeightsError',
      `${known.file} has ${bytes.length} bytes (${bytesText(bytes.length)}), not the ${known.size} of ${known.name}`,
      remedy,
    );
  }
  const hash = await sha256(bytes);
  if (hash === undefined) throw notSecure();
  if (hash !== known.sha256) {
    throw new EngineError('WeightsError', `${known.file} has the sha256 ${hash}, not ${known.sha256}`, remedy);
  }
}
