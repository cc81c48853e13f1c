import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { EngineError } from '../base/errors';
import { jsonLog } from '../fleet/json_log';
import { openQueue } from '../fleet/queue';
import { serve } from '../fleet/serve';
import { HereJobs, QueueJobs } from '../fleet/serve_jobs';
import { parseTokens } from '../fleet/serve_request';
import { openStore } from '../fleet/store';
import { collect, parseBudget, parseBytes, parsePort, parseWhole, usage } from './arguments';
import { stopOnSignal } from './stop';
import { childOptions } from './store_runner';
import { addFleetOptions } from './work';

interface Options {
  host: string;
  port: number;
  tokens?: string;
  newToken?: string;
  queue?: string;
  store?: string;
  gpu: string[];
  jobs?: number;
  maxBody: number;
  maxPixels: number;
  maxSteps: number;
  maxJobs: number;
  presign?: number;
  quiet?: boolean;
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('make pictures for others, over HTTP')
    .description(
      'Serves POST /v1/jobs (a recipe and its pictures) and what follows; / has a list, /openapi.json all of it. Jobs run in processes of this\n' +
        'machine, or, with --queue, wherever `toroid work` takes them.',
    )
    .option('--host <address>', 'where to listen; beyond this machine only with --tokens', '127.0.0.1')
    .addOption(new Option('--port <n>', 'port; 0: one that is free').argParser(parsePort).default(8080))
    .option('--tokens <file>', 'who may ask: lines of --new-token')
    .option('--new-token <name>', 'make a token: it is shown once, on stderr; the line for the file goes to stdout');
  addFleetOptions(command)
    .option('--gpu <name>', 'GPU to use; repeat for several, one process each', collect, [])
    .addOption(
      new Option('--jobs <n>', 'processes at a time (default: one, or one for each --gpu)').argParser(parseWhole),
    )
    .addOption(new Option('--max-body <amount>', 'of a request').argParser(parseBytes).default(64e6, '64MB'))
    .addOption(new Option('--max-pixels <n>', 'of a picture, in or out').argParser(parseWhole).default(2 ** 24))
    .addOption(new Option('--max-steps <n>', 'of a recipe').argParser(parseWhole).default(20_000))
    .addOption(new Option('--max-jobs <n>', 'that wait or run').argParser(parseWhole).default(1000))
    .addOption(
      new Option(
        '--presign <time>',
        'answer with an address of the result at s3://, which holds for so long',
      ).argParser(parseBudget),
    )
    .option('-q, --quiet', 'no line for each request')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid serve\n' +
        '  curl -F recipe=texture-copy -F style=@stone.jpg http://127.0.0.1:8080/v1/jobs\n' +
        '  toroid serve --new-token me >> tokens && toroid serve --host 0.0.0.0 --tokens tokens\n',
    )
    .action(start);
}

async function start(options: Options): Promise<void> {
  const { newToken, queue, store: place, gpu } = options;
  if (newToken !== undefined) return makeToken(newToken);
  const tokens = options.tokens === undefined ? [] : parseTokens(readTokens(options.tokens));
  if (options.tokens !== undefined && tokens.length === 0)
    usage(`${options.tokens} has no token`, 'Make one: toroid serve --new-token me >> tokens.');
  if (queue !== undefined && place === undefined)
    usage('which store?', 'Workers of a queue want one: --store s3://bucket/prefix, or set TOROID_STORE.');
  if (options.presign !== undefined && !(place?.startsWith('s3://') && inAWeek(options.presign)))
    usage(
      `--presign ${options.presign}: is for a --store s3://bucket/prefix, from 1 second to 7 days`,
      'Such as --presign 15min.',
    );
  const own = place === undefined ? mkdtempSync(join(tmpdir(), 'toroid-serve-')) : undefined;
  const stop = stopOnSignal(() => {});
  try {
    const store = await openStore(place ?? own ?? '');
    const count = Math.max(1, options.jobs ?? gpu.length);
    const slots = Array.from({ length: count }, (_, k) => childOptions(gpu[k % gpu.length]));
    const log = await jsonLog(options.quiet ? 'silent' : 'info');
    const jobs =
      queue === undefined ? new HereJobs(store, slots, log) : new QueueJobs(await openQueue(queue, false), store);
    const { host, port, maxBody: body, maxPixels: pixels, maxSteps: steps, maxJobs: depth } = options;
    const presign = options.presign === undefined ? undefined : Math.round(options.presign);
    const limits = { body, bodies: 4 * body, pixels, steps, depth };
    try {
      const service = await serve({ host, port, jobs, store, tokens, limits, presign, log });
      process.stdout.write(`${service.url}\n`);
      await new Promise<void>((done) => {
        if (stop.signal.aborted) done();
        stop.signal.addEventListener('abort', () => done());
      });
      await service.close();
    } finally {
      await jobs.close();
    }
  } finally {
    stop.release();
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}

/** Longer signatures of S3 do not hold. */
const inAWeek = (seconds: number): boolean => seconds >= 1 && seconds <= 7 * 86_400;

function readTokens(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new EngineError('ServeError', `cannot read --tokens ${file}: ${(cause as Error).message}`, 'Check the path.');
  }
}

/** The token itself is kept by whoever asked for it: the file has its hash. */
function makeToken(name: string): void {
  if (!/^[\w.-]{1,64}$/.test(name)) usage(`--new-token ${name}: has other characters`, 'Use letters, digits and .-_');
  const token = randomBytes(32).toString('base64url');
  process.stderr.write(`${token}\n`);
  process.stdout.write(`${createHash('sha256').update(token).digest('hex')} ${name}\n`);
}
