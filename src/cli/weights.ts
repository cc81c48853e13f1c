import type { Command } from 'commander';
import { addAdd } from './weights_add';
import { addList } from './weights_list';
import { addMake } from './weights_make';
import { addPath } from './weights_path';
import { addPull } from './weights_pull';
import { addVerify } from './weights_verify';

export function addWeights(program: Command): void {
  const weights = program
    .command('weights')
    .summary('download, list and verify the weight files of networks')
    .description(
      'Downloads, lists and verifies the weight files of networks. `--net patches` needs none. toroid looks in\n' +
        "the folders that TOROID_WEIGHTS names, in ./weights, and in the user's cache (~/.cache/toroid/weights).",
    )
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid weights list                           what there is, from where, under which licence\n' +
        '  toroid weights pull vgg19                     downloads 548 MiB, and keeps the 76 MiB of convolutions\n' +
        '  toroid weights make vgg19-random --seed 1     random weights, to try every recipe before any download\n' +
        '  toroid weights add mine.onnx --name mine --order BGR --range 255 --mean 104,117,123',
    );
  addList(weights);
  addPull(weights);
  addVerify(weights);
  addPath(weights);
  addAdd(weights);
  addMake(weights);
}
