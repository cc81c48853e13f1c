import { Command, CommanderError, Help } from 'commander';
import { EngineError } from '../base/errors';
import { VERSION } from '../base/version';
import { setWording } from '../base/wording';
import { endWithParent } from '../gpu/swiftshader.node';
import { coloured } from './colour';
import { commands } from './commands';
import { runWithoutChatter, wantsQuietDriver } from './driver_chatter';
import { atWork, underNohup } from './stop';
import { optionWording } from './wording';

/** Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped. */
const FAILED = 1;
const USAGE = 2;

const help = new Help();

/** With the command that is called; for help and for names that do not exist, with all. */
async function program(called: string | undefined): Promise<Command> {
  const root = new Command('toroid')
    .description('Grows seamless textures, paints in styles, dreams: on the GPU, from recipes.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({
      // Lists that are empty are no news.
      optionDescription: (option) => help.optionDescription(option).replace(/ \(default: \[\]\)$/, ''),
    })
    .showHelpAfterError('  Add --help for all that is known.')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid texture stone.jpg                            writes stone.tile.png\n' +
        '  toroid texture stone.jpg --size 512x256 --preview 3x3\n' +
        '  toroid seal photo.jpg                               makes the photograph itself tile\n' +
        '  toroid check stone.tile.png                         is there a seam?\n' +
        '  toroid doctor                                       what does it run on?\n\n' +
        'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped.',
    );
  const known = called !== undefined && Object.hasOwn(commands, called);
  for (const [name, load] of Object.entries(commands)) if (!known || name === called) (await load())(root);
  return root;
}

setWording(optionWording);

/** What went wrong, for people: never a stack, unless it is asked for. Returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const debug = process.env.TOROID_DEBUG === '1';
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (debug) process.stderr.write(`${stack ?? message}\n`);
  else if (error instanceof EngineError) process.stderr.write(`${coloured('error:', 'red')} ${message}\n`);
  else {
    const ours = message.startsWith('internal error')
      ? message
      : `internal error (a bug in toroid, please report it): ${message}`;
    process.stderr.write(
      `${ours.split('\n')[0]}\n  Run it again with TOROID_DEBUG=1 for the stack, and add that to the report.\n`,
    );
  }
  return FAILED;
}

/** `toroid ... | head` closes the pipe early: no reason to complain. Anything else means that the result is lost. */
function printed(error: NodeJS.ErrnoException | null | undefined): number {
  const before = Number(process.exitCode ?? 0);
  // EIO: the terminal was closed.
  if (!error || error.code === 'EPIPE' || error.code === 'EIO' || before !== 0) return before;
  return explain(new EngineError('OutputError', `cannot print the result: ${error.message}`, 'Print it elsewhere.'));
}
let unprinted: Error | undefined;
process.stdout.on('error', (error) => {
  unprinted ??= error;
  // The result of work is a file: it is done to its end even where nobody listens.
  if (!atWork()) process.exit(printed(error));
});
// Nobody reads the conversation: the work goes on without.
process.stderr.on('error', () => {});

// What no call was there to catch still ends in one line.
process.on('uncaughtException', (error) => process.exit(explain(error)));
if (underNohup()) process.on('SIGHUP', () => {});
endWithParent();

/** Everything that names a file begins with it. */
function checkFolder(): void {
  try {
    process.cwd();
  } catch {
    throw new EngineError('OutputError', 'the folder that this runs in was removed', 'Change to another: cd ~');
  }
}

try {
  checkFolder();
  if (wantsQuietDriver(process.argv.slice(2))) process.exitCode = await runWithoutChatter();
  else await (await program(process.argv[2])).parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
// Dawn may keep the process alive; leave as soon as the output is through.
process.stdout.write('', (error) => process.exit(printed(unprinted ?? error)));
