import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findMaps } from '../../src/material/names';

const test = suite('names of maps');

/** Files, and what each is to be taken for: `-` for none; `name` is that of the material. */
const SETS: Readonly<Record<string, { name?: string; files: Record<string, string> }>> = {
  ambientCG: {
    name: 'MetalPlates001',
    files: {
      'MetalPlates001_1K-PNG_Color.png': 'color',
      'MetalPlates001_1K-PNG_Displacement.png': 'height',
      'MetalPlates001_1K-PNG_Metalness.png': 'metalness',
      'MetalPlates001_1K-PNG_NormalDX.png': '-',
      'MetalPlates001_1K-PNG_NormalGL.png': 'normal up',
      'MetalPlates001_1K-PNG_Roughness.png': 'roughness',
      'MetalPlates001_1K-PNG_AmbientOcclusion.png': 'occlusion',
      'MetalPlates001.png': '-',
      'MetalPlates001_PREVIEW.jpg': '-',
      'MetalPlates001_1K-PNG.usdc': '-',
    },
  },
  'ambientCG, a metal by number': {
    name: 'Metal032',
    files: { 'Metal032_2K-JPG_Color.jpg': 'color', 'Metal032_2K-JPG_Roughness.jpg': 'roughness' },
  },
  'Poly Haven': {
    name: 'rusty_metal_02',
    files: {
      'textures/rusty_metal_02_ao_1k.jpg': 'occlusion',
      'textures/rusty_metal_02_arm_1k.jpg': '-,-,metalness',
      'textures/rusty_metal_02_diff_1k.jpg': 'color',
      'textures/rusty_metal_02_disp_1k.png': 'height',
      'textures/rusty_metal_02_nor_dx_1k.png': '-',
      'textures/rusty_metal_02_nor_gl_1k.exr': 'normal up',
      'textures/rusty_metal_02_rough_1k.exr': 'roughness',
      'textures/rusty_metal_02_spec_1k.tga': '-',
    },
  },
  'Substance, for Unreal': {
    name: 'Wall',
    files: {
      'Wall_BaseColor.png': 'color',
      'Wall_Normal.png': 'normal',
      'Wall_OcclusionRoughnessMetallic.png': 'occlusion,roughness,metalness',
      'Wall_Emissive.png': 'emission',
    },
  },
  'Substance, for Unity': {
    files: {
      'Wall_AlbedoTransparency.png': 'color',
      'Wall_MetallicSmoothness.png': 'metalness,-,-,smoothness',
      'Wall_Normal_OpenGL.png': 'normal up',
    },
  },
  'Substance, plain': {
    files: {
      'stone_basecolor.png': 'color',
      'stone_glossiness.png': 'smoothness',
      'stone_ambientOcclusion.png': 'occlusion',
      'stone_height.png': 'height',
      'stone_metallic.png': 'metalness',
    },
  },
  Unreal: {
    name: 'Rock',
    files: {
      'T_Rock_BC.png': 'color',
      'T_Rock_N.png': 'normal',
      'T_Rock_ORM.png': 'occlusion,roughness,metalness',
      'T_Rock_H.png': 'height',
    },
  },
  Unity: {
    files: {
      'Rock_BaseMap.png': 'color',
      'Rock_Normal.png': 'normal',
      'Rock_MaskMap.png': 'metalness,occlusion,-,smoothness',
      'Rock_Height.png': 'height',
      'Rock_BaseMap.png.meta': '-',
    },
  },
  Poliigon: {
    files: {
      'd/MetalSpottyDiscoloration001_COL_2K_METALNESS.jpg': 'color',
      'd/MetalSpottyDiscoloration001_Cube.jpg': '-',
      'd/MetalSpottyDiscoloration001_DISP16_2K_METALNESS.tif': 'height',
      'd/MetalSpottyDiscoloration001_METALNESS_2K_METALNESS.jpg': 'metalness',
      'd/MetalSpottyDiscoloration001_NRM_2K_METALNESS.jpg': 'normal',
      'd/MetalSpottyDiscoloration001_ROUGHNESS_2K_METALNESS.jpg': 'roughness',
    },
  },
  TextureCan: {
    files: {
      'metal_0010_ao_1k.jpg': 'occlusion',
      'metal_0010_color_1k.jpg': 'color',
      'metal_0010_normal_directx_1k.png': '-',
      'metal_0010_normal_opengl_1k.png': 'normal up',
    },
  },
  'words after the map, words of other maps before it': {
    name: 'metal_color_chart',
    files: {
      'metal_color_chart-albedo-final.png': 'color',
      'metal_color_chart-roughness-final.png': 'roughness',
      '__MACOSX/._metal_color_chart-roughness-final.png': '-',
    },
  },
};

for (const [of, { name, files }] of Object.entries(SETS)) {
  test(of, () => {
    const found = findMaps(Object.keys(files));
    const taken = Object.fromEntries(
      found.maps.map((m) => [
        m.file,
        typeof m.holds === 'string' ? [m.holds, ...(m.y ? [m.y] : [])].join(' ') : m.holds.map((h) => h ?? '-').join(),
      ]),
    );
    assert.equal(Object.fromEntries(Object.keys(files).map((f) => [f, taken[f] ?? '-'])), files);
    if (name) assert.is(found.name, name);
  });
}

test('what is packed gives way to a file of its own, and is said; so are DirectX normals beside OpenGL ones', () => {
  const { left } = findMaps(['a_arm.png', 'a_ao.png', 'a_rough.png', 'a_metal.png', 'a_nor_gl.png', 'a_nor_dx.png']);
  assert.equal(Object.fromEntries(left.map((l) => [l.file, l.why])), {
    'a_arm.png': 'other files hold what is packed in it',
    'a_nor_dx.png': 'the normals of a_nor_gl.png are the same, with y up',
  });
});

test('two candidates are both named; so are formats that are not read, and that there is no map', () => {
  assert.throws(
    () => findMaps(['a_diff.png', 'a_albedo.jpg']),
    /a_diff\.png and a_albedo\.jpg are both a map of color/,
  );
  assert.throws(
    () => findMaps(['a_rough.png', 'a_gloss.png']),
    /a_rough\.png and a_gloss\.png are both a map of roughness/,
  );
  assert.throws(() => findMaps(['a_orm.png', 'a_MaskMap.png']), /a_orm\.png and a_MaskMap\.png/);
  assert.throws(() => findMaps(['a_diff.tga']), /formats that are not read: a_diff\.tga/);
  assert.throws(() => findMaps(['holiday.jpg']), /no file is named as a map.*holiday\.jpg/s);
  assert.throws(() => findMaps([]), /there are no files/);
});

test.run();
