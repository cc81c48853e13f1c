import type { Progress } from '../recipes/events';

/** What is known of a stage before it runs. */
export interface StagePlan {
  readonly width: number;
  readonly height: number;
  readonly steps: number;
}

export interface EtaPlan {
  /** All stages in order; without, those to come are taken to be like the present one, and larger by what was so far. */
  readonly stages?: readonly StagePlan[];
  /** Frames of a zoom, each of which goes through all stages. Default 1. */
  readonly frames?: number;
}

export interface TimeLeft {
  /** Of all work, 0..1. */
  readonly share: number;
  /** Seconds left: undefined while too little is known, 0 at the end. */
  readonly seconds: number | undefined;
}

/** Steps of a run after which the time left is worth telling: the first also pays for what a driver compiles late. */
const FIRST_ESTIMATE = 3;

/** Below 64x64 a step costs about the same whatever its size. */
const cost = ({ width, height }: { width: number; height: number }): number => Math.max(4096, width * height);

/**
 * How much of a run is done, and how long the rest takes. A step of a stage to come is taken to cost what its pixels
 * cost now; one that has run before, in an earlier frame, what it cost then.
 */
export class Eta {
  readonly #seen = new Map<number, StagePlan & { ms: number }>();
  #stages: readonly StagePlan[];
  #frames: number;
  #frame = 0;
  #last = -1;

  constructor(plan: EtaPlan = {}) {
    this.#stages = plan.stages ?? [];
    this.#frames = plan.frames ?? 1;
  }

  /** What is to come is known. */
  plan(stages: readonly StagePlan[]): void {
    this.#stages = stages;
  }

  /** A frame of a zoom is done. */
  frame(f: { readonly frame: number; readonly frames: number }): void {
    this.#frames = f.frames;
    this.#frame = Math.min(f.frame + 1, f.frames - 1);
    this.#last = -1;
  }

  update(p: Progress): TimeLeft {
    if (p.stage < this.#last && this.#frame + 1 < this.#frames) this.#frame++;
    this.#last = p.stage;
    this.#seen.set(p.stage, { width: p.width, height: p.height, steps: p.steps, ms: p.msPerStep });
    const each = Array.from({ length: p.stages }, (_, k) => this.#milliseconds(k, p));
    const now = each[p.stage] ?? 0;
    const frame = each.reduce((a, b) => a + b, 0);
    const after = each.slice(p.stage + 1).reduce((a, b) => a + b, 0);
    const rest = p.steps > 0 ? (now * (p.steps - p.step)) / p.steps : 0;
    const left = rest + after + (this.#frames - 1 - this.#frame) * frame;
    const all = this.#frames * frame;
    const early = p.step < FIRST_ESTIMATE && this.#frame === 0 && left > 0;
    return { share: all > 0 ? 1 - left / all : 0, seconds: early ? undefined : left / 1000 };
  }

  /** What a whole stage takes. */
  #milliseconds(k: number, p: Progress): number {
    const seen = this.#seen.get(k);
    if (seen) return seen.steps * seen.ms;
    const planned = this.#stages[k];
    if (planned) return (planned.steps * p.msPerStep * cost(planned)) / cost(p);
    const [first] = this.#seen.values();
    const growth = first && p.stage > 0 ? Math.max(1, cost(p) / cost(first)) ** (1 / p.stage) : 1.5;
    return p.steps * p.msPerStep * growth ** (k - p.stage);
  }
}

/** How long something still takes, as an estimate is told: `25 s`, `2 min 15 s`, `12 min`, `1 h 20 min`. */
export function roughDuration(seconds: number): string {
  if (seconds <= 5) return '5 s';
  const grain = seconds < 60 ? 5 : seconds < 300 ? 15 : seconds < 3600 ? 60 : 300;
  return duration(grain * Math.ceil(seconds / grain)).replace(/ 0 (s|min)$/, '');
}

/** `45 s`, `3 min 20 s`, `1 h 5 min` */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
