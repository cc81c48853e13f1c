import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { bytesText, EngineError } from '../base/errors';
import { type Slimmed, slim } from '../nets/onnx/slim';
import { type KnownWeights, knownWeights } from '../nets/weights';
import { sameFile } from '../node/files';
import { externalFilesOf, reader, resolveWeights } from '../node/weights/find';
import type { WeightsRecord } from '../node/weights/record';
import { withSource, writePiece } from '../node/weights/write';
import { parseLayers } from './arguments';

interface Options {
  layers?: string[];
  f16?: boolean;
  out?: string;
  json?: boolean;
}

/** What is known of the whole goes with the part, under a name of its own. */
function recordOf(
  path: string,
  known: KnownWeights,
  { has, outputs }: Slimmed,
  own: { size: number; sha256: string },
): WeightsRecord {
  const file = basename(path);
  const stem = file.replace(/\.onnx$/i, '');
  const name = /^[\w.-]+$/.test(stem) && !knownWeights.some((w) => w.name === stem) ? stem : `${known.name}-slim`;
  const [first = ''] = outputs.keys();
  const kept = (layers: readonly string[]): string[] => {
    const left = layers.filter(has);
    return left.length > 0 ? left : [first];
  };
  const style = known.layers.filter((l) => has(l.layer));
  return {
    weights: {
      ...{ ...known, ...own, name, file, url: null, mirrors: [], slim: false },
      layers: style.length > 0 ? style : [{ layer: first, mean: 1, covariance: 1 }],
      content: kept(known.content),
      dream: kept(known.dream),
    },
    of: { file: known.file, size: known.size, sha256: known.sha256 },
  };
}

/** `toroid onnx slim`: adds itself to the group of commands about ONNX files. */
export function addSlim(onnx: Command): void {
  onnx
    .command('slim')
    .summary('keep only what some layers need')
    .description(
      'Writes an ONNX file with only what the named layers need (default: all up to the classifier). Weights are copied\n' +
        'unchanged. With --f16 the whole network, its input included, is in half precision.',
    )
    .argument('<file>', 'an .onnx file, or a name of `toroid weights list`')
    .option('--layers <names>', 'layers to keep, such as relu3_1,relu4_1', parseLayers)
    .option('--f16', 'store it in half precision')
    .option('-o, --out <file>', 'file to write (default: <file>.slim.onnx)')
    .option('--json', 'print the result as JSON')
    .action((file: string, { layers, f16 = false, out, json }: Options) => {
      const found = resolveWeights(file);
      const path = out ?? found.path.replace(/(\.onnx)?$/i, '.slim.onnx');
      if (existsSync(path) && sameFile(path, found.path)) {
        throw new EngineError('WeightsError', `${path} is the input file itself`, 'Choose another output with --out.');
      }
      const result = withSource(found.path, (source) => {
        const slimmed = slim(source, {
          name: basename(found.path),
          ...(layers && { layers }),
          f16,
          aliases: found.known?.aliases ?? {},
          readExternal: reader(found.path),
        });
        const { nodes, weights, outputs } = slimmed;
        const { known } = found;
        const facts = writePiece(path, slimmed.file, known ? (own) => recordOf(path, known, slimmed, own) : undefined);
        const before = externalFilesOf(found.path).reduce((n, d) => n + d.size, source.size);
        return { path: resolve(path), ...facts, before, nodes, weights, outputs: Object.fromEntries(outputs) };
      });
      if (json) {
        process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
        return;
      }
      const { nodes, weights, size, before, sha256 } = result;
      process.stderr.write(
        `kept ${nodes.kept} of ${nodes.all} nodes, ${weights.kept} of ${weights.all} weights: ` +
          `${bytesText(size)} of ${bytesText(before)}, sha256 ${sha256}\n`,
      );
      process.stdout.write(`${result.path}\n`);
    });
}
