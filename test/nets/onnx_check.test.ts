import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Case, casesIn, checkOne } from '../../src/cli/onnx_check';
import { long } from '../support/all';
import { type Ended, runner } from '../support/cli_run';
import { device } from '../support/device';
import { needs } from '../support/needs';
import { counting, fileOf, floats, tensorFile } from '../support/onnx_cases';

const test = suite('onnx check');
const zoo = '../shared/onnx';
const whenZoo = needs(test, existsSync(zoo), 'no ../shared/onnx');

const FOLDERS = existsSync(zoo) ? readdirSync(zoo, { withFileTypes: true }).filter((e) => e.isDirectory()) : [];
/** Whole classifiers, which take a minute and more on a processor. */
const LIGHT = 'light';

/** Every case passes. */
async function pass(cases: readonly Case[]): Promise<void> {
  const bad: string[] = [];
  for (const one of cases) {
    const { name, outcome, reason } = await checkOne(await device(), one);
    if (outcome !== 'passed') bad.push(`${name}: ${outcome}, ${reason}`);
  }
  assert.equal(bad, []);
}

whenZoo("every case of ONNX's own suite that is here passes", async () => {
  const cases = FOLDERS.filter((f) => f.name !== LIGHT).flatMap((f) => casesIn(join(zoo, f.name)));
  assert.ok(cases.length >= 193, `${cases.length} cases`);
  await pass(cases);
});

long(whenZoo)('every classifier of the suite passes', async () => {
  const cases = casesIn(join(zoo, LIGHT));
  assert.ok(cases.length >= 4, `${cases.length} cases`);
  await pass(cases);
});

test('the command tells passed, failed and unsupported cases apart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-onnx-'));
  try {
    const put = (where: string, name: string, op: string, answer: readonly number[]): void => {
      const set = join(folder, where, 'deep', name, 'test_data_set_0');
      mkdirSync(set, { recursive: true });
      const x = counting([2], -1);
      writeFileSync(join(folder, where, 'deep', name, 'model.onnx'), fileOf({ op, inputs: [x], outputs: 1 }));
      writeFileSync(join(set, 'input_0.pb'), tensorFile(x));
      writeFileSync(join(set, 'output_0.pb'), tensorFile(floats(...answer)));
    };
    for (const where of ['fine', 'ended']) {
      put(where, 'good', 'Relu', [0, 0]);
      put(where, 'lacking', 'NonZero', [0, 0]);
    }
    put('ended', 'bad', 'Relu', [0, 1]);
    const [fine, ended, none] = (await runner(process.cwd()).together([
      ['onnx', 'check', join(folder, 'fine')],
      ['onnx', 'check', '--json', join(folder, 'ended')],
      ['onnx', 'check', join(folder, 'fine', 'deep', 'good', 'test_data_set_0')],
    ])) as [Ended, Ended, Ended];
    assert.is(fine.code, 0, fine.err);
    assert.match(fine.out, /^unsupported {2}\S+deep\/lacking {2}\S+ needs NonZero \(node node\)/);
    assert.match(fine.out, /missing operators: NonZero \(1\)\n1 passed, 0 failed, 1 unsupported\n$/);
    assert.is(ended.code, 1, ended.err);
    const { passed, failed, unsupported, lacking, cases } = JSON.parse(ended.out);
    assert.equal([passed, failed, unsupported, lacking], [1, 1, 1, { NonZero: 1 }]);
    assert.match(cases[0].reason, /out0\[1\] is 0, expected 1/);
    assert.is(none.code, 2);
    assert.match(none.err, /found no test case in/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
