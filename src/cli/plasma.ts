import { type Command, Option } from 'commander';
import { VERSION } from '../base/version';
import { isStdout } from '../node/files';
import { type Bits, checkPreview, ensureWritable, previewName, writePicture, writePreview } from '../node/picture';
import { plasma } from '../recipes/init/plasma';
import { parseNumber, parseSize, parseTimes, parseWhole, setting, usage } from './arguments';
import { addClobberOptions, type ClobberOptions, checkClobber, makeWay } from './clobber';

interface Options extends ClobberOptions {
  size: [number, number];
  seed: number;
  amplitude: number;
  power?: number;
  stretch?: boolean;
  bits: '8' | '16';
  preview?: [number, number];
  json?: boolean;
}

/** Longest side, pixels: as floats, 0.8 GB. */
const MOST = 8192;

export function addPlasma(program: Command): void {
  const command = program
    .command('plasma')
    .summary('paint seamless plasma (diamond-square on a torus); needs no GPU')
    .description(
      'Paints seamless plasma: diamond-square on a torus. The same settings give the same bytes. Needs no GPU.',
    )
    .option('-o, --out <file>', 'picture to write (default: plasma.png, with --seed 7 plasma.seed7.png)')
    .addOption(
      new Option('--size <WxH>', 'size in pixels, or one number for a square')
        .argParser(parseSize)
        .default([256, 256], '256x256'),
    )
    .addOption(new Option('--seed <n>', 'seed of the random numbers').argParser(setting('seed', parseWhole)).default(1))
    .option('--amplitude <a>', 'strength of the noise, on a 0..255 scale', parseNumber, 100)
    .option('--power <p>', 'smoothness: noise fades as size^-p (default: 1.4, or 0.5 with --stretch)', parseNumber)
    .option('--stretch', 'stretch every band to the full range')
    .addOption(new Option('--bits <n>', 'bits a channel').choices(['8', '16']).default('8'))
    .option('--preview <NxM>', 'also write the tile repeated, as <name>.3x3.png', parseTimes);
  addClobberOptions(command)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  toroid plasma -o clouds.png --size 512x256 --seed 7\n  toroid plasma --power 1 --preview 3x3',
    )
    .action(async (options: Options) => {
      const { size, seed, amplitude, stretch = false, preview: times } = options;
      const out = options.out ?? (seed === 1 ? 'plasma.png' : `plasma.seed${seed}.png`);
      const power = options.power ?? (stretch ? 0.5 : 1.4);
      const bits = Number(options.bits) as Bits;
      if (size.some((side) => side < 1 || side > MOST)) {
        usage(`--size ${size.join('x')}: sides are 1 to ${MOST} pixels`, 'Choose a size within that.');
      }
      if (times) checkPreview(size, times);
      if (isStdout(out) && (options.json || times))
        usage('--json and --preview need a file, and -o - prints the picture', 'Name a file.');
      ensureWritable(out, bits);
      checkClobber([out, times && previewName(out, times)], options);
      const settings = { size, seed, amplitude, power, stretch };
      const [width, height] = size;
      const raster = plasma(settings);
      const record = { version: VERSION, command: 'plasma', settings };
      const metadata = { Software: `toroid ${VERSION}`, toroid: JSON.stringify(record) };
      const replaced = makeWay(out, options);
      if (replaced !== undefined) process.stderr.write(`${replaced}\n`);
      await writePicture(out, raster, { bits, metadata });
      const shown = times && (await writePreview(out, raster, times));
      if (isStdout(out)) return;
      const result = { file: out, width, height, bits, ...(shown && { preview: shown }), ...record };
      process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${out}\n`);
    });
}
