import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const FLOORS = ['base', 'gpu', 'shaders', 'graph', 'nets', 'recipes', 'app', 'node', 'fleet', 'cli'];
const SIDE_BY_SIDE = new Map([
  ['copy', FLOORS.indexOf('nets')],
  ['material', FLOORS.indexOf('nets')],
  ['web', FLOORS.indexOf('node')],
]);
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

/** Groups of files that reach one another by imports, of types too (Tarjan 1972, "Depth-first search and linear graph algorithms"). */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    const at = index.size;
    index.set(file, at);
    low.set(file, at);
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file) ?? at, low.get(next) ?? at));
    }
    if (low.get(file) !== at) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || imports.get(file)?.includes(file)) found.push(group.sort());
  };
  for (const file of imports.keys()) visit(file);
  return found;
}

test('no files import each other in a circle, not even for types', () => {
  const all = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.tsx?$/.test(f))
    .map((f) => join('src', f));
  const known = new Set(all);
  const imports = new Map(
    all.map((file) => {
      const paths = [...readFileSync(file, 'utf8').matchAll(/(?:from|^import)\s*'(\.[^']+)'/gm)].map(
        ([, from = '']) => from,
      );
      const targets = paths.flatMap((from) => {
        const base = normalize(join(dirname(file), from));
        const ends = ['', '.ts', '.tsx', `${sep}index.ts`, `${sep}index.tsx`];
        return ends.map((end) => base + end).filter((f) => known.has(f));
      });
      return [file, targets];
    }),
  );
  assert.equal(circles(new Map(Object.entries({ a: ['b'], b: ['c'], c: ['b'], d: ['d'] }))), [['b', 'c'], ['d']]);
  assert.ok([...imports.values()].flat().length > all.length, 'imports are found');
  assert.equal(circles(imports), []);
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
      !f.startsWith(join('src', 'fleet')) &&
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

test('messages below the command line name settings by `setting`, never as its options', () => {
  const text = (f: string): string => readFileSync(f, 'utf8');
  const command = files.filter((f) => /^(cli|fleet)$/.test(f.split(sep)[1] ?? ''));
  const options = new Set(command.flatMap((f) => text(f).match(/(?<='(?:-\w, )?--)[a-z][a-z-]*/g) ?? []));
  assert.ok(options.size > 100, `${options.size} options are found`);
  const told = files
    .filter((f) => !command.includes(f))
    .flatMap((f) => {
      const code = text(f).replace(/^ *(\/?\*|\/\/).*$|\/\/ .*$|\\?`toroid .*?`|sips .*png/gm, '');
      const named = [...code.matchAll(/--([a-z][a-z-]*)/g)].filter(([, name = '']) => options.has(name));
      return named.map(([option]) => `${f}: ${option}`);
    });
  assert.equal(told, []);
});

test.run();
