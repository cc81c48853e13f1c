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

/** A file's name from that of the table. */
export function fileName(template: string, { name, width }: Material): string {
  const size = width >= 1024 && width % 1024 === 0 ? `${width / 1024}K` : `${width}`;
  return template
    .replace('{Name}', pascal(name))
    .replace('{name_}', snake(name))
    .replace('{name}', plainName(name))
    .replace('{size}', size);
}
