import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Eta, roughDuration } from '../../src/app/eta';
import { coloured } from '../../src/cli/colour';
import { JsonLines, progressLine } from '../../src/cli/console';
import type { Progress } from '../../src/recipes/events';

const test = suite('progress');
const at = (p: Partial<Progress>): Progress => ({
  stage: 1,
  stages: 3,
  name: 'fine',
  width: 128,
  height: 128,
  step: 40,
  steps: 100,
  loss: 0.01234,
  terms: { style: 0.01 },
  msPerStep: 10,
  ...p,
});
const close = (got: number | undefined, want: number): void =>
  assert.ok(got !== undefined && Math.abs(got - want) < 1e-9, `${got}, expected ${want}`);

test('a line says where, how good, how fast and how long yet', () => {
  const line = '2 of 3: fine at 128x128, step 40/100, loss 0.0123, 10 ms a step';
  assert.is(progressLine(at({}), 65), `${line}, about 1 min 15 s left`);
  assert.is(progressLine(at({})), line);
  assert.is(progressLine(at({ step: 100 }), 0), line.replace('40/', '100/'));
  assert.match(progressLine(at({ loss: 1234.5, msPerStep: 1080 })), /loss 1230, 1\.1 s a step$/);
  assert.match(progressLine(at({ terms: { cuts: 0.0284 } })), /step 40\/100, cuts 2\.8 %, /);
  assert.match(progressLine(at({ terms: { cuts: 1 } })), /step 40\/100, laying pieces, /);
});

test('the time left is told in steps that the eye can follow', () => {
  const told = [3, 31, 59, 61, 299, 301, 3599, 5000].map(roughDuration);
  assert.equal(told, ['5 s', '35 s', '1 min', '1 min 15 s', '5 min', '6 min', '1 h', '1 h 25 min']);
});

test('colour where a terminal shows it, and nobody asked for none', () => {
  const terminal = { isTTY: true };
  assert.is(coloured('note:', 'yellow', terminal, {}), '\x1b[33mnote:\x1b[39m');
  for (const [stream, env] of [
    [{}, {}],
    [terminal, { NO_COLOR: '1' }],
    [terminal, { TERM: 'dumb' }],
  ] as const)
    assert.is(coloured('note:', 'yellow', stream, env), 'note:');
});

test('with a plan, the time left is that of the planned steps and pixels', () => {
  const stages = [64, 128, 256].map((side, k) => ({ width: side, height: side, steps: 100 / (k + 1) }));
  const outlook = new Eta({ stages });
  outlook.update(at({ stage: 0, width: 64, height: 64, step: 100, msPerStep: 2.5 }));
  const { share, seconds } = outlook.update(at({ steps: 50, step: 25, msPerStep: 10 }));
  const last = (100 / 3) * 40;
  close(seconds, (25 * 10 + last) / 1000);
  close(share, 1 - (250 + last) / (250 + 500 + last));
  const end = outlook.update(at({ stage: 2, width: 256, height: 256, steps: 33, step: 33, msPerStep: 41 }));
  assert.equal(end, { share: 1, seconds: 0 });
});

test('without a plan, stages to come are taken to grow as they did', () => {
  const outlook = new Eta();
  outlook.update(at({ stage: 0, width: 64, height: 64, step: 100, msPerStep: 2.5 }));
  close(outlook.update(at({ step: 50, msPerStep: 10 })).seconds, (50 * 10 + 100 * 40) / 1000);
});

test('the share never falls, and nothing is foretold from a first step', () => {
  const outlook = new Eta({ stages: [64, 128].map((side) => ({ width: side, height: side, steps: 10 })) });
  assert.is(outlook.update(at({ stage: 0, stages: 2, width: 64, height: 64, step: 1, steps: 10 })).seconds, undefined);
  let before = 0;
  for (const stage of [0, 1]) {
    for (let step = 1; step <= 10; step++) {
      const p = at({
        stage,
        stages: 2,
        width: 64 << stage,
        height: 64 << stage,
        step,
        steps: 10,
        msPerStep: 4 ** stage,
      });
      const { share } = outlook.update(p);
      assert.ok(share >= before, `${share} after ${before}`);
      before = share;
    }
  }
  assert.is(before, 1);
});

test('the frames of a zoom count, and their stages are known from the first', () => {
  const outlook = new Eta({ frames: 4 });
  const stage = (k: number, step: number): Progress =>
    at({ stage: k, stages: 2, width: 64, height: 64, step, steps: 10, msPerStep: 10 * (k + 1) });
  outlook.update(stage(0, 10));
  outlook.update(stage(1, 10));
  outlook.frame({ frame: 0, frames: 4 });
  close(outlook.update(stage(0, 5)).seconds, 0.05 + 0.2 + 2 * 0.3);
  const twin = new Eta({ frames: 4 }); // nobody told it of the frame: the stage fell back
  twin.update(stage(0, 10));
  twin.update(stage(1, 10));
  close(twin.update(stage(0, 5)).seconds, 0.05 + 0.2 + 2 * 0.3);
});

test('JSON comes one object a line, the result last, and no more often than is of use', () => {
  const lines: string[] = [];
  const json = new JsonLines((line) => lines.push(line));
  json.warn('size\nrounded');
  for (let step = 1; step <= 50; step++) json.progress(at({ step, steps: 50, loss: Number.NaN }), 1.5);
  const raster = { width: 1, height: 1, data: new Float32Array(3) };
  const curves = { total: [[0, 2] as const, [50, 1] as const] };
  json.stage({ stage: 1, name: 'fine', width: 8, height: 8, steps: 50, msPerStep: 2, curves, raster }, 'a.png');
  json.frame({ frame: 0, frames: 2 });
  json.result({ file: 'out.png' });
  assert.ok(lines.every((l) => l.endsWith('}\n') && l.indexOf('\n') === l.length - 1));
  const said = lines.map((l) => JSON.parse(l));
  assert.equal(
    said.map((s) => s.type),
    ['notice', 'progress', 'progress', 'stage', 'frame', 'result'],
  );
  const { type: _, ...last } = said[2];
  assert.equal(last, { ...at({ step: 50, steps: 50 }), loss: null, secondsLeft: 1.5 });
  assert.equal(said[3], {
    type: 'stage',
    stage: 1,
    name: 'fine',
    width: 8,
    height: 8,
    steps: 50,
    msPerStep: 2,
    loss: 1,
    file: 'a.png',
  });
  assert.equal(said[5], { type: 'result', file: 'out.png' });
});

test.run();
