import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname, join, parse } from 'node:path';
import { type Command, Option } from 'commander';
import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import { open } from '../gpu/open.node';
import { ensureAdapter } from '../gpu/software.node';
import { knownWeights } from '../nets/weights';
import { loadNet, resolveWeights } from '../nets/weights.node';
import { seamScore, verdict } from '../recipes/scores/seam';
import { growTexture, type TextureResult } from '../recipes/texture';
import { fillSettings, type TextureSettings } from '../recipes/texture_settings';
import { parseLayers, parseSize, parseWhole, setting, suggestion, usage } from './arguments';
import { sameFile } from './files';
import {
  type Bits,
  checkPreview,
  ensureWritable,
  previewName,
  readPicture,
  writePicture,
  writePreview,
} from './picture';
import { duration, Report } from './report';
import { STOPPED, type Stop, stopOnSignal } from './stop';
import { VERSION } from './version';

interface Options {
  out?: string;
  size: [number, number];
  seed: number;
  net: string;
  tile: TextureSettings['tile'];
  steps?: number;
  scales?: number;
  canvas: TextureSettings['canvas'];
  layers?: string[];
  pooling?: TextureSettings['pooling'];
  weightsUnchecked?: boolean;
  saveScales?: string;
  bits: '8' | '16';
  preview?: [number, number];
  requireGpu?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** More pixels say nothing more of a texture's look, and cost time and memory at every step. */
const EXEMPLAR_PIXELS = 2 ** 20;

const defaults = fillSettings({});
const option = (flags: string, about: string, parse: (text: string) => unknown): Option =>
  new Option(flags, about).argParser(parse);

export function addTexture(program: Command, preview: () => Option): void {
  program
    .command('texture')
    .summary('grow a seamless texture from a picture')
    .description('Grows a seamless texture that looks like a picture.')
    .argument('<exemplar>', 'picture to take the look from: PNG, JPEG, WebP, TIFF, GIF or AVIF')
    .option('-o, --out <file>', 'picture to write: .png, .webp, .jpg or .tiff (default: <exemplar>.tile.png here)')
    .addOption(
      option('--size <WxH>', 'size in pixels, or one number for a square', setting('size', parseSize)).default(
        defaults.size,
        defaults.size.join('x'),
      ),
    )
    .addOption(option('--seed <n>', 'same seed, same picture', setting('seed', parseWhole)).default(defaults.seed))
    .option(
      '--net <name>',
      'what compares: patches (needs no weights), a name of `toroid weights list`, or an .onnx file',
      defaults.net,
    )
    .addOption(new Option('--tile <axes>', 'axes to tile').choices(['both', 'x', 'y', 'none']).default(defaults.tile))
    .addOption(option('--steps <n>', 'steps at each scale (default: by net)', setting('steps', parseWhole)))
    .addOption(option('--scales <n>', 'sizes from coarse to fine (default: by size)', setting('scales', parseWhole)))
    .addOption(
      new Option('--canvas <kind>', 'what it starts from').choices(['noise', 'plasma']).default(defaults.canvas),
    )
    .addOption(
      option('--layers <list>', 'layers of the net to compare at, as relu1_1,relu2_1 (default: by net)', parseLayers),
    )
    .addOption(
      new Option('--pooling <kind>', 'how the net shrinks (default: by net)').choices(['average', 'max', 'l2']),
    )
    .option('--weights-unchecked', 'take the weights as they are, whatever their checksum')
    .option('--save-scales <folder>', 'also write each scale: scale-1-64x64.png ...')
    .addOption(new Option('--bits <n>', 'bits a channel').choices(['8', '16']).default('8'))
    .addOption(preview())
    .option('--require-gpu', 'fail rather than run on the processor')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the result, and errors')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid texture stone.jpg\n' +
        '  toroid texture stone.jpg --size 512x256 --seed 7 -o out/stone.png\n' +
        '  toroid texture planks.png --tile x --bits 16 --preview 3x1\n\n' +
        'Ctrl-C stops early and writes what there is; a second one leaves at once.',
    )
    .action(texture);
}

