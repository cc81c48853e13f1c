import type { Command } from 'commander';
import { addOnnxCheck } from './onnx_check';
import { addShow } from './onnx_show';
import { addSlim } from './onnx_slim';

/** `toroid onnx ...`: one file for each command of the group. */
export function addOnnx(program: Command): void {
  const onnx = program
    .command('onnx')
    .summary('check ONNX files, and what toroid can do with them')
    .description('Looks at ONNX files: whether toroid computes what they say.');
  addOnnxCheck(onnx);
  addShow(onnx);
  addSlim(onnx);
}
