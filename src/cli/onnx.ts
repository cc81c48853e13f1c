import type { Command } from 'commander';
import { addOnnxCheck } from './onnx_check';
import { addShow } from './onnx_show';
import { addSlim } from './onnx_slim';

/** `toroid onnx ...`: one file for each command of the group. */
export function addOnnx(program: Command): void {
  const onnx = program
    .command('onnx')
    .summary('inspect, check and slim ONNX files')
    .description('Shows what is in ONNX files, runs ONNX test cases, and cuts files down to what some layers need.');
  addOnnxCheck(onnx);
  addShow(onnx);
  addSlim(onnx);
}
