import type { Material } from '../maps';

/** A name for files: letters, digits, `-` and `_`. */
export const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '') || 'material';

/** `old wall-2`: `OldWall2`. */
export const pascal = (name: string): string =>
  plainName(name).replace(/(?:^|[_-]+)([A-Za-z0-9])/g, (_, c: string) => c.toUpperCase());

/** `Old Wall-2`: `old_wall_2`. */
export const snake = (name: string): string =>
  plainName(name)
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/-/g, '_')
    .toLowerCase();

/** Words by which Node Wrangler knows a map, of Blender 3 and 4; wherever they are in a file's name, in Blender 3. */
const MAP_WORDS = new Set(
  [
    'diffuse diff albedo base col color basecolor sss subsurface metallic metalness metal mtl specularity specular spec spc',
    'roughness rough rgh gloss glossy glossiness normal nor nrm nrml norm bump bmp displacement displace disp dsp height heightmap',
    'transmission transparency emission emissive emit alpha opacity ao ambient occlusion',
  ].flatMap((words) => words.split(' ')),
);

/** `rough metal` as one word, since each of its two would be taken for a map; `old wall` is left. */
export function withoutMapWords(name: string): string {
  const plain = plainName(name);
  const taken = (text: string): boolean =>
    text
      .replace(/\d/g, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[ _-]/)
      .some((word) => MAP_WORDS.has(word));
  if (!taken(plain)) return plain;
  const one = plain.replace(/[_-]/g, '').toLowerCase();
  return taken(one) ? `${one}material` : one;
}

/** A file's name from that of the table. */
export function fileName(template: string, { name, width }: Material): string {
  const size = width >= 1024 && width % 1024 === 0 ? `${width / 1024}K` : `${width}`;
  return template
    .replace('{Name}', pascal(name))
    .replace('{name_}', snake(name))
    .replace('{name}', plainName(name))
    .replace('{own}', withoutMapWords(name))
    .replace('{size}', size);
}
