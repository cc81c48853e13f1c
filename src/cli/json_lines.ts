import type { Progress, StageResult } from '../recipes/events';

/** Progress closer together than this is left out, but for the last step of a stage. */
const SPARSE_MS = 200;

/**
 * `--json`: what happens, one JSON object a line on stdout, each with a `type`. The last line is the result. Numbers
 * that JSON does not know (a loss that overflowed) are null.
 */
export class JsonLines {
  #said = Number.NEGATIVE_INFINITY;

  constructor(private readonly write: (line: string) => void = (line) => void process.stdout.write(line)) {}

  progress(p: Progress, secondsLeft?: number): void {
    const now = performance.now();
    if (now - this.#said < SPARSE_MS && p.step < p.steps) return;
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
