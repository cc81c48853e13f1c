// Options and pictures that a call does not have are refused, with the one that was meant: not run without.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { setting } from '../../src/base/wording';
import { optionWording } from '../../src/cli/wording';
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

test('options of every op, optimiser and other function of the engine', async () => {
  const g = new toroid.Graph();
  const input = (...shape: number[]): toroid.Node => g.input(shape);
  const [map, square] = [input(3, 8, 8), input(8, 8)];
  const [grids, field] = [input(1, 2, 4, 4), new Float32Array(1)];
  const p = g.state([1, 8, 8], new Float32Array(64), 'p');
  const problem = { g, param: p, objective: (x: toroid.Ref) => toroid.mean(g, x), counter: g.state([1], field) };
  const recipe = toroid.fillRecipe(toroid.builtinRecipe('texture'));
  const on = await device();
  const settings = toroid.fillSettings({});
  const picture = { width: 1, height: 1, data: field } as never;
  const calls: Readonly<Record<string, (wrong: never) => unknown>> = {
    argsort: (o) => toroid.argsort(g, square, o),
    sort: (o) => toroid.sort(g, square, o),
    conv2d: (o) => toroid.conv2d(g, map, input(2, 3, 3, 3), o),
    convTranspose2d: (o) => toroid.convTranspose2d(g, map, input(3, 2, 3, 3), o),
    convNd: (o) => toroid.convNd(g, grids, input(2, 2, 3, 3), o),
    convTransposeNd: (o) => toroid.convTransposeNd(g, grids, input(2, 2, 3, 3), o),
    fft: (o) => toroid.fft(g, map, o),
    ifft: (o) => toroid.ifft(g, map, o),
    ifftReal: (o) => toroid.ifftReal(g, map, o),
    gather: (o) => toroid.gather(g, square, square, o),
    gram: (o) => toroid.gram(g, map, o),
    horizonOcclusion: (o) => toroid.horizonOcclusion(g, map, o),
    matmul: (o) => toroid.matmul(g, square, square, o),
    maxPoolNd: (o) => toroid.maxPoolNd(g, grids, [2, 2], o),
    maxPoolNdArgmax: (o) => toroid.maxPoolNdArgmax(g, grids, [2, 2], o),
    pad: (o) => toroid.pad(g, map, o),
    pool2d: (o) => toroid.pool2d(g, map, o),
    random: (o) => toroid.random(g, [4], o, p),
    reduceAxes: (o) => toroid.reduceAxes(g, map, 'mean', o),
    resize: (o) => toroid.resize(g, map, [4, 4], o),
    shade: (o) => toroid.shade(g, map, map, map, o),
    totalVariation: (o) => toroid.totalVariation(g, map, o),
    lbfgs: (o) => toroid.lbfgs(problem, o),
    qqn: (o) => toroid.qqn(problem, o),
    ascent: (o) => toroid.ascent(problem, o),
    Graph: (o) => new toroid.Graph(o),
    Session: (o) => new toroid.Session(on, recipe, new Map(), o),
    runRecipe: (o) => toroid.runRecipe(on, recipe, new Map(), o),
    growTexture: (o) => toroid.growTexture(on, raster, settings, o),
    fillSettings: (o) => toroid.fillSettings(o),
    profileStage: (o) => toroid.profileStage(on, recipe, new Map(), o),
    tuneRecipe: (o) => toroid.tuneRecipe(on, recipe, new Map(), o),
    plasma: (o) => toroid.plasma(o),
    applyField: (o) => toroid.applyField({} as never, raster, o),
    encodePng: (o) => toroid.encodePng(raster, o),
    pictureOutput: (o) => toroid.pictureOutput('x.png', o),
    previewOutput: (o) => toroid.previewOutput('x.png', [2, 2], o),
    toPng: (o) => new toroid.NodePicture(raster, { record: { recipe } } as never).toPng(o),
    toBlob: (o) => new toroid.NodePicture(raster, { record: { recipe } } as never).toBlob(o),
    save: (o) => new toroid.NodePicture(raster, { record: { recipe } } as never).save('x.png', o),
    saveMap: (o) => toroid.NodeSealedPicture.prototype.saveMap.call(picture, 'height', 'x.png', o),
    files: (o) => toroid.NodeMaterial.prototype.files.call(picture, [], o),
    run: (o) => toroid.remote('http://127.0.0.1:1').run('texture', {}, o),
    texture: (o) => toroid.remote('http://127.0.0.1:1').texture('x.png', o),
  };
  for (const [call, work] of Object.entries(calls)) {
    const message = await said(() => work({ sizeOfAll: 1 } as never));
    assert.match(message, new RegExp(`^${call} has no option sizeOfAll\\.\\n {2}It has \\w+`), call);
  }
  assert.match(
    await said(() => toroid.conv2d(g, map, input(2, 3, 3, 3), { strid: [2, 2] } as never)),
    /^conv2d has no option strid\. Did you mean stride\?\n {2}It has bias, stride, pad, border, relu, algorithm\.$/,
  );
  assert.match(
    await said(() => toroid.growTexture(on, raster, { ...settings, sise: 5 } as never)),
    /^growTexture has no option sise\. Did you mean size\?/,
  );
});

