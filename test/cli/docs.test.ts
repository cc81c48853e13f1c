// Generated pages are those of the code, and links in docs/ lead somewhere.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { componentFolders, componentIndex, folderOf } from '../../docs/generate/component_index';
import { opReference } from '../../docs/generate/op_reference';
import { orderedLists } from '../../docs/generate/ordered_lists';
import { fieldsWithoutMeaning, recipeReference } from '../../docs/generate/recipe_reference';
import type { Graph } from '../../src/graph/graph';
import { lossComponents } from '../../src/recipes/losses';
import type { LossComponent, LossContext } from '../../src/recipes/losses/lib/loss';
import { optimiserComponents } from '../../src/recipes/optimisers';
import { viewComponents } from '../../src/recipes/views';

const test = suite('docs');

/** Names the first line that differs: the pages are long. */
function same(path: string, wanted: string): void {
  const [is, want] = [readFileSync(path, 'utf8').split('\n'), wanted.split('\n')];
  const at = want.findIndex((line, k) => line !== is[k]);
  if (at >= 0 || is.length !== want.length) {
    assert.unreachable(`${path}:${at + 1} is stale (${want[at]?.slice(0, 120)}): run \`npm run docs\``);
  }
}

test('the lists of losses, views, optimisers, recipes and commands are those of their folders', () => {
  for (const folder of componentFolders) same(`${folderOf(folder)}/index.ts`, componentIndex(folder));
  for (const [path, text] of orderedLists()) same(path, text);
});

test('the loss that CONTRIBUTING adds is one', async () => {
  const [, code = ''] = readFileSync('CONTRIBUTING.md', 'utf8').match(/```ts\n([\s\S]*?)```/) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'toroid-docs-'));
  const outfile = join(folder, 'brightness.mjs');
  await build({
    stdin: {
      contents: `${code}\nexport { Graph } from '../../graph/graph';`,
      resolveDir: folderOf('losses'),
      loader: 'ts',
    },
    ...{ bundle: true, format: 'esm', platform: 'node', loader: { '.wgsl': 'text' }, outfile },
  });
  const made = (await import(outfile)) as { brightness: LossComponent; Graph: typeof Graph };
  rmSync(folder, { recursive: true });
  const settings = made.brightness.schema.parse({ kind: 'brightness' });
  assert.equal(settings, { kind: 'brightness', weight: 1, to: 0.5 });
  const g = new made.Graph();
  const canvas = g.input([3, 4, 4], 'canvas');
  const terms = made.brightness.build({ g, canvas: () => canvas } as unknown as LossContext, settings);
  assert.equal(
    terms.map((t) => [t.name, t.value.shape]),
    [['brightness', [1]]],
  );
  for (const { value } of terms) assert.equal(g.grad(value, [canvas])[0]?.shape, [3, 4, 4]);
});

test('docs/recipe-reference.md is that of the schema', () => same('docs/recipe-reference.md', recipeReference()));

test('docs/ops.md is that of the shaders', async () => same('docs/ops.md', await opReference()));

test('every function that docs/ops.md has is exported, in Node and in pages', async () => {
  const functions = [...(await opReference()).matchAll(/^- `(\w+)\(/gm)].map((m) => m[1] ?? '');
  assert.ok(
    functions.length > 90 &&
      ['sigmoid', 'softmax', 'matmulNd', 'reduceAxes', 'add'].every((f) => functions.includes(f)),
  );
  const exported = readFileSync('src/index.ops.ts', 'utf8');
  for (const name of functions) assert.match(exported, new RegExp(`\\b${name}\\b`));
  const toroid = (await import('../../src/index.node')) as Readonly<Record<string, unknown>>;
  for (const name of functions) assert.type(toroid[name], 'function', name);
});

test('every loss, view and optimiser has a section, and every field a meaning', () => {
  const text = recipeReference();
  for (const { kind } of [...lossComponents, ...viewComponents, ...optimiserComponents]) {
    assert.ok(text.includes(`\n### ${kind}\n`), `no section on ${kind}`);
  }
  assert.equal(fieldsWithoutMeaning(), []);
});

test('every folder of ops has a section with its kernels', async () => {
  const text = await opReference();
  for (const folder of readdirSync('src/shaders').filter((f) => existsSync(`src/shaders/${f}/index.ts`))) {
    assert.ok(text.includes(`\n## ${folder}\n`), `no section on ${folder}`);
    for (const file of readdirSync(`src/shaders/${folder}`).filter((f) => f.endsWith('.wgsl'))) {
      assert.ok(text.includes(`(../src/shaders/${folder}/${file})`), `no link to ${folder}/${file}`);
    }
  }
});

/** The anchor of a heading, by GitHub's rules. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

test('links of the pages lead to files and headings that are there', () => {
  const pages = [
    ...readdirSync('docs')
      .filter((f) => f.endsWith('.md'))
      .map((f) => `docs/${f}`),
    'examples/README.md',
  ];
  const dead: string[] = [];
  for (const page of pages) {
    const text = readFileSync(page, 'utf8').replace(/```[\s\S]*?```/g, '');
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path ? normalize(join(dirname(page), path)) : page;
      if (!existsSync(target)) dead.push(`${page}: ${link}`);
      else if (anchor) {
        const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map((m) => anchorOf(m[1] ?? ''));
        if (!headings.includes(anchor)) dead.push(`${page}: ${link}`);
      }
    }
  }
  assert.equal(dead, []);
});

test.run();
