import { type Command, Option } from 'commander';
import { EngineError } from '../base/errors';
import { serveAsChild } from '../fleet/child';
import { jsonLog } from '../fleet/json_log';
import type { Say } from '../fleet/log';
import { supervise } from '../fleet/supervise';
import { collect, parseBudget, parseWhole, usage } from './arguments';
import { Console } from './console';
import { stopOnSignal } from './stop';
import { childOptions, EVERY, STALL } from './store_runner';

interface Options {
  queue?: string;
  store?: string;
  gpu: string[];
  jobs?: number;
  once?: boolean;
  drain?: boolean;
  stall: number;
  every: number;
  attempts: number;
  lock: number;
  anyVersion?: boolean;
  log: 'text' | 'json';
  quiet?: boolean;
  child?: boolean;
}

/** Where the queue and the store of a fleet are, for all commands that want them. */
export const addFleetOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--queue <address>', 'redis://host:6379/0#name, rediss://... or postgres://host/database#name').env(
        'TOROID_QUEUE',
      ),
    )
    .addOption(
      new Option('--store <place>', 'where inputs and results are: a folder, or s3://bucket/prefix').env(
        'TOROID_STORE',
      ),
    );

export function addWork(program: Command): void {
  const command = program
    .command('work')
    .summary('take jobs of a queue, on one of many machines')
    .description(
      'Takes jobs that `toroid fleet submit` put into a queue, until it is told to stop (Ctrl-C, SIGTERM: what is under way is kept and\n' +
        'goes on elsewhere). Each job runs in a process of its own; one that is killed, hangs, or loses its device goes on from its last\n' +
        'checkpoint, here or on another machine.',
    );
  addFleetOptions(command)
    .option('--gpu <name>', 'GPU to use, by name or number; repeat for several, one process each', collect, [])
    .addOption(
      new Option('--jobs <n>', 'processes at a time (default: one, or one for each --gpu)').argParser(parseWhole),
    )
    .option('--once', 'do one job, and end')
    .addOption(new Option('--drain', 'end when no job is left').conflicts('once'))
    .addOption(seconds('--stall <time>', 'a job without progress for so long hangs, and is tried again', STALL))
    .addOption(seconds('--every <time>', 'between checkpoints', EVERY))
    .addOption(new Option('--attempts <n>', 'a job that fails so often is parked').argParser(parseWhole).default(3))
    .addOption(seconds('--lock <time>', 'a worker silent for so long loses its jobs to others', 60))
    .option('--any-version', 'also run jobs that another version of toroid submitted')
    .addOption(
      new Option('--log <form>', 'lines for people, or of JSON for what collects logs')
        .choices(['text', 'json'])
        .default('text')
        .env('TOROID_LOG'),
    )
    .option('-q, --quiet', 'print only errors')
    .addOption(new Option('--child', 'compute for the process that forked this one').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid work --queue redis://queue:6379 --store s3://textures/fleet\n' +
        '  toroid work --queue redis://queue:6379 --gpu 0 --gpu 1 --drain\n',
    )
    .action(work);
}

const seconds = (flags: string, about: string, value: number): Option =>
  new Option(flags, about).argParser(parseBudget).default(value, `${value}s`);

/** Seconds: below, a worker would lose what it does, or end it. */
const LEAST = 1;

async function work(options: Options): Promise<void> {
  if (options.child) return serveAsChild();
  const { queue, store, gpu, stall, every, attempts, lock, anyVersion } = options;
  if (queue === undefined) usage('which queue?', 'Such as --queue redis://127.0.0.1:6379, or set TOROID_QUEUE.');
  for (const [name, time] of Object.entries({ lock, stall })) {
    if (time < LEAST) usage(`--${name} ${time}s: is too short`, `At least ${LEAST}s.`);
  }
  const count = Math.max(1, options.jobs ?? gpu.length);
  const slots = Array.from({ length: count }, (_, k) => childOptions(gpu[k % gpu.length], { stall, every }));
  const say = await saying(options);
  const stop = stopOnSignal(() => say('Stopping: keeps what is under way for others (Ctrl-C again leaves at once)'));
  try {
    const until = options.once ? 'once' : options.drain ? 'drained' : undefined;
    await supervise({ queue, store, slots, attempts, until, anyVersion, lock, signal: stop.signal, say });
  } catch (error) {
    if (options.log !== 'json' || !(error instanceof EngineError)) throw error;
    say(error.message, { level: 'error', error: error.code });
    process.exitCode = 1;
  } finally {
    stop.release();
  }
}

async function saying({ log, quiet }: Options): Promise<Say> {
  if (log === 'json') {
    const lines = await jsonLog(quiet ? 'error' : 'info');
    return (msg, { level = 'info', ...facts } = {}) => lines[level](facts, msg);
  }
  const report = new Console(false);
  return (msg, { level } = {}) => {
    if (!quiet || level === 'error') report.say(msg);
  };
}
