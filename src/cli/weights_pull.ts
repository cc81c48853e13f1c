import { resolve } from 'node:path';
import type { Command } from 'commander';
import { roughDuration } from '../app/eta';
import { bytesText, EngineError } from '../base/errors';
import { weightsNamed } from '../nets/weights';
import { type PullOptions, pullWeights } from '../node/weights/pull';
import { collect, parseNumber, usage } from './arguments';
import { Bar } from './console';
import { STOPPED, stopOnSignal } from './stop';

interface Options {
  to?: string;
  full?: boolean;
  slim?: boolean;
  url: string[];
  retries?: number;
  stall?: number;
  json?: boolean;
  quiet?: boolean;
}

const EVERY_MS = 200;

export function addPull(weights: Command): void {
  weights
    .command('pull')
    .summary('download the weights of a network')
    .description(
      'Downloads the weights of networks and checks their size and SHA-256. An interrupted download is resumed,\n' +
        'also by a later call. Of files that are mostly a classifier (VGG, AlexNet) only the part before it is kept.\n' +
        'HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured, and HF_ENDPOINT, the address of a mirror of Hugging Face.',
    )
    .argument('<names...>', 'names of `toroid weights list`')
    .option('--to <folder>', "where to put it (default: TOROID_WEIGHTS, ./weights where it is, or the user's cache)")
    .option('--slim', 'keep only what comes before the classifier')
    .option('--full', 'keep the whole file')
    .option('--url <address>', 'download from here instead; may be repeated', collect, [])
    .option('--retries <n>', 'give up after this many failures in a row (default: 6)', parseNumber)
    .option('--stall <seconds>', 'drop a connection that sends nothing for so long (default: 30)', parseNumber)
    .option('--quiet', 'print no progress and no warnings')
    .option('--json', 'print events, one JSON object per line')
    .action(async (names: string[], options: Options) => {
      if (options.slim && options.full) usage('--slim and --full contradict each other', 'Use one of them.');
      if (options.url.length > 0 && names.length > 1) usage('--url is for one file', 'Pull one network at a time.');
      for (const name of names) weightsNamed(name); // before the first download starts
      for (const name of names) await pull(name, options);
    });
}

async function pull(name: string, options: Options): Promise<void> {
  const { json, quiet = false, to, url, retries, stall } = options;
  const line = (type: string, entries: object): void =>
    void process.stdout.write(`${JSON.stringify({ type, ...entries })}\n`);
  const known = weightsNamed(name);
  const bar = new Bar();
  const say = (text: string): void => {
    bar.clear();
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  say(`${name}: ${known.about}\n  source: ${known.source}\n  licence: ${known.licence}`);
  const stop = stopOnSignal(() => {});
  let said = Number.NEGATIVE_INFINITY;
  let first: { readonly at: number; readonly bytes: number } | undefined;
  const settings: PullOptions = {
    ...(to !== undefined && { folder: to }),
    ...((options.full || options.slim) && { keep: options.full ? 'all' : 'convolutions' }),
    ...(url.length > 0 && { urls: url }),
    ...(retries !== undefined && { retries }),
    ...(stall !== undefined && { stallMs: 1000 * stall }),
    signal: stop.signal,
    onWarning: (text) => {
      if (json) line('notice', { name, text });
      say(`note: ${text}`);
    },
    onProgress: (received, size) => {
      const now = performance.now();
      if (now - said < EVERY_MS && received < size) return;
      said = now;
      first ??= { at: now, bytes: received };
      const seconds = (now - first.at) / 1000;
      const rate = seconds > 0 ? Math.max(0, received - first.bytes) / seconds : 0;
      const left = rate > 0 && seconds > 1 ? `, about ${roughDuration((size - received) / rate)} left` : '';
      const text = `${bytesText(received)} of ${bytesText(size)}, ${bytesText(Math.round(rate))}/s${left}`;
      if (!json && !quiet) bar.show(received / size, text);
      if (json) line('progress', { name, received, size, bytesPerSecond: Math.round(rate) });
    },
  };
  try {
    const { path, known: kept, already, of } = await pullWeights(name, settings);
    const result = { name, path: resolve(path), size: kept.size, sha256: kept.sha256, of: of ?? null, already };
    bar.clear();
    if (json) {
      line('result', { ...result, licence: known.licence, source: known.source });
      return;
    }
    const cut = of ? `, the convolutions of ${of.file} (${bytesText(of.size)})` : '';
    say(`${already ? 'already here' : 'written'}: ${bytesText(kept.size)}${cut}, sha256 ${kept.sha256}`);
    process.stdout.write(`${result.path}\n`);
  } catch (error) {
    bar.clear();
    if (json && error instanceof EngineError) line('error', { name, code: error.code, text: error.message });
    if (!(error instanceof EngineError && error.code === 'Stopped')) throw error;
    say(error.message);
    process.exit(STOPPED);
  } finally {
    stop.release();
  }
}
