/**
 * An error a user can act on: what failed, with names and numbers, and one remedy.
 * `code` is stable (`ShapeError`, `LimitError`, ...) and is what programs test for.
 */
export class EngineError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(hint ? `${message}\n  ${hint}` : message);
    this.name = code;
  }
}

/** A graph, plan or op that is used as it cannot be: a mistake of whoever writes with the engine. */
export const graphError = (message: string, hint?: string): EngineError => new EngineError('GraphError', message, hint);

/** A mistake of ours, not of the user's: says so, and where to report it. */
export function invariant(message: string): Error {
  return new Error(`internal error (a bug in toroid, please report it): ${message}`);
}

export const shapeText = (s: readonly number[]): string => `[${s.join(', ')}]`;

/** `conv2d wants a feature map [C, H, W], got [64, 4096]` */
export function shapeError(op: string, want: string, ...got: (readonly number[])[]): EngineError {
  return new EngineError('ShapeError', `${op} wants ${want}, got ${got.map(shapeText).join(' and ')}`);
}

/** A value as messages show it: short lists of plain values whole, and nothing that would be too deep to write down. */
export function shown(value: unknown): string {
  if (Array.isArray(value))
    return value.length > 4 || value.some((v) => typeof v === 'object') ? 'a list' : `[${value.map(shown)}]`;
  if (typeof value === 'object' && value !== null) return 'a group { }';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Bytes for people: `128 MiB`, `1.5 GiB`. */
export function bytesText(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let k = 0;
  while (n >= 1024 && k < units.length - 1) {
    n /= 1024;
    k++;
  }
  return `${Number.isInteger(n) ? n : n.toFixed(1)} ${units[k]}`;
}

/** A file that is not what it says: cut short, or with bytes changed. Readers tell with its name. */
export class DamagedFile extends Error {}
