import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { Command } from 'commander';
import { EngineError } from '../base/errors';
import { size } from '../base/shape';
import type { Device } from '../gpu/device';
import { constTensor } from '../nets/onnx/const_fold';
import { type OnnxModel, type OnnxTensor, OnnxUnsupported } from '../nets/onnx/model';
import { runCase, TOLERANCE, type Tolerance, type Verdict } from '../nets/onnx/onnx_test_case';
import { parseOnnx, parseTensor } from '../nets/onnx/parse';
import { reader } from '../node/weights/find';
import { usage } from './arguments';
import { openDevice } from './open_device';
import { STOPPED, stopOnSignal } from './stop';

interface Options {
  json?: boolean;
  requireGpu?: boolean;
  verbose?: boolean;
}

export interface Result extends Verdict {
  readonly name: string;
}

export function addOnnxCheck(onnx: Command): void {
  onnx
    .command('check')
    .summary("run folders of ONNX's backend tests")
    .description(
      "Runs ONNX's backend tests: folders with model.onnx and test_data_set_N/input_*.pb, output_*.pb, however deep;\n" +
        'and name.onnx with name_output_N.pb beside it. Compares by the tolerances of the suite (rtol 1e-3, atol 1e-7),\n' +
        'and lists the operators that toroid lacks. Exit code 0: nothing failed; unsupported cases are not failures.',
    )
    .argument('<dir...>', 'folders to look through')
    .option('--verbose', 'also print what passed')
    .option('--require-gpu', 'fail rather than run on the processor')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  toroid onnx check onnx/backend/test/data/node\n  toroid onnx check --json cases',
    )
    .action(check);
}

async function check(folders: string[], options: Options): Promise<void> {
  const cases = folders.flatMap((folder) => casesIn(folder));
  if (cases.length === 0) {
    usage(
      `found no test case in ${folders.join(', ')}`,
      'A case is a folder with model.onnx and test_data_set_0, or name.onnx with name_output_0.pb beside it.',
    );
  }
  const stop = stopOnSignal(() => process.stderr.write('stopping\n'));
  try {
    const device = await openDevice(options.requireGpu === true, stop);
    if (device === null) process.exitCode = STOPPED;
    else if (typeof device === 'number') process.exitCode = device;
    else {
      try {
        await checkAll(device, cases, options, stop.signal);
      } finally {
        device.close();
      }
    }
  } finally {
    stop.release();
  }
}

async function checkAll(device: Device, cases: readonly Case[], options: Options, signal: AbortSignal): Promise<void> {
  const results: Result[] = [];
  for (const one of cases) {
    if (signal.aborted) break;
    const result = await checkOne(device, one);
    results.push(result);
    if (!options.json && (result.outcome !== 'passed' || options.verbose)) {
      process.stdout.write(
        `${result.outcome.padEnd(11)}  ${result.name}${result.reason ? `  ${firstLine(result.reason)}` : ''}\n`,
      );
    }
  }
  const count = (outcome: Verdict['outcome']): number => results.filter((r) => r.outcome === outcome).length;
  const [passed, failed, unsupported] = [count('passed'), count('failed'), count('unsupported')];
  const lacking = lackingOps(results);
  if (options.json) {
    const rows = results.map(({ name, outcome, reason, ops }) => ({ name, outcome, reason, ops }));
    const ops = Object.fromEntries(lacking);
    process.stdout.write(`${JSON.stringify({ passed, failed, unsupported, lacking: ops, cases: rows }, null, 2)}\n`);
  } else {
    if (lacking.length > 0)
      process.stdout.write(`missing operators: ${lacking.map(([op, n]) => `${op} (${n})`).join(', ')}\n`);
    process.stdout.write(`${passed} passed, ${failed} failed, ${unsupported} unsupported\n`);
  }
  process.exitCode = signal.aborted ? STOPPED : failed > 0 ? 1 : 0;
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

/** The operators that cases lack, most frequent first, with the number of cases. */
function lackingOps(results: readonly Result[]): [op: string, cases: number][] {
  const counts = new Map<string, number>();
  for (const r of results) for (const op of new Set(r.ops)) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** A model with one or more sets of inputs and outputs. */
export interface Case {
  readonly name: string;
  readonly model: string;
  /** Files of each set; no inputs where the suite makes them up. */
  readonly sets: readonly { readonly inputs: readonly string[] | null; readonly outputs: readonly string[] }[];
}

/** All cases below a folder. */
export function casesIn(root: string): Case[] {
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    usage(`there is no folder ${root}`, 'Give a folder of test cases.');
  }
  const found: Case[] = [];
  const look = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    const files = entries.filter((e) => !e.isDirectory()).map((e) => e.name);
    const folders = entries.filter((e) => e.isDirectory()).map((e) => e.name);
    const name = (path: string): string => relative(dirname(root), path).split(sep).join('/') || path;
    const sets = folders.filter((f) => /^test_data_set_\d+$/.test(f));
    if (files.includes('model.onnx') && sets.length > 0) {
      found.push({
        name: name(folder),
        model: join(folder, 'model.onnx'),
        sets: sets.map((s) => ({
          inputs: numbered(join(folder, s), 'input_'),
          outputs: numbered(join(folder, s), 'output_'),
        })),
      });
      return;
    }
    for (const file of files.filter((f) => f.endsWith('.onnx'))) {
      const stem = file.slice(0, -'.onnx'.length);
      const outputs = numbered(folder, `${stem}_output_`);
      if (outputs.length === 0) continue;
      found.push({ name: name(join(folder, stem)), model: join(folder, file), sets: [{ inputs: null, outputs }] });
    }
    for (const f of folders) look(join(folder, f));
  };
  look(root);
  return found;
}

/** prefix0.pb, prefix1.pb, ... as far as they go. */
function numbered(folder: string, prefix: string): string[] {
  const paths: string[] = [];
  for (let k = 0; existsSync(join(folder, `${prefix}${k}.pb`)); k++) paths.push(join(folder, `${prefix}${k}.pb`));
  return paths;
}

/** Runs all sets of a case. */
export async function checkOne(device: Device, { name, model: path, sets }: Case): Promise<Result> {
  try {
    const model = parseOnnx(readFileSync(path), { name, readExternal: reader(path) });
    for (const { inputs, outputs } of sets) {
      const given = inputs ? inputs.map(tensor) : madeUp(model);
      const verdict = await runCase(device, model, given, outputs.map(tensor), toleranceOf(name));
      if (verdict.outcome !== 'passed') return { name, ...verdict };
    }
    return { name, outcome: 'passed', reason: '', ops: [] };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const isLacking = error instanceof OnnxUnsupported;
    return { name, outcome: isLacking ? 'unsupported' : 'failed', reason: error.message, ops: [] };
  }
}

/** The suite allows the deepest of its nets twice as much. */
const toleranceOf = (name: string): Tolerance => (/densenet121$/.test(name) ? { ...TOLERANCE, rtol: 2e-3 } : TOLERANCE);

const tensor = (path: string): OnnxTensor => parseTensor(readFileSync(path), path);

/** The suite's inputs of models that come without: k / n for element k of n. */
const madeUp = (model: OnnxModel): OnnxTensor[] =>
  model.inputs.map(({ name, shape }) => {
    const dims = shape.map((d) => d ?? 1);
    const n = size(dims);
    return constTensor(
      name,
      'float32',
      dims,
      Float32Array.from({ length: n }, (_, k) => k / n),
    );
  });
