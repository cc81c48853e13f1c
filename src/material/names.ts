// Which file of a material is which map, by the names that ambientCG, Poly Haven, Substance, Node Wrangler, Unreal and Unity give them.
import { EngineError } from '../base/errors';
import type { MapKind } from './maps';

/** What a channel of a file holds; `smoothness` is 1 - roughness; null: nothing that is used. */
export type Held = MapKind | 'smoothness' | null;

export interface FoundMap {
  readonly file: string;
  /** One map, or what red, green, blue and opacity hold. */
  readonly holds: MapKind | 'smoothness' | readonly Held[];
  /** Of normals: where y points, if the name says it. */
  readonly y?: 'up' | 'down' | undefined;
}

export interface FoundMaps {
  /** What the names have in common; undefined where that is nothing. */
  readonly name: string | undefined;
  /** Each map once; what is packed last, and without what another file holds by itself. */
  readonly maps: readonly FoundMap[];
  /** Pictures that are no map, and why. */
  readonly left: readonly { readonly file: string; readonly why: string }[];
}

const ORM: readonly Held[] = ['occlusion', 'roughness', 'metalness'];

/** Words, longest sequences first where one begins as another does; single letters count after Unreal's `T_` alone. */
const WORDS: readonly (readonly [what: FoundMap['holds'], words: string, y?: 'up' | 'down'])[] = [
  [
    ORM,
    'occlusion roughness metallic, ambient occlusion roughness metallic, occlusion roughness metalness, orm, arm, aorm, ao r m',
  ],
  [['roughness', 'metalness', 'occlusion'], 'rma'],
  [['metalness', 'occlusion', null, 'smoothness'], 'mask map, maskmap, mods, masks'],
  [['metalness', null, null, 'smoothness'], 'metallic smoothness, metallicsmoothness, metallic gloss'],
  ['normal', 'normal gl, normal ogl, normal opengl, nor gl, nrm gl, norm gl, normalgl', 'up'],
  ['normal', 'normal dx, normal directx, nor dx, nrm dx, norm dx, normaldx', 'down'],
  ['normal', 'normal, normals, nor, nrm, nrml, norm, normal map, normalmap, n'],
  [
    'color',
    'base color, basecolor, base colour, basecolour, base map, basemap, albedo transparency, albedo, diffuse, diff, color, colour, col, base, bc, d',
  ],
  ['roughness', 'roughness, rough, rgh, r'],
  ['smoothness', 'smoothness, glossiness, gloss, glossy'],
  ['metalness', 'metalness, metallic, metal, mtl, m'],
  ['occlusion', 'ambient occlusion, ambientocclusion, occlusion, ambient, ao, occ'],
  ['height', 'displacement, displace, disp, dsp, height, heightmap, height map, depth, h'],
  ['opacity', 'opacity, alpha, transparency, mask, o'],
  ['emission', 'emission, emissive, emit, e'],
  ['curvature', 'curvature, curv'],
  ['edge', 'edge, edges'],
];

interface Phrase {
  readonly words: readonly string[];
  readonly holds: FoundMap['holds'];
  readonly y: 'up' | 'down' | undefined;
}

const PHRASES: readonly Phrase[] = WORDS.flatMap(([holds, list, y]) =>
  list.split(', ').map((text) => ({ words: text.split(' '), holds, y })),
).sort((a, b) => b.words.length - a.words.length);

const PICTURE = /\.(png|jpe?g|webp|tiff?|avif|exr)$/i;
const NOT_READ = /\.(hdr|tga|bmp|dds|psd)$/i;
/** Pictures of the material on something. */
const SHOWN = /^(preview|thumb|thumbnail|sphere|cube|flat|render|icon)$/;
/** What may follow a map's name: bits, formats, versions, sides, tiles of an atlas. */
const TRAILING = /^(8|16|32|(8|16|32)bit|bit|png|jpe?g|tiff?|v\d+|var\d+|1001|linear|raw|srgb)$/;
const SIZE = /^(\d+k|256|512|1024|2048|4096|8192|16384|\d{3,5}x\d{3,5})$/;

/**
 * What each file of a folder or an archive is.
 * @param files names, with or without folders
 * @throws EngineError `PictureError` where two files are the same map, or none is one
 */
export function findMaps(files: readonly string[]): FoundMaps {
  const left: { file: string; why: string }[] = [];
  const found: FoundMap[] = [];
  const seen = files.filter((f) => !/(^|\/)(__MACOSX\/|\.)/.test(f));
  const pictures = seen.filter((f) => PICTURE.test(f) || NOT_READ.test(f));
  const common = commonTokens(pictures.map(tokensOf));
  for (const file of pictures) {
    const tokens = tokensOf(file);
    const phrase = tokens.some((t) => SHOWN.test(t)) ? undefined : phraseOf(tokens, common);
    if (!phrase) left.push({ file, why: 'its name is that of no map' });
    else if (NOT_READ.test(file))
      left.push({ file, why: `it is a map, ${saidOf(phrase)}, in a format that is not read` });
    else found.push({ file, holds: phrase.holds, ...(phrase.y && { y: phrase.y }) });
  }
  if (found.length === 0) throw nothingFound(seen, left);
  const maps = eachOnce(found, left);
  return { name: commonName(maps.map((m) => m.file)), maps, left };
}

/** `normal`, or what a packed file holds. */
export const saidOf = ({ holds }: Pick<FoundMap, 'holds'>): string =>
  typeof holds === 'string' ? holds : holds.map((h) => h ?? '-').join(', ');