test('values that a setting cannot have are shown, with what it can', async () => {
  const wrong = (options: object): Promise<string> => said(() => toroid.texture(raster, options as never));
  for (const [options, text] of [
    [{ size: 'abc' }, /^size\[0\]: is "abc", but a \w+ is wanted\./],
    [{ size: 7.5 }, /^size\[0\]: is 7\.5, but a whole number is wanted\./],
    [{ size: 16 }, /^size\[0\]: is 16, but must be at least 32 pixels a side\./],
    [{ seed: 'x' }, /^seed: is "x", but a \w+ is wanted\./],
    [{ tile: 'z' }, /^tile: "z" is none of both, x, y, none\./],
    [{ method: 'kopy' }, /^method: "kopy" is none of auto, copy, patches, net\. Did you mean copy\?/],
    [{ polish: 'yes', method: 'copy' }, /^polish: is "yes", but true or false is wanted\./],
  ] as const)
    assert.match(await wrong(options), text);
  const any = (options: object): never => options as never;
  for (const [work, text] of [
    [() => toroid.seal(raster, any({ tile: 'none' })), /^tile: "none" is none of both, x, y\./],
    [() => toroid.seal(raster, any({ keepSize: 'yes' })), /^keepSize: is "yes", but true or false is wanted by seal\./],
    [() => toroid.material(raster, any({ method: 'seel' })), /^method: "seel" is none of auto, .*Did you mean seal\?/],
    [() => toroid.run('texture', { style: raster }, any({ tune: 'of' })), /^tune: "of" is none of off, cached, now\./],
    [
      () => toroid.readPicture('examples/sand.png', any({ most: 'x' })),
      /^most: is "x", but a number is wanted by readPicture\./,
    ],
    [
      () => new toroid.NodePicture(raster, { record: {} } as never).toPng(any({ bits: 9 })),
      /^bits: 9 is none of 8, 16\./,
    ],
  ] as const)
    assert.match(await said(work), text);
  const g = new toroid.Graph();
  const [map, counter] = [g.input([3, 8, 8]), g.state([1], new Float32Array(1), 'counter')];
  for (const [work, text] of [
    [() => toroid.pool2d(g, map, any({ kind: 'min' })), /^kind: "min" is none of max, average, l2\./],
    [() => toroid.resize(g, map, [4, 4], any({ filter: 'cubic' })), /^filter: "cubic" is none of linear, bicubic, /],
    [
      () => toroid.random(g, [4], any({ seed: 1, stream: 1, distribution: 'gauss' }), counter),
      /^distribution: "gauss" is none of uniform, /,
    ],
    [
      () => toroid.conv2d(g, map, g.input([2, 3, 3, 3]), any({ algorithm: 'fft' })),
      /^algorithm: "fft" is none of auto, /,
    ],
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

test('what is said is in the words of the library', async () => {
  const on = { device: await device() };
  const [recipe, none] = [toroid.fillRecipe(toroid.builtinRecipe('texture')), new Map()];
  const missing = /: there is no input style\.\n {2}Add it to the recipe's inputs, or give style among the inputs$/;
  for (const work of [
    () => toroid.run('texture', {}, on),
    () => toroid.runRecipe(on.device, recipe, none),
    () => new toroid.Session(on.device, recipe, none),
    () => toroid.profileStage(on.device, recipe, none),
  ])
    assert.match(await said(work), missing);
  assert.match(await said(() => toroid.run('textur', {}, on)), /or give a recipe of your own, or a picture made by/);
  assert.is(setting('method', 'copy'), "method: 'copy'");
  assert.is(setting('flatten', false), 'flatten: false');
  assert.is(setting('strength', 0), 'strength: 0');
  const heights = new TextEncoder().encode('Pf\n16 16\n-1.0\n');
  const metres = Float32Array.from({ length: 256 }, (_, k) => 900 + k);
  const warnings: string[] = [];
  const onWarning = (text: string): void => void warnings.push(text);
  await toroid.readPicture(new Blob([heights, metres]), { onWarning });
  assert.match(warnings.join(), /holds 900 to 1155: taken as black to white \(keepRange writes such numbers again\)/);
});

test('the command line says the same of its options', () => {
  for (const [said, option] of [
    [optionWording.setting('method', 'copy'), '--method copy'],
    [optionWording.setting('flatten', false), '--no-flatten'],
    [optionWording.setting('strength', 0), '--strength 0'],
    [optionWording.setting('keepRange'), '--keep-range'],
    [optionWording.setting('unchecked', true), '--weights-unchecked'],
    [optionWording.input('style', 'stone.png'), '--input style=stone.png'],
  ])
    assert.is(said, option);
});

test.run();
