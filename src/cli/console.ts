import { SingleBar } from 'cli-progress';
import { duration, roughDuration, type TimeLeft } from '../app/eta';
import { bytesText } from '../base/errors';
import { writeElsewhere } from '../node/elsewhere';
import { isStdout } from '../node/files';
import type { Progress, RunEstimate, StageResult } from '../recipes/events';
import { coloured } from './colour';

/** On anything but a terminal: a line for every stage, and one this often within a long one. */
const SPARSE_MS = 10_000;

/** A bar on stderr; nothing where that is no terminal. */
export class Bar {
  #bar: SingleBar | undefined;
  readonly lively = process.stderr.isTTY === true && process.env.TERM !== 'dumb';

  constructor() {
    process.on('exit', () => this.clear()); // the bar switches line wrapping off: never leave a terminal like that
  }

  /** @param share of the work, 0..1. */
  show(share: number, line: string): void {
    if (!this.lively) return;
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
    this.#bar.update(Math.floor(1000 * share), { line });
  }

  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** The conversation, on stderr: warnings, and progress as a bar on a terminal or as a few lines elsewhere. */
export class Console {
  readonly warnings: string[] = [];
  #said = Number.NEGATIVE_INFINITY;
  #finished = -1;
  readonly #bar = new Bar();

  constructor(readonly quiet: boolean) {}

  say(text: string): void {
    this.#bar.clear();
    if (!this.quiet) process.stderr.write(`${text}\n`);
  }

  /** What could not be written where it should be: that is a failure, though the work is not lost. */
  isElsewhere(error: unknown, place: string): string {
    const [what = ''] = (error as Error).message.split('\n');
    this.#bar.clear();
    process.stderr.write(`${coloured('error:', 'red')} ${what}\n  It is in ${place} instead.\n`);
    process.exitCode = 1;
    return what;
  }

  /** Writes a file where it is wanted, else where it can be. @returns the place */
  async write(path: string, write: (place: string) => Promise<void>): Promise<string> {
    try {
      await write(path);
      return path;
    } catch (error) {
      if (isStdout(path)) throw error;
      return writeElsewhere(path, error, write, (...of) => void this.isElsewhere(...of));
    }
  }

  /** Something the user should know; kept for the JSON result as well. */
  warn(text: string): void {
    this.warnings.push(text);
    this.say(`${coloured('note:', 'yellow')} ${text}`);
  }

  /** Where a run is. */
  step(p: Progress, { share, seconds }: TimeLeft): void {
    if (this.quiet) return;
    if (p.stage < this.#finished) this.#finished = -1; // the next frame of a zoom
    const over = p.step === p.steps && p.stage > this.#finished;
    this.#show(progressLine(p, seconds), share, over ? p.stage : undefined);
  }

  /** @param finished the stage that is over with this: its line is always shown */
  #show(line: string, share: number, finished: number | undefined): void {
    if (this.#bar.lively) {
      this.#bar.show(share, line);
      return;
    }
    const now = performance.now();
    if (finished === undefined && now - this.#said < SPARSE_MS) return;
    if (finished !== undefined) this.#finished = finished;
    this.#said = now;
    process.stderr.write(`${line}\n`);
  }

  /** Takes the bar off the screen. */
  end(): void {
    this.#bar.clear();
  }
}

/** `2 of 5: fine at 128x128, step 40/200, loss 0.0123, 12.3 ms a step, about 1 min 15 s left` */
export function progressLine(p: Progress, seconds?: number): string {
  const place = `${p.stage + 1} of ${p.stages}: ${p.name} at ${p.width}x${p.height}, step ${p.step}/${p.steps}`;
  const left = seconds === undefined || seconds <= 0 ? '' : `, about ${roughDuration(seconds)} left`;
  // A stage that copies has no loss, but a share of cuts, once a level is laid.
  const { cuts } = p.terms;
  const loss = `loss ${Number(p.loss.toPrecision(3))}`;
  const reached = cuts === undefined ? loss : cuts < 1 ? `cuts ${(100 * cuts).toFixed(1)} %` : 'laying pieces';
  return `${place}, ${reached}, ${pace(p.msPerStep)} a step${left}`;
}

/** Seconds from which it is said beforehand what a run takes. */
const LONG = 60;

/** From this share of the work on its first steps tell of the rest: those of copying, which lay all pieces, do not. */
const KNOWN = 0.1;

/** Says once, where a run takes over a minute, how long: before it begins; or, where that is not known, by its first steps. */
export class Outlook {
  #told = false;

  constructor(private readonly say: (text: string) => void) {}

  estimate({ seconds, memory }: RunEstimate): void {
    this.#told = true;
    if (seconds > LONG)
      this.say(
        `This takes about ${roughDuration(seconds)} and ${bytesText(memory)} of memory, as one that was tried shows`,
      );
  }

  progress({ seconds, share }: TimeLeft): void {
    if (this.#told || seconds === undefined || share < KNOWN) return;
    this.#told = true;
    if (seconds > LONG) this.say(`This takes about ${roughDuration(seconds)}, by its first steps`);
  }
}

/** `12.3 ms`, `1.1 s` */
const pace = (ms: number): string => (ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : duration(ms / 1000));

/** Progress closer together than this is left out, but for the last step of a stage. */
const LINE_MS = 200;

/**
 * `--json`: what happens, one JSON object a line on stdout, each with a `type`. The last line is the result. Numbers
 * that JSON does not know (a loss that overflowed) are null.
 */
export class JsonLines {
  #said = Number.NEGATIVE_INFINITY;

  constructor(private readonly write: (line: string) => void = (line) => void process.stdout.write(line)) {}

  estimate({ seconds, memory }: RunEstimate): void {
    this.#line('estimate', { seconds, memory });
  }

  progress(p: Progress, secondsLeft?: number): void {
    const now = performance.now();
    if (now - this.#said < LINE_MS && p.step < p.steps) return;
    this.#said = now;
    const { stage, stages, name, width, height, step, steps, loss, terms, msPerStep } = p;
    this.#line('progress', { stage, stages, name, width, height, step, steps, loss, terms, msPerStep, secondsLeft });
  }

  /** A stage is done; `file` is where its picture was written, if it was. */
  stage(s: StageResult, file?: string): void {
    const { stage, name, width, height, steps, msPerStep } = s;
    this.#line('stage', { stage, name, width, height, steps, msPerStep, loss: s.curves.total?.at(-1)?.[1], file });
  }

  frame(f: { readonly frame: number; readonly frames: number }): void {
    this.#line('frame', { frame: f.frame, frames: f.frames });
  }

  warn(text: string): void {
    this.#line('notice', { text });
  }

  /** The last line. */
  result(result: object): void {
    this.#line('result', result);
  }

  #line(type: string, entries: object): void {
    this.write(`${JSON.stringify({ type, ...entries })}\n`);
  }
}
