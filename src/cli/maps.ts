// Maps that a picture has beside it, as --with and --apply name them: where they go, and that nothing is lost there.
import { dirname, extname, join, parse } from 'node:path';
import type { Bits } from '../base/pixels';
import { sameFile } from '../node/files';
import { ensureWritable, pictureBits } from '../node/picture';
import { usage } from './arguments';

/** Formats that hold 16 bits. */
const DEEP = /^\.(png|tiff?)$/i;
/** Formats that are written without loss. */
const KEPT = /^\.(png|webp|tiff?)$/i;

export const holdsDepth = (path: string): boolean => DEEP.test(extname(path));

/** `normal.png,height.png` */
export const parseMaps = (text: string): string[] => text.split(',').map((name) => name.trim());

export interface MapPlace {
  readonly file: string;
  /** Those of the map. */
  readonly bits: Bits;
}

/**
 * Where each map is written: beside the picture, in the format it has where that keeps all of it, else as .png.
 * @param option it was named with, for messages
 * @param taken files that must not be written over, besides the maps
 * @param named the file's name without a suffix, for a map's name without one
 */
export async function mapPlaces(
  maps: readonly string[],
  { option, out, taken, named }: { option: string; out: string; taken: readonly string[]; named(map: string): string },
): Promise<Map<string, MapPlace>> {
  const places = new Map<string, MapPlace>();
  for (const map of maps) {
    if (map === '') usage(`${option}: a name is missing`, `Such as ${option} normal.png,height.png.`);
    if (places.has(map)) usage(`${option}: ${map} is named twice`, 'Name each map once.');
    // What is no picture is told when it is read.
    const kind = await pictureBits(map).catch((): Bits => 8);
    const { name, ext } = parse(map);
    const kept = kind === 'measures' ? /^\.tiff?$/i.test(ext) : KEPT.test(ext) && (kind === 8 || DEEP.test(ext));
    const suffix = kind === 'measures' ? '.tif' : '.png';
    const file = join(dirname(out), `${named(name)}${kept ? ext : suffix}`);
    const clash = [...taken, ...maps, ...[...places.values()].map((p) => p.file)].find((other) =>
      sameFile(file, other),
    );
    if (clash !== undefined)
      usage(`${map} would be written over ${clash}`, 'Rename one, or choose another place with -o.');
    ensureWritable(file, kind);
    places.set(map, { file, bits: kind === 8 ? 8 : 16 });
  }
  return places;
}
