import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { modelOf } from '../../bench/peers/ort_model';
import { distance, flopsOf, type Job, targetOf, workOf } from '../../bench/peers/work';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { needs } from '../support/needs';

const test = suite('bench/peers');
const job: Job = { depth: 'relu3_1', side: 16, mode: 'gradient', weights: null };

test('all engines get the same numbers', () => {
  const work = workOf(job);
  assert.equal(
    work.convs.map((c) => `${c.name} ${c.C}>${c.O} ${c.side}`),
    ['1_1 3>64 16', '1_2 64>64 16', '2_1 64>128 8', '2_2 128>128 8', '3_1 128>256 4'],
  );
  // Worked out by Python's integers, from the formula as pytorch.py has it.
  assert.equal(Array.from(work.image.slice(0, 3)), [0.23948299884796143, 0.3800370693206787, -0.9808759689331055]);
  assert.equal(workOf({ ...job, depth: 'relu5_1' }).convs.length, 13);
  assert.is(flopsOf({ ...work, job: { ...job, mode: 'forward' } }) * 2, flopsOf(work));
});

test('distances see a wrong gradient', () => {
  const g = Float32Array.of(3, 4);
  assert.is(distance(g, g), 0);
  assert.is(distance(Float32Array.of(3, 4.5), g), 0.1);
  assert.is(distance(Float32Array.of(3), g), Number.POSITIVE_INFINITY);
  assert.not(distance(Float32Array.of(Number.NaN, 4), g) <= 1e-3);
});

test('the ONNX file of the gradient is one that can be read', () => {
  const work = workOf(job);
  const targets = [64, 128, 256].map((n) => targetOf(new Float32Array(n * n).fill(1)));
  const model = parseOnnx(modelOf(work, targets), { name: 'work' });
  assert.equal(model.outputs, ['loss', 'gradient']);
  assert.is(model.nodes.filter((n) => n.op === 'Conv').length, 10);
});

const installed = existsSync(join('bench', 'peers', 'node_modules'));
needs(
  test,
  installed,
  'no peers (npm ci --prefix bench/peers)',
)('a peer agrees with us, and both are timed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-peers-test-'));
  try {
    const build = spawnSync(process.execPath, ['build.mjs', 'bench'], { encoding: 'utf8' });
    assert.is(build.status, 0, build.stderr);
    const file = join(folder, 'rows.json');
    const args = [
      '--quick',
      '--sides',
      '16',
      '--engines',
      'tfjs',
      '--weights',
      'random',
      '--keep-cache',
      '--out',
      file,
    ];
    const run = spawnSync(process.execPath, [join('build', 'bench', 'peers', 'run.js'), ...args], {
      encoding: 'utf8',
      timeout: 240_000, // the first time on a machine the driver compiles for most of a minute,
    });
    assert.is(run.status, 0, run.stdout + run.stderr);
    const { rows } = JSON.parse(readFileSync(file, 'utf8'));
    const [ours, tfjs] = rows['vgg19-relu3_1 16 gradient'];
    assert.ok(ours.ms > 0 && tfjs.ms > 0 && tfjs.ratio > 0, run.stdout);
    assert.ok(tfjs.lossApart < 1e-3 && tfjs.gradientApart < 1e-3, run.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
