import type { NamedBytes } from '../../base/zip';
import type { Material } from '../maps';
import { snake } from './naming';

/** A module that makes a MeshStandardMaterial of the textures beside it. @param textures names of the files that are written */
export function threeFiles(material: Material, textures: readonly string[]): NamedBytes[] {
  const name = snake(material.name);
  const file = (ending: string): string | undefined => textures.find((t) => t.endsWith(`_${ending}.png`));
  const [color, normal, orm, height, emission] = ['color', 'normal', 'orm', 'height', 'emission'].map(file);
  const load = (f: string | undefined, srgb = false): string =>
    `await load(new URL('./${f}', import.meta.url)${srgb ? ', THREE.SRGBColorSpace' : ''})`;
  const lines = [
    color && `map: ${load(color, true)},`,
    normal && `normalMap: ${load(normal)},`,
    orm && `...packed(${load(orm)}),`,
    // Moves the points of the mesh, which needs many: in units of the scene, for a tile that is 1 wide.
    height && `// displacementMap: ${load(height)}, displacementScale: ${material.relief.toFixed(4)},`,
    emission && `emissiveMap: ${load(emission, true)}, emissive: 0xffffff,`,
    !orm && 'roughness: 1,',
    material.maps.has('opacity') && 'alphaTest: 0.5,',
  ].filter((l) => l);
  const wrap = (axis: 'x' | 'y'): string =>
    `THREE.${material.tile === 'both' || material.tile === axis ? 'Repeat' : 'ClampToEdge'}Wrapping`;
  const text = `// import { ${camel(name)} } from './${name}.js'; mesh.material = await ${camel(name)}({ repeat: [3, 3] });
import * as THREE from 'three';

export async function ${camel(name)}({ repeat = [1, 1] } = {}) {
  const loader = new THREE.TextureLoader();
  const load = async (url, colorSpace = THREE.NoColorSpace) => {
    const texture = await loader.loadAsync(url.href);
    Object.assign(texture, { colorSpace, wrapS: ${wrap('x')}, wrapT: ${wrap('y')}, anisotropy: 8 });
    texture.repeat.set(...repeat);
    return texture;
  };
${orm ? `  const packed = (orm) => ({ ${material.maps.has('occlusion') ? 'aoMap: orm, ' : ''}roughnessMap: orm, roughness: 1, metalnessMap: orm, metalness: 1 });\n` : ''}  return new THREE.MeshStandardMaterial({
    name: '${name}',
${lines.map((l) => `    ${l}`).join('\n')}
  });
}
`;
  return [{ name: `${name}.js`, bytes: new TextEncoder().encode(text) }];
}

/** `old_wall_2`: `oldWall2`; a name that begins with a digit gets a letter before it. */
const camel = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, c: string) => c.toUpperCase()).replace(/^(?=[0-9])/, 'm');
