import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { bytesText, EngineError } from '../base/errors';
import { slim } from '../nets/onnx/slim';
import { reader, resolveWeights } from '../nets/weights.node';
import { withSource, writePiece } from '../nets/weights_write.node';
import { parseLayers } from './arguments';
import { sameFile } from './files';

interface Options {
  layers?: string[];
  f16?: boolean;
  out?: string;
  json?: boolean;
}

/** `toroid onnx slim`: adds itself to the group of commands about ONNX files. */
export function addSlim(onnx: Command): void {
  onnx
    .command('slim')
    .summary('keep what some layers need')
    .description(
      'Writes an ONNX file with only what the layers named need, or else all up to the classifier. Weights are copied\n' +
        'as they are, or with --f16 in half precision: then the whole network is, its input as well.',
    )
    .argument('<file>', 'an .onnx file, or a name of `toroid weights list`')
    .option('--layers <names>', 'with commas, such as relu3_1,relu4_1', parseLayers)
    .option('--f16', 'in half precision')
    .option('-o, --out <file>', 'what to write (default: <file>.slim.onnx)')
    .option('--json', 'print the result as JSON')
    .action((file: string, { layers, f16 = false, out, json }: Options) => {
      const found = resolveWeights(file);
      const path = out ?? found.path.replace(/(\.onnx)?$/i, '.slim.onnx');
      if (existsSync(path) && sameFile(path, found.path)) {
        throw new EngineError('WeightsError', `${path} is the file itself`, 'Choose another with --out.');
      }
      const result = withSource(found.path, (source) => {
        const slimmed = slim(source, {
          name: basename(found.path),
          ...(layers && { layers }),
          f16,
          aliases: found.known?.aliases ?? {},
          readExternal: reader(dirname(found.path)),
        });
        const { nodes, weights, outputs } = slimmed;
        const facts = writePiece(path, slimmed.file);
        const before = source.size;
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
