import type { Raster } from '../../base/raster';

/** Values kept at most, 128 MiB: four pictures of 1024 x 1024 and more. */
const MOST = 2 ** 25;

/** Finished pictures as they were computed: files of 8 bits hold less. The oldest go. */
export class ExactPictures {
  readonly #rasters = new Map<number, Raster>();

  /** @returns ids of all that are kept. */
  keep(id: number, raster: Raster): number[] {
    this.#rasters.set(id, raster);
    let total = [...this.#rasters.values()].reduce((sum, { data }) => sum + data.length, 0);
    for (const [old, { data }] of this.#rasters) {
      if (total <= MOST || old === id) break;
      this.#rasters.delete(old);
      total -= data.length;
    }
    return [...this.#rasters.keys()];
  }

  get(id: number): Raster | undefined {
    return this.#rasters.get(id);
  }
}
