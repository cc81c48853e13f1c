// The maps of a result as a surface, for recipes with a section `material`.
import { checkValues, text } from '../base/known_options';
import { recordText } from '../recipes/picture_record';
import { type Output, writeSomewhere } from './output';

/** Where the maps of a picture go: `out/stone.png` has them in `out/stone.material`. */
export const materialFolder = (path: string): string => path.replace(/(?<=[^\\/])\.[^.\\/]*$/, '').concat('.material');

/**
 * Writes the maps that the recipe's `material` describes, one PNG each, on the pixels of the picture. Each carries the record of
 * the run, so that any of them makes all of them again. A recipe without the section writes nothing.
 */
export function materialOutput(folder: string): Output {
  checkValues('materialOutput', { folder }, { folder: text });
  return {
    kind: 'material',
    finish: async ({ raster, recipe }, job) => {
      if (!recipe.material) return;
      const [{ derive }, { mapBits, mapRaster }] = await Promise.all([
        import('../material/derive'),
        import('./material'),
      ]);
      const { material } = await derive(job.device, raster, recipe.material, recipe.name);
      const written: string[] = [];
      for (const [kind, map] of material.maps) {
        const place = await writeSomewhere(`${folder}/${kind}.png`, job.files, (path) =>
          job.files.writePicture(path, mapRaster(map, material), {
            bits: mapBits(map),
            metadata: recordText(job.record(path, recipe)),
            onWarning: job.warn,
          }),
        );
        written.push(place);
      }
      return written;
    },
  };
}
