import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const FLOORS = ['base', 'gpu', 'shaders', 'graph', 'nets', 'recipes', 'app', 'node', 'cli'];
const SIDE_BY_SIDE = new Map([['web', FLOORS.indexOf('node')]]);
const floorOf = (path: string): number => {
  const folder = path.split(sep)[1] ?? '';
  return SIDE_BY_SIDE.get(folder) ?? FLOORS.indexOf(folder);
};
const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.ts'))
  .map((f) => join('src', f));

const test = suite('layers');

test('a file imports only from its own floor or below', () => {
  const climbs: string[] = [];
  for (const file of files) {
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const target = normalize(join(dirname(file), from as string));
      if (floorOf(file) >= 0 && floorOf(target) > floorOf(file)) climbs.push(`${file} imports ${target}`);
    }
  }
  assert.equal(climbs, []);
});

test('no file of src/ is in a folder without a floor', () => {
  assert.equal(
    files.filter((f) => f.split(sep).length > 2 && floorOf(f) < 0),
    [],
  );
});

test('platform code is behind .node.ts and .browser.ts, below the command line', () => {
  const strays = files.filter(
    (f) =>
      !/\.(node|browser)\.ts$/.test(f) &&
      !f.startsWith(join('src', 'cli')) &&
      !f.startsWith(join('src', 'node')) &&
      /from '(node:|sharp|webgpu)/.test(readFileSync(f, 'utf8')),
  );
  assert.equal(strays, []);
});

test('only base/zod.ts imports zod: others would make schemas before its setting holds', () => {
  const users = files.filter((f) => /from 'zod\b/.test(readFileSync(f, 'utf8')));
  assert.equal(users, [join('src', 'base', 'zod.ts')]);
});

test('onnx-proto is taken for its types alone: what is shipped reads files itself', () => {
  const users = files.filter((f) => /^(import|export) (?!type ).*'onnx-proto'/m.test(readFileSync(f, 'utf8')));
  assert.equal(users, []);
});

test.run();
