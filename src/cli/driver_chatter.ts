import { restarted, runAgain } from '../gpu/swiftshader.node';

/** Set, to the number of the process that filters, in the one that does the work. */
const MARK = 'TOROID_STDERR_FILTERED_BY';
/** How Dawn, Mesa and their like begin what they say for themselves; errors of toroid begin with their names. */
const CHATTER = /^(warning: |mesa\b|libegl\b|[\w-]+: warning: |error: XDG_RUNTIME_DIR )/i;

/** Whether a command asks for quiet, and this process is the one that has to see to it. */
export function wantsQuietDriver(args: readonly string[]): boolean {
  return args.some((a) => /^(--quiet|-[a-z]*q)$/.test(a)) && !restarted() && process.env[MARK] !== String(process.ppid);
}

/** Leaves out what drivers say, line by line, as it comes. */
export class ChatterFilter {
  #rest = '';
  #dropping = false;

  /** @returns what is to be passed on of all that is whole by now */
  pass(text: string): string {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.map((line) => (this.#drops(line) ? '' : `${line}\n`)).join('');
  }

  /** The last line, where it did not end. */
  end(): string {
    return this.#rest === '' || this.#drops(this.#rest) ? '' : this.#rest;
  }

  /** Lines that follow chatter indented, or empty, belong to it. */
  #drops(line: string): boolean {
    this.#dropping = CHATTER.test(line) || (this.#dropping && /^(\s|$)/.test(line));
    return this.#dropping;
  }
}

/**
 * Runs this command in a process of its own and leaves out what drivers write to stderr: Dawn writes its warnings to
 * the descriptor itself, where nothing inside the process can keep them back.
 * @returns its exit code
 */
export async function runWithoutChatter(): Promise<number> {
  const filter = new ChatterFilter();
  const code = await runAgain({ [MARK]: String(process.pid) }, (text) => process.stderr.write(filter.pass(text)));
  process.stderr.write(filter.end());
  return code;
}
