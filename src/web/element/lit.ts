// A finished texture as a surface in the sun. Loaded when an element is lit.
import { EngineError } from '../../base/errors';
import type { Raster } from '../../base/raster';
import { derive } from '../../material/derive';
import type { Material } from '../../material/maps';
import { litTile } from '../../material/render';
import { SUN, type Sun, sunFrom } from '../../material/sun';
import { borrowDevice } from './element_platform';

/** Lowest that a pointer puts the sun, degrees. */
const LOW = 20;

/**
 * The place of the sun that an attribute names: `135,40`; nothing is the upper left.
 * @throws EngineError `SettingsError`
 */
export function sunOf(text: string): Sun {
  if (text.trim() === '') return SUN;
  const sun = sunFrom(text);
  if (sun) return sun;
  throw new EngineError(
    'SettingsError',
    `toroid-texture has lit="${text}", which is no place of the sun`,
    'Write where it is and how high, in degrees: lit="135,40".',
  );
}

/** The maps of a texture, and its picture for each place of the sun. Holds the elements' device until it is closed. */
export class Lit {
  #wanted: Sun | undefined;
  #drawing = false;
  #closed = false;

  private constructor(
    private readonly material: Material,
    private readonly borrowed: Awaited<ReturnType<typeof borrowDevice>>,
    private readonly show: (raster: Raster) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** @param fail hears of a device that was lost meanwhile */
  static async of(raster: Raster, show: (raster: Raster) => void, fail: (error: unknown) => void): Promise<Lit> {
    const borrowed = await borrowDevice();
    try {
      const { material } = await derive(borrowed.device, raster, {}, 'texture');
      return new Lit(material, borrowed, show, fail);
    } catch (error) {
      borrowed.release();
      throw error;
    }
  }

  /** Moves the sun to a point of a box: overhead at its middle, low at its edge. */
  follow(x: number, y: number, { left, top, width, height }: DOMRect): void {
    const [dx, dy] = [(2 * (x - left)) / width - 1, 1 - (2 * (y - top)) / height];
    this.turn([(Math.atan2(dy, dx) * 180) / Math.PI, 90 - (90 - LOW) * Math.min(1, Math.hypot(dx, dy))]);
  }

  /** Moves the sun. Of places that come while it draws, the last one counts. */
  turn(sun: Sun): void {
    this.#wanted = sun;
    if (!this.#drawing) void this.#draw().catch((error) => !this.#closed && this.fail(error));
  }

  close(): void {
    this.#closed = true;
    this.borrowed.release();
  }

  async #draw(): Promise<void> {
    this.#drawing = true;
    try {
      for (let sun = this.#wanted; sun && !this.#closed; sun = this.#wanted) {
        this.#wanted = undefined;
        const raster = await litTile(this.borrowed.device, this.material, sun);
        if (!this.#closed) this.show(raster);
      }
    } finally {
      this.#drawing = false;
    }
  }
}
