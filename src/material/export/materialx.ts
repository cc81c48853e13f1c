// MaterialX 1.39: https://github.com/AcademySoftwareFoundation/MaterialX/tree/main/documents/Specification
import type { NamedBytes } from '../../base/zip';
import type { Material } from '../maps';
import { snake } from './naming';

/** How pictures are laid: `tiledimage`, or by hexagons, each with another part of the tile, so that nothing repeats. */
type Layout = 'tiled' | 'hextiled';

/**
 * Two materials of standard_surface: one tiles, as what is regular wants it, one lays hexagons, for what is not (stone, earth, plaster).
 * These are moved, and neither turned nor scaled: light would fall from elsewhere on what has a grain.
 * @param textures names of the files that are written
 */
export function materialxFiles(material: Material, textures: readonly string[]): NamedBytes[] {
  const name = snake(material.name).replace(/^(?=[0-9])/, 'm');
  const { widthCm, width, height } = material;
  const size =
    widthCm === undefined ? '' : ` A tile is ${widthCm} x ${Number(((widthCm * height) / width).toFixed(3))} cm.`;
  const bodies = (['tiled', 'hextiled'] as const).map((layout) => surface(name, material, textures, layout));
  const text = `<?xml version="1.0"?>
<!-- Tiles of any number: uvtiling and tiling.${size} -->
<materialx version="1.39" colorspace="lin_rec709"${widthCm === undefined ? '' : ' distanceunit="centimeter"'}>
${bodies.join('\n')}
</materialx>
`;
  return [{ name: `${snake(material.name)}.mtlx`, bytes: new TextEncoder().encode(text) }];
}

function surface(name: string, material: Material, textures: readonly string[], layout: Layout): string {
  const id = layout === 'tiled' ? name : `${name}_${layout}`;
  const file = (ending: string): string | undefined =>
    textures.find((t) => t.replace(/\.[a-z]+$/, '').endsWith(`_${ending}`));
  const [color, normal, orm, opacity, emission, height] = [
    'basecolor',
    'normal',
    'orm',
    'opacity',
    'emission',
    'height',
  ].map(file);
  const nodes: string[] = [];
  const outputs: string[] = [];
  const inputs: string[] = [];
  const connect = (input: string, type: string, node: string): void => {
    outputs.push(`    <output name="${node}_out" type="${type}" nodename="${node}"/>`);
    inputs.push(`    <input name="${input}" type="${type}" nodegraph="NG_${id}" output="${node}_out"/>`);
  };
  /** Both kinds of nodes have it for colours; numbers are taken out of one. */
  const channel = (input: string, node: string, index: number): void => {
    const own = `${node}_${index}`;
    nodes.push(
      `    <extract name="${own}" type="float">\n      <input name="in" type="color3" nodename="${node}"/>\n` +
        `      <input name="index" type="integer" value="${index}"/>\n    </extract>`,
    );
    connect(input, 'float', own);
  };
  if (color) {
    nodes.push(image('basecolor', color, layout, material, ' colorspace="srgb_texture"'));
    connect('base_color', 'color3', 'basecolor');
  }
  if (orm) {
    nodes.push(image('orm', orm, layout, material));
    channel('specular_roughness', 'orm', 1);
    channel('metalness', 'orm', 2);
  }
  if (normal) {
    nodes.push(normalMap(normal, layout, material));
    connect('normal', 'vector3', 'normal');
  }
  if (opacity) {
    nodes.push(image('opacity', opacity, layout, material));
    connect('opacity', 'color3', 'opacity');
  }
  if (emission) {
    nodes.push(image('emission', emission, layout, material, ' colorspace="srgb_texture"'));
    inputs.push('    <input name="emission" type="float" value="1"/>');
    connect('emission_color', 'color3', 'emission');
  }
  const moved = height !== undefined && layout === 'tiled';
  if (moved) {
    nodes.push(
      `    <tiledimage name="height" type="float">\n      <input name="file" type="filename" value="${height}"/>\n${tiling(layout, material)}    </tiledimage>`,
    );
    outputs.push('    <output name="height_out" type="float" nodename="height"/>');
  }
  return `  <nodegraph name="NG_${id}">
${nodes.join('\n')}
${outputs.join('\n')}
  </nodegraph>
  <standard_surface name="SR_${id}" type="surfaceshader">
${orm ? '' : '    <input name="specular_roughness" type="float" value="1"/>\n'}${inputs.join('\n')}
  </standard_surface>
${moved ? displacement(id, material) : ''}  <surfacematerial name="${id}" type="material">
    <input name="surfaceshader" type="surfaceshader" nodename="SR_${id}"/>
${moved ? `    <input name="displacementshader" type="displacementshader" nodename="DS_${id}"/>\n` : ''}  </surfacematerial>`;
}

/** In units of the scene, for a tile that is 1 wide; or as wide as it says. */
const displacement = (
  id: string,
  { relief, widthCm }: Material,
): string => `  <displacement name="DS_${id}" type="displacementshader">
    <input name="displacement" type="float" nodegraph="NG_${id}" output="height_out"/>
    <input name="scale" type="float" value="${(relief * (widthCm ?? 1)).toFixed(5)}"/>
  </displacement>
`;

function tiling(layout: Layout, { widthCm, width, height }: Material): string {
  if (layout === 'hextiled') {
    return ['rotation', 'scale'].map((n) => `      <input name="${n}" type="float" value="0"/>\n`).join('');
  }
  if (widthCm === undefined) return '      <input name="uvtiling" type="vector2" value="1, 1"/>\n';
  const size = `${widthCm}, ${Number(((widthCm * height) / width).toFixed(3))}`;
  return ['realworldimagesize', 'realworldtilesize']
    .map((n) => `      <input name="${n}" type="vector2" value="${size}" unittype="distance" unit="centimeter"/>\n`)
    .join('');
}

const image = (name: string, file: string, layout: Layout, material: Material, space = ''): string =>
  `    <${layout}image name="${name}" type="color3">\n      <input name="file" type="filename" value="${file}"${space}/>\n` +
  `${tiling(layout, material)}    </${layout}image>`;

const normalMap = (file: string, layout: Layout, material: Material): string =>
  layout === 'hextiled'
    ? `    <hextilednormalmap name="normal" type="vector3">\n      <input name="file" type="filename" value="${file}"/>\n${tiling(layout, material)}    </hextilednormalmap>`
    : `    <tiledimage name="normal_sample" type="vector3">\n      <input name="file" type="filename" value="${file}"/>\n${tiling(layout, material)}    </tiledimage>\n` +
      '    <normalmap name="normal" type="vector3">\n      <input name="in" type="vector3" nodename="normal_sample"/>\n    </normalmap>';
