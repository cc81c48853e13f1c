// The page of a material: one file that asks for nothing, and lights as renders do.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MadeMaterial, scoresOf } from '../../src/app/material';
import { toEncoded } from '../../src/base/srgb';
import { materialPage } from '../../src/cli/page/material_page';
import type { MapKind, Material } from '../../src/material/maps';
import { shadedTile } from '../../src/material/render';
import { closeBrowser, openBrowser } from '../support/browser';
import { device } from '../support/device';
import { waves } from '../support/material';
import { needs } from '../support/needs';

const test = suite('page of a material');
const browser = await openBrowser();
test.after(closeBrowser);

async function pageOf(material: Material): Promise<string> {
  const color = material.maps.get('color')!.data;
  const scores = await scoresOf(await device(), { material, clipped: { height: 0.015 } }, color);
  return materialPage(new MadeMaterial(material, scores, 'taken <as> it is', {}));
}

/** The same everywhere: a yellow that leans, of which no map is metalness. */
function leaning(): Material {
  const values: Partial<Record<MapKind, readonly number[]>> = {
    color: [0.8, 0.6, 0.2],
    normal: [170 / 255, 110 / 255, 240 / 255],
    height: [0.5],
    occlusion: [0.8],
    roughness: [0.4],
  };
  const { maps, ...rest } = waves(16);
  const even = [...maps.values()].flatMap((map) => {
    const value = values[map.kind];
    return value ? [{ ...map, data: map.data.map((_, i) => value[Math.floor(i / 256)] ?? 0) }] : [];
  });
  return { ...rest, maps: new Map(even.map((map) => [map.kind, map])) };
}

test('it has every map and every score, and no address', async () => {
  const waved = waves(32);
  const text = await pageOf({ ...waved, assumed: { ...waved.assumed, relief: '0.1 of the width' } });
  assert.is(text.split('<dt>relief</dt>').length, 2, 'said once');
  for (const kind of waves(32).maps.keys())
    assert.match(text, new RegExp(`<img id="map-${kind}" src="data:image/webp`));
  assert.match(text, /<td>height<\/td><td>seamless, z -?\d+\.\d<\/td><td>seamless, z -?\d+\.\d<\/td><td>1\.5 %/);
  assert.match(text, /taken &lt;as&gt; it is/);
  assert.not.match(text.replaceAll(/base64,[\w+/=]+/g, ''), /https?:|src="(?!data:)/);
  assert.match(text, /default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-\S+ script-src &#39;sha256-/);
});

needs(
  test,
  browser,
  'no browser starts here',
)('a browser lights it as renders are, and asks for nothing', async () => {
  const material = leaning();
  const page = await browser!.newPage({ viewport: { width: 400, height: 400 } });
  const said: string[] = [];
  page.on('pageerror', (error) => said.push(error.message));
  page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
  page.on('request', (request) => request.url().startsWith('data:') || said.push(request.url()));
  await page.setContent(await pageOf(material));
  await page.waitForSelector('#lit[data-drawn]');
  for (const azimuth of [0, 200]) {
    const seen = await page.evaluate((degrees) => {
      const set = (id: string, value: number): void => {
        const input = document.getElementById(id) as HTMLInputElement;
        input.value = String(value);
        input.dispatchEvent(new Event('input'));
      };
      set('tilt', 0);
      set('height', 49);
      set('azimuth', degrees);
      const lit = document.getElementById('lit') as HTMLCanvasElement;
      const copy = document.createElement('canvas').getContext('2d')!;
      copy.drawImage(lit, lit.width / 4, lit.height / 2, 1, 1, 0, 0, 1, 1);
      return [...copy.getImageData(0, 0, 1, 1).data];
    }, azimuth);
    const lit = await shadedTile(await device(), material, [azimuth, 49]);
    const want = [0, 256, 512].map((i) => 255 * toEncoded(Math.min(1, lit[i] ?? 0)));
    for (const [k, v] of want.entries())
      assert.ok(Math.abs((seen[k] ?? 0) - v) < 5, `sun from ${azimuth}: ${seen} in the page, ${want} in a render`);
  }
  assert.equal(said, []);
  await page.close();
});

test.run();