const stemOf = (file: string): string => (file.split(/[\\/]/).at(-1) ?? '').replace(/\.[^.]+$/, '');

/** Words in lower case: `MetalPlates001_1K-PNG_NormalGL` is metal plates 001 1k png normal gl. */
const tokensOf = (file: string): string[] =>
  stemOf(file)
    .replace(/OpenGL|DirectX/g, (s) => ` ${s.toLowerCase()}`)
    .replace(/([a-z0-9])([A-Z])(?![kK]?[_\W]|$)/g, '$1 $2')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/([A-Za-z])(\d)/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_.\-#()[\]]+/)
    .filter((t) => t !== '');

/** How many words at the start all files have. */
function commonTokens(all: readonly (readonly string[])[]): number {
  const [first = []] = all;
  if (all.length < 2) return 0;
  let count = 0;
  while (count < first.length && all.every((t) => t[count] === first[count])) count++;
  return count;
}

/** A phrase right before the size, or at the end, or anywhere past what all names begin with: a name may have such words too. */
function phraseOf(tokens: readonly string[], common: number): Phrase | undefined {
  const unreal = tokens[0] === 't';
  const endingAt = (end: number): Phrase | undefined =>
    PHRASES.find(
      ({ words }) =>
        words.length <= end &&
        words.every((w, k) => tokens[end - words.length + k] === w) &&
        (unreal || words.length > 1 || (words[0]?.length ?? 0) > 1),
    );
  const size = tokens.findIndex((t) => SIZE.test(t));
  const before = size < 0 ? size : tokens[size - 1] === '16' || tokens[size - 1] === '8' ? size - 1 : size;
  let end = tokens.length;
  while (end > 0 && (TRAILING.test(tokens[end - 1] as string) || SIZE.test(tokens[end - 1] as string))) end--;
  const likely = (before > 0 ? endingAt(before) : undefined) ?? endingAt(end);
  if (likely) return likely;
  for (let k = end - 1; k > common; k--) {
    const phrase = endingAt(k);
    if (phrase) return phrase;
  }
  return undefined;
}

/** Of normals both ways OpenGL's; what is packed only where no file holds it by itself. */
function eachOnce(found: readonly FoundMap[], left: { file: string; why: string }[]): FoundMap[] {
  const single = new Map<string, FoundMap[]>();
  for (const map of found) {
    if (typeof map.holds !== 'string') continue;
    const key = map.holds === 'smoothness' ? 'roughness' : map.holds;
    single.set(key, [...(single.get(key) ?? []), map]);
  }
  const maps: FoundMap[] = [];
  for (const [kind, of] of single) {
    const up = of.filter((m) => m.y === 'up');
    const chosen = kind === 'normal' && up.length === 1 && of.length > 1 && of.every((m) => m.y) ? up : of;
    for (const m of of)
      if (!chosen.includes(m))
        left.push({ file: m.file, why: `the normals of ${chosen[0]?.file} are the same, with y up` });
    if (chosen.length > 1) throw twice(kind, chosen);
    maps.push(...chosen);
  }
  const packed = found.filter((m) => typeof m.holds !== 'string');
  const held = new Map<string, FoundMap>();
  for (const map of packed) {
    const holds = (map.holds as readonly Held[]).map((h) => {
      const key = h === 'smoothness' ? 'roughness' : h;
      if (key === null || single.has(key)) return null;
      const other = held.get(key);
      if (other) throw twice(key, [other, map]);
      held.set(key, map);
      return h;
    });
    if (holds.some((h) => h !== null)) maps.push({ ...map, holds });
    else left.push({ file: map.file, why: 'other files hold what is packed in it' });
  }
  return maps;
}

const twice = (kind: string, of: readonly FoundMap[]): EngineError =>
  new EngineError(
    'PictureError',
    `${of.map((m) => m.file).join(' and ')} are both a map of ${kind}, by their names`,
    'Take one of them out.',
  );

function nothingFound(files: readonly string[], left: readonly { file: string; why: string }[]): EngineError {
  const notRead = left.filter((l) => l.why.includes('not read'));
  const [some] = files;
  return new EngineError(
    'PictureError',
    notRead.length > 0
      ? `the maps are in formats that are not read: ${notRead.map((l) => l.file).join(', ')}`
      : `no file is named as a map of a material is${some ? `, such as ${some}` : ': there are no files'}`,
    notRead.length > 0
      ? 'Get them as PNG, or convert them: magick in.tga out.png.'
      : 'Name them as name_color.png, name_normal.png, name_roughness.png, name_height.png, name_ao.png.',
  );
}

/** What the names of the maps begin with, up to a whole word; without size and format. */
function commonName(files: readonly string[]): string | undefined {
  const [first = '', ...others] = files.map(stemOf);
  let length = first.length;
  for (const other of others) {
    let k = 0;
    while (k < length && first[k] === other[k]) k++;
    length = k;
  }
  const shared =
    others.length > 0
      ? first
          .slice(0, length)
          .replace(/[A-Za-z]*$/, (end) => (/[_\s-]$/.test(first.slice(0, length - end.length)) ? '' : end))
      : first.replace(/[_-][A-Za-z]+$/, '');
  const name = shared
    .replace(/^T_/, '')
    .replace(/[_\s.-]+$/, '')
    .replace(/[_\s.-]+(\d+k|\d+k?[_-](png|jpe?g))$/i, '');
  return name === '' ? undefined : name;
}
