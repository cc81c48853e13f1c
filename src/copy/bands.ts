import type { Aborted } from '../base/aborted';
import type { Device } from '../gpu/device';
import type { Atlas } from './atlas';
import { betterMatch, type LevelOptions, type Match } from './match_level';
import { pinnedRows } from './pin';
import type { Places } from './start';

/** Pixels of a canvas that are worked on at once, some 40 bytes each on the device. */
const MOST = 2 ** 22;
/** Rows that a pixel sees in a round: votes and patches of 7 each way, and steps of 4, 2, 1 and 1. */
const REACH = 24;
/** Rows of a band at least. */
const LEAST = 64;

export interface BandOptions extends LevelOptions {
  readonly most?: number;
  readonly signal?: Aborted | undefined;
  /** A band is done; share of the level. */
  onBand?(share: number): void;
}

/**
 * Betters a match of any size in bounded device memory: band by band of rows, each with as many rows of what was there to either
 * side as the rounds can see, so that bands agree where they meet; how often a place is taken is counted band by band. What is left
 * when the signal comes stays as it was.
 */
export async function betterMatchInBands(
  device: Device,
  start: Places,
  atlas: Atlas,
  options: BandOptions,
): Promise<Match> {
  const [W, H] = start.size;
  const { rounds, labels, pinned, most = MOST, signal, onBand } = options;
  const halo = REACH * rounds;
  const own = Math.max(LEAST, Math.floor(most / W) - 2 * halo);
  if (W * H <= most || own + 2 * halo >= H) return betterMatch(device, start, atlas, options);
  const data = start.data.slice();
  const weights = new Uint8Array(W * H).fill(255);
  for (let top = 0; top < H && !signal?.aborted; top += own) {
    const count = Math.min(own, H - top);
    const rows = count + 2 * halo;
    const band = { places: new Uint32Array(rows * W), labels: new Uint32Array(rows * W) };
    for (let y = 0; y < rows; y++) {
      const from = ((top - halo + y + H) % H) * W;
      band.places.set(start.data.subarray(from, from + W), y * W);
      band.labels.set(labels.subarray(from, from + W), y * W);
    }
    const places: Places = { size: [W, rows], data: band.places };
    const known = pinned && pinnedRows(pinned, top - halo, rows);
    const match = await betterMatch(device, places, atlas, { ...options, labels: band.labels, pinned: known });
    data.set(match.data.subarray(halo * W, (halo + count) * W), top * W);
    weights.set(match.weights.subarray(halo * W, (halo + count) * W), top * W);
    onBand?.((top + count) / H);
  }
  return { size: start.size, data, weights };
}
