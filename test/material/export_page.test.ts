// Textures and models in a page, by the loaders of three.js.
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportMaterial } from '../../src/material/export/export';
import { encodeKtx2 } from '../../src/node/ktx2';
import { ALL } from '../support/all';
import { closeBrowser, openBrowser } from '../support/browser';
import { waves } from '../support/material';
import { needs } from '../support/needs';
import { serve } from '../support/web/server';

const test = suite('export of materials, in a page');

/** No formats of a GPU: levels come as RGBA. */
const PAGE = `
  import { KTX2Loader } from 'three/examples/jsm/loaders/KTX2Loader.js';
  import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js';
  const loader = new KTX2Loader().setTranscoderPath('/basis/');
  loader.workerConfig = {};
  const models = new GLTFLoader().setKTX2Loader(loader);
  globalThis.texture = async (url) => {
    const { mipmaps, colorSpace, width, height } = await loader.loadAsync(url);
    return { colorSpace, sizes: mipmaps.map((m) => m.width), first: Array.from(mipmaps[0].data) };
  };
  globalThis.model = async (url) => {
    const { scene } = await models.loadAsync(url);
    const { material, geometry } = scene.children[0];
    const { map, normalMap, roughnessMap, aoMap, metalnessMap } = material;
    return {
      points: geometry.attributes.position.count,
      repeat: [map, normalMap, roughnessMap].map((t) => t.repeat.toArray()),
      one: aoMap.source === roughnessMap.source && roughnessMap.source === metalnessMap.source,
      space: [map.colorSpace, normalMap.colorSpace],
      side: map.image.width,
      mips: [map, normalMap, roughnessMap].map((t) => t.mipmaps.length),
    };
  };
`;

const browser = ALL ? await openBrowser() : null;
needs(
  test,
  browser,
  ALL ? 'no browser starts here' : 'long, see npm run test:all',
)('three.js reads .ktx2, and .glb with PNG and with KTX2 inside', async () => {
  const material = waves(32);
  const { files } = await exportMaterial(material, ['three'], { ktx2: encodeKtx2, glb: 'sphere' });
  const plain = await exportMaterial(material, ['gltf'], { glb: 'sphere' });
  const script = await build({
    stdin: { contents: PAGE, resolveDir: resolve('.') },
    ...{ bundle: true, format: 'esm', platform: 'browser', write: false, logLevel: 'error' },
  });
  const server = await serve({
    files: {
      '/': '<!doctype html><title>export</title><script type="module" src="page.js"></script>',
      '/page.js': script.outputFiles?.[0]?.text ?? '',
      ...Object.fromEntries(files.map((f) => [`/${f.name}`, f.bytes])),
      '/plain.glb': plain.files[0]!.bytes,
    },
    folders: { '/basis/': 'node_modules/three/examples/jsm/libs/basis' },
  });
  const page = await browser!.newPage();
  await page.goto(`${server.url}/`);
  await page.waitForFunction(() => 'model' in globalThis);
  type Texture = { colorSpace: string; sizes: number[]; first: number[] };
  const texture = (name: string): Promise<Texture> =>
    page.evaluate(
      (url) => (globalThis as unknown as { texture(u: string): Promise<Texture> }).texture(url),
      `/${name}`,
    );
  const color = await texture('old_wall_color.ktx2');
  assert.equal([color.colorSpace, color.sizes], ['srgb', [32, 16, 8, 4, 2, 1]]);
  const normal = await texture('old_wall_normal.ktx2');
  assert.is(normal.colorSpace, '');
  const own = material.maps.get('normal')!.data;
  let off = 0;
  for (let i = 0; i < 1024; i++)
    for (const c of [0, 1, 2]) off += Math.abs(normal.first[4 * i + c]! / 255 - own[c * 1024 + i]!) / 3072;
  assert.ok(off < 0.01, `normals are off by ${off}`);
  for (const [file, mips] of [
    ['plain.glb', 0],
    ['old_wall.glb', 6],
  ] as const) {
    const model = await page.evaluate(
      (url) => (globalThis as unknown as { model(u: string): Promise<unknown> }).model(url),
      `/${file}`,
    );
    assert.equal(
      model,
      {
        points: 65 * 33,
        repeat: new Array(3).fill([4, 2]),
        one: true,
        space: ['srgb', ''],
        side: 32,
        mips: new Array(3).fill(mips),
      },
      file,
    );
  }
  await page.close();
  await server.close();
  await closeBrowser();
});

test.run();
