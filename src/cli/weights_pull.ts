import { resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { duration } from '../app/eta';
import { bytesText, EngineError } from '../base/errors';
import { weightsNamed } from '../nets/weights';
import { type PullOptions, pullWeights } from '../node/weights/pull';
import { collect, parseNumber, usage } from './arguments';
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
  const bar = new Bar(json === true || quiet);
  const say = (text: string): void => {
    bar.clear();
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  say(`${name}: ${known.about}\n  source: ${known.source}\n  licence: ${known.licence}`);
  const stop = stopOnSignal(() => {});
  let said = Number.NEGATIVE_INFINITY;
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
      const rate = bar.update(received, size);
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

/** A bar on stderr, and nothing where that is no terminal. */
class Bar {
  #bar: SingleBar | undefined;
  #first: { at: number; bytes: number } | undefined;
  readonly #lively: boolean;

  constructor(quiet: boolean) {
    this.#lively = !quiet && process.stderr.isTTY === true && process.env.TERM !== 'dumb';
    process.on('exit', () => this.clear()); // the bar switches line wrapping off: never leave a terminal like that
  }

  /** @returns bytes a second since the first call */
  update(received: number, size: number): number {
    this.#first ??= { at: performance.now(), bytes: received };
    const seconds = (performance.now() - this.#first.at) / 1000;
    const rate = seconds > 0 ? Math.max(0, received - this.#first.bytes) / seconds : 0;
    if (!this.#lively) return rate;
    const left = rate > 0 && seconds > 1 ? `, about ${duration((size - received) / rate)} left` : '';
    const line = `${bytesText(received)} of ${bytesText(size)}, ${bytesText(Math.round(rate))}/s${left}`;
    if (!this.#bar) {
      this.#bar = new SingleBar({
        stream: process.stderr,
        format: '{bar} {percentage}%  {line}',
        barsize: 20,
        barCompleteChar: '#',
        barIncompleteChar: '.',
        hideCursor: false, // nothing to restore when the process is ended
        clearOnComplete: true,
      });
      this.#bar.start(1000, 0, { line });
    }
    this.#bar.update(Math.floor((1000 * received) / size), { line });
    return rate;
  }

  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