/** Order matters: everything that can be refused is refused before the adapter is opened and anything is said. */
async function texture(exemplarFile: string, options: Options): Promise<void> {
  const { size, seed, tile, canvas, steps, scales, preview: times, saveScales, layers, pooling } = options;
  const early: string[] = []; // said when it is known which process does the work
  const net = netOf(options);
  const chosen = { steps, scales, layers, pooling };
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
  const settings = fillSettings({ size, seed, net, tile, canvas, ...given });
  const out = options.out ?? `${parse(exemplarFile).name}.tile.png`;
  const bits = Number(options.bits) as Bits;
  spareExemplar(exemplarFile, out, options);
  const report = new Report(options.quiet === true);
  const stop = stopOnSignal(() => report.say('Stopping; what there is will be written (Ctrl-C again leaves at once)'));
  const nothing = (): void => {
    report.say('Stopped before there was anything to write');
    process.exitCode = STOPPED;
    if (options.json) process.stdout.write(`${JSON.stringify({ file: null, stopped: true }, null, 2)}\n`);
  };
  const exemplar = await readPicture(exemplarFile, { most: EXEMPLAR_PIXELS, onNotice: (text) => early.push(text) });
  const { width: w, height: h } = exemplar;
  const source = { name: basename(exemplarFile), width: w, height: h, sha256: sha256(readFileSync(exemplarFile)) };
  if (times) checkPreview(size, times);
  ensureWritable(out, bits);
  if (times) ensureWritable(previewName(out, times));
  if (saveScales !== undefined) ensureWritable(join(saveScales, 'scale-1.png'));

  const device = await openDevice(options.requireGpu === true, stop);
  if (typeof device === 'number') {
    process.exitCode = device; // a process with a driver has done it all
    return;
  }
  if (!device) return nothing();
  const { description, software } = device.adapter;
  report.say(`Running on ${description}${software ? ', which is software: expect minutes, not seconds' : ''}`);
  for (const text of early) report.notice(text);
  const started = performance.now();
  const saved: string[] = [];
  try {
    const result = await growTexture(device, exemplar, settings, {
      signal: stop.signal,
      loadNet: (name) => loadNet(name, { unchecked: options.weightsUnchecked === true }),
      onNotice: (text) => report.notice(text),
      onProgress: (p) => report.progress(p, size),
      onScale: async ({ scale, raster }) => {
        if (saveScales === undefined) return;
        const file = join(saveScales, `scale-${scale + 1}-${raster.width}x${raster.height}.png`);
        await writePicture(file, raster, { bits: 8 });
        saved.push(file);
      },
    });
    report.end();
    if (result.scales.every((s) => s.steps === 0)) return nothing();
    if (result.stopped) process.exitCode = STOPPED;
    const record = recordOf(source, result, device);
    const metadata = { Software: `toroid ${VERSION}`, toroid: JSON.stringify(record) };
    await writePicture(out, result.raster, { bits, metadata });
    const shown = times && (await writePreview(out, result.raster, times));
    const seconds = (performance.now() - started) / 1000;
    const seam = seamScore(result.raster);
    if (shown) report.say(`Preview: ${shown}`);
    const axes = ({ both: ['x', 'y'], x: ['x'], y: ['y'], none: [] } as const)[tile];
    // z says more than the ratio: lines of bricks differ twofold among themselves, without any seam.
    const joins = axes.map((axis) => `${axis} ${verdict(seam[axis])} (z ${seam[axis].z.toFixed(1)})`).join(', ');
    report.say(`${result.stopped ? 'Stopped' : 'Done'} after ${duration(seconds)}${joins && `; joins: ${joins}`}`);
    const { width, height } = result.raster;
    const files = { file: out, ...(shown && { preview: shown }), ...(saveScales !== undefined && { saved }) };
    const run = { stopped: result.stopped, seconds, seam, scales: result.scales, notices: report.notices };
    const json = { ...files, width, height, bits, ...record, ...run };
    process.stdout.write(options.json ? `${JSON.stringify(json, null, 2)}\n` : `${out}\n`);
  } finally {
    report.end();
    stop.release();
    device.close();
  }
}

/** A net by name or by file, whose weights are on this machine; looked for before any work. */
function netOf({ net, layers, pooling }: Options): string {
  const names = ['patches', ...knownWeights.map((w) => w.name)];
  if (!names.includes(net) && extname(net).toLowerCase() !== '.onnx') {
    usage(`--net ${net}: no such net`, `${suggestion(net, names)} Or give the path of an .onnx file.`);
  }
  const unused = layers ? '--layers' : '--pooling';
  if (net === 'patches' && (layers || pooling)) {
    usage(`${unused} is for networks, and --net is patches`, `Add --net vgg19, say, or leave out ${unused}.`);
  }
  if (net !== 'patches') resolveWeights(net);
  return net;
}

/** Whatever is written, the exemplar is not lost. */
function spareExemplar(exemplar: string, out: string, { preview, saveScales }: Options): void {
  if (sameFile(out, exemplar)) usage(`--out ${out} is the exemplar itself`, 'Choose another name for the result.');
  const shown = preview && previewName(out, preview);
  if (shown && sameFile(shown, exemplar)) {
    usage(`the preview, ${shown}, would replace the exemplar`, 'Choose another --out.');
  }
  const isScale = /^scale-\d+-\d+x\d+\.png$/.test(basename(exemplar));
  if (saveScales !== undefined && isScale && sameFile(saveScales, dirname(exemplar))) {
    usage(`--save-scales ${saveScales} may replace the exemplar`, 'Choose another folder.');
  }
}

/**
 * The device; or the exit code of a process restarted with a driver that did all the work instead; or null when the
 * user stopped it.
 */
async function openDevice(requireGpu: boolean, stop: Stop): Promise<Device | number | null> {
  let device: Device | undefined;
  const probe = async (): Promise<boolean> => {
    try {
      device = await open({ requireGpu });
      return true;
    } catch (error) {
      if (!requireGpu && error instanceof EngineError && error.code === 'AdapterError') return false;
      throw error;
    }
  };
  const options = { signal: stop.signal, onRestart: stop.release };
  const elsewhere = requireGpu ? null : await ensureAdapter(probe, options);
  if (elsewhere !== null) return elsewhere;
  if (!stop.signal.aborted) return device ?? open({ requireGpu });
  device?.close();
  return null;
}

/** What it takes to make the same picture again; goes into its file, so it holds no times and no folders. */
function recordOf(exemplar: object, { settings }: TextureResult, device: Device): Record<string, unknown> {
  const adapter = { name: device.adapter.description, software: device.adapter.software };
  return { version: VERSION, command: 'texture', settings, exemplar, adapter };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
