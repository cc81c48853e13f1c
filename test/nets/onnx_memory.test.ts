// What a net takes of the host's memory: its weights are read as they are uploaded, and are not kept.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { randomVgg } from '../../src/nets/weights_random';
import { writePiece } from '../../src/node/weights/write';
import { long } from '../support/all';

const test = suite('onnx memory');
const folder = mkdtempSync(join(tmpdir(), 'toroid-memory-'));
test.after(() => rmSync(folder, { recursive: true }));

const MiB = 2 ** 20;

interface Figures {
  readonly milliseconds: number;
  readonly loaded: number;
  readonly built: number;
  readonly compiled: number;
  readonly peak: number;
  readonly device: number;
  readonly finite: boolean;
}

long(test)('a net of 56 MiB: none of it is on the host once it is loaded, built or uploaded', () => {
  const file = join(folder, 'vgg16.onnx');
  writePiece(file, randomVgg('vgg16-random', 1));
  const bytes = statSync(file).size;
  assert.ok(bytes > 40 * MiB);
  const script = new URL('onnx_memory.js', import.meta.url).pathname;
  const args = ['--expose-gc', script, file, 'relu5_1', '32'];
  const text = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const f = JSON.parse(text.trim().split('\n').at(-1) ?? '') as Figures;
  const shown = Object.entries(f).map(
    ([k, v]) => `${k} ${typeof v === 'number' && v > 1e5 ? (v / MiB).toFixed(1) : v}`,
  );
  console.log(`file ${(bytes / MiB).toFixed(1)} MiB: ${shown.join(', ')}`);
  assert.ok(f.finite, 'the weights arrived');
  for (const when of ['loaded', 'built', 'compiled'] as const) {
    assert.ok(f[when] < 0.15 * bytes, `${when}: ${(f[when] / MiB).toFixed(1)} MiB are held`);
  }
  // On adapters without memory of their own, what the device has is the host's too; the rest is pipelines.
  assert.ok(f.peak < 1.3 * bytes + f.device + 48 * MiB, `${(f.peak / MiB).toFixed(1)} MiB at most`);
});

test.run();
