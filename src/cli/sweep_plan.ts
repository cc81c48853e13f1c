import { EngineError } from '../base/errors';
import { pathOf } from './recipe_file';

/** One setting that is varied, as it was written. */
export interface Swept {
  readonly path: string;
  /** As texts: short ones, for labels. */
  readonly values: readonly string[];
}

/** What a job of a sweep changes: one value for each path. */
export interface SweepJob {
  /** `weight=2 seed=1`, for people. */
  readonly label: string;
  /** File name without suffix: sorted as the sweep is. */
  readonly name: string;
  readonly values: readonly (readonly [path: string, value: string])[];
}

const RANGE = /^(-?\d+)\.\.(-?\d+)$/;
const MOST_JOBS = 10_000;

/**
 * Reads `path=a,b,c`, `seed=1..8`, `layer=all`. Values with commas of their own are JSON: `size=[64,64],[128,64]`.
 * @param layersOf the layers that `layer=all` means; asked only then.
 * @throws EngineError `SweepError` for what is no such thing.
 */
export function parseOver(text: string, layersOf: () => readonly string[]): Swept {
  const cut = text.indexOf('=');
  const path = text.slice(0, cut);
  const list = text.slice(cut + 1);
  if (cut < 1 || list.trim() === '') {
    throw new EngineError(
      'SweepError',
      `--over ${text}: wants path=value,value`,
      'Such as --over seed=1..4 or --over stages[0].losses[0].weight=0.5,1,2.',
    );
  }
  if (path === 'layer' && list === 'all') return { path, values: layersOf() };
  if (!path.startsWith('input.') && path !== 'layer') pathOf(path); // refuses what is no path
  const [, from, to] = RANGE.exec(list) ?? [];
  if (from !== undefined && to !== undefined) {
    const [a, b] = [Number(from), Number(to)];
    if (Math.abs(b - a) >= MOST_JOBS) throw tooMany(Math.abs(b - a) + 1);
    return { path, values: Array.from({ length: Math.abs(b - a) + 1 }, (_, k) => String(a <= b ? a + k : a - k)) };
  }
  return { path, values: pieces(list) };
}

/** Cuts at commas that are in no brackets and no quotes. */
function pieces(list: string): string[] {
  const out = [''];
  let depth = 0;
  let quoted = false;
  for (const ch of list) {
    if (ch === '"') quoted = !quoted;
    if (!quoted && (ch === '[' || ch === '{')) depth++;
    if (!quoted && (ch === ']' || ch === '}')) depth--;
    if (ch === ',' && depth === 0 && !quoted) out.push('');
    else out[out.length - 1] += ch;
  }
  const values = out.map((v) => v.trim());
  if (values.every((v) => v !== '')) return values;
  throw new EngineError(
    'SweepError',
    `--over ...=${list}: there is nothing between two commas`,
    'Write a value there.',
  );
}

/** All combinations, the last path fastest. */
export function sweepJobs(swept: readonly Swept[]): SweepJob[] {
  const count = swept.reduce((n, s) => n * s.values.length, 1);
  if (count > MOST_JOBS) throw tooMany(count);
  const digits = String(count).length;
  return Array.from({ length: count }, (_, k): SweepJob => {
    let rest = k;
    const values = swept
      .toReversed()
      .map((s) => {
        const value = s.values[rest % s.values.length] ?? '';
        rest = Math.floor(rest / s.values.length);
        return [s.path, value] as const;
      })
      .toReversed();
    const label = values.map(([path, value]) => `${shortPath(path)}=${shortValue(path, value)}`).join(' ');
    return { label, name: `${String(k + 1).padStart(digits, '0')}-${fileNameOf(label)}`, values };
  });
}

/** `stages[0].losses[1].weight` as `losses[1].weight`: enough to tell them apart on a sheet. */
export const shortPath = (path: string): string => path.replace(/^stages\[0\]\./, '').replace(/^input\./, '');

/** `photos/bricks.png` of an input as `bricks.png`. */
const shortValue = (path: string, value: string): string =>
  path.startsWith('input.') ? (value.split(/[\\/]/).at(-1) ?? value) : value;

/** `losses[0].weight=0.5 size=[64,32] style=bricks.png` as `losses0.weight=0.5-size=64x32-style=bricks` */
const fileNameOf = (label: string): string =>
  label
    .replaceAll(/\[(\d+)\]/g, '$1')
    .replaceAll(/[[\]"]/g, '')
    .replaceAll(/(\d),(?=\d)/g, '$1x')
    .replaceAll(/\.(png|jpe?g|webp|tiff?|gif|avif)(?= |$)/gi, '')
    .replaceAll(/[^\p{L}\p{N}_.=-]+/gu, '-')
    .slice(0, 80);

const tooMany = (count: number): EngineError =>
  new EngineError('SweepError', `${count} jobs are more than ${MOST_JOBS}`, 'Leave some values out.');

/** The recipe of a job: paths as `--set` takes them, and `layer`, which sets the layers of every loss that has any. */
export function withLayer(recipe: unknown, layer: string): unknown {
  const { stages } = (recipe ?? {}) as { stages?: unknown };
  if (!Array.isArray(stages)) return recipe;
  const changed = (stages as { losses?: unknown }[]).map((stage) => ({
    ...stage,
    losses: Array.isArray(stage.losses) ? stage.losses.map((loss: object) => layered(loss, layer)) : stage.losses,
  }));
  return { ...(recipe as object), stages: changed };
}

/** Losses on the picture itself, as patches and tv, have no layers to change. */
function layered(loss: object, layer: string): object {
  const { kind, layer: one } = loss as { kind?: unknown; layer?: unknown };
  if (one !== undefined) return { ...loss, layer };
  return LAYERLESS.has(String(kind)) ? loss : { ...loss, layers: [layer] };
}

/** Kinds of losses without layers, or whose layers are a matter of position rather than of what is surveyed. */
const LAYERLESS = new Set(['patches', 'tv', 'content', 'anchor', 'spectrum']);
