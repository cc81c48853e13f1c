// Options and pictures that a call does not have are refused, with the one that was meant: not run without.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import * as toroid from '../../src/index.node';
import { loadNet as loadInPage } from '../../src/web/api/net';
import { device } from '../support/device';

const test = suite('unknown options');
const raster = { width: 32, height: 32, data: new Float32Array(3 * 32 * 32) };

async function said(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, EngineError, `${error}`);
    return (error as EngineError).message;
  }
  throw new Error('nothing was refused');
}

test('options of every call', async () => {
  const g = new toroid.Graph();
  const p = g.state([1], new Float32Array(1), 'p');
  const any = (options: object): never => options as never;
  const on = { device: await device() };
  for (const [work, text] of [
    [() => toroid.texture(raster, any({ sizee: 64, ...on })), /texture has no option sizee\. Did you mean size\?/],
    [() => toroid.texture(raster, any({ Seed: 1 })), /texture has no option Seed\. Did you mean seed\?/],
    [() => toroid.run('texture', { style: raster }, any({ sead: 1 })), /run has no option sead\. Did you mean seed\?/],
    [() => toroid.seal(raster, any({ keepsize: true })), /seal has no option keepsize\. Did you mean keepSize\?/],
    [() => toroid.material(raster, any({ presett: 'wood' })), /material has no option presett\. Did you mean preset\?/],
    [() => toroid.readPicture('x.png', any({ mosts: 1 })), /readPicture has no option mosts\. Did you mean most\?/],
    [
      () => toroid.loadNet('vgg19', any({ uncheked: true })),
      /loadNet has no option uncheked\. Did you mean unchecked\?/,
    ],
    [
      () => loadInPage(new ArrayBuffer(1), any({ onprogress: 1 })),
      /loadNet has no option onprogress\. Did you mean onP/,
    ],
    [() => toroid.open(any({ requireGPU: true })), /open has no option requireGPU\. Did you mean requireGpu\?/],
    [
      async () => toroid.Plan.compile(await device(), g, [p], any({ scaler: 'f32' })),
      /Plan\.compile has no option scaler\. Did you mean scalar\?/,
    ],
    [() => toroid.adam(g, p, p, any({ rate: 1, epsilon: 1 })), /adam has no option epsilon\.[\s\S]*It has rate, /],
    [() => toroid.texture(raster, 64 as never), /the options of texture are an object, got 64/],
  ] as const)
    assert.match(await said(work), text);
});

test('pictures that a recipe has no use for', async () => {
  const on = { device: await device() };
  assert.match(
    await said(() => toroid.run('texture', { styl: raster }, on)),
    /^the recipe texture has no input styl\. Did you mean style\?\n {2}Its inputs: style\.$/,
  );
  assert.match(await said(() => toroid.run('texture', { style: raster, mask: raster }, on)), /has no input mask\./);
});

test.run();
