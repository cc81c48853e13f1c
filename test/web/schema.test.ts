// Page builds check recipes by src/web/schema instead of zod: the same results, issues and JSON Schema.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as z from 'zod';
import { Rng } from '../../src/base/rng';
import { tuneRecordSchema } from '../../src/gpu/tune';
import { manifestSchema } from '../../src/nets/weights';
import { builtinRecipes } from '../../src/recipes/builtin';
import { recipeSchema } from '../../src/recipes/recipe';
import { textureSettings } from '../../src/recipes/texture_settings';

interface Light {
  safeParse(value: unknown): { success: boolean; data?: unknown; error?: { issues: unknown } };
}
interface LightModule {
  readonly recipe: Light;
  readonly settings: Light;
  readonly tune: Light;
  readonly manifest: Light;
  toJSONSchema(schema: Light): unknown;
}

const folder = mkdtempSync(join(tmpdir(), 'toroid-schema-'));
const { outputFiles } = await build({
  stdin: {
    contents: `
      export { recipeSchema as recipe } from './src/recipes/recipe';
      export { textureSettings as settings } from './src/recipes/texture_settings';
      export { tuneRecordSchema as tune } from './src/gpu/tune';
      export { manifestSchema as manifest } from './src/nets/weights';
      export { toJSONSchema } from 'zod';`,
    resolveDir: resolve('.'),
  },
  ...{ bundle: true, write: false, format: 'esm', platform: 'node', loader: { '.wgsl': 'text' } },
  external: ['onnx-proto'],
  alias: { zod: resolve('src/web/schema/schema.ts') },
  define: { TOROID_VERSION: '"test"' },
});
const file = join(folder, 'light.mjs');
writeFileSync(file, outputFiles[0]?.text ?? '');
const light = (await import(pathToFileURL(file).href)) as LightModule;

const test = suite('web schema');
test.after(() => rmSync(folder, { recursive: true, force: true }));

const plain = (v: unknown): unknown => JSON.parse(JSON.stringify(v ?? null));
/** What each makes of a value, in words that can be compared. */
const heavyOf = (schema: z.ZodType, value: unknown): unknown => {
  const r = schema.safeParse(value);
  return plain(r.success ? { data: r.data } : { issues: r.error.issues });
};
const lightOf = (schema: Light, value: unknown): unknown => {
  const r = schema.safeParse(value);
  return plain(r.success ? { data: r.data } : { issues: r.error?.issues });
};

test('the JSON Schemas are the same', () => {
  assert.equal(plain(light.toJSONSchema(light.recipe)), plain(z.toJSONSchema(recipeSchema, { io: 'input' })));
  assert.equal(plain(light.toJSONSchema(light.settings)), plain(z.toJSONSchema(textureSettings, { io: 'input' })));
});

const WRONG: readonly unknown[] = [
  -1,
  0.5,
  1e9,
  0,
  3,
  'nonsense',
  '',
  true,
  null,
  [],
  [1],
  [1, 2, 3],
  {},
  { kind: 'gram' },
  { kind: 'x' },
  Number.NaN,
  2 ** 60,
  ['a', 'input'],
  { 'no name!': 1 },
];

/** A copy with one thing changed: a value replaced or taken away, a key added. */
function mutated(value: unknown, rng: Rng): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rng.uniform() * list.length)] as T;
  const root = structuredClone({ value });
  let at: Record<string, unknown> | unknown[] = root;
  for (;;) {
    const keys = Object.keys(at);
    const key = keys.length > 0 ? pick(keys) : 'extra';
    const inner = (at as Record<string, unknown>)[key];
    if (typeof inner === 'object' && inner !== null && rng.uniform() < 0.75) {
      at = inner as Record<string, unknown>;
      continue;
    }
    const how = rng.uniform();
    if (how < 0.15 && !Array.isArray(at)) delete at[key];
    else if (how < 0.3 && !Array.isArray(at)) at[`${key}x`] = 1;
    else (at as Record<string, unknown>)[key] = pick(WRONG);
    return root.value;
  }
}

test('recipes are filled, and refused, alike', () => {
  const rng = new Rng(7, 1);
  let refused = 0;
  for (const recipe of builtinRecipes) {
    assert.equal(lightOf(light.recipe, recipe), heavyOf(recipeSchema, recipe), recipe.name);
    for (let k = 0; k < 120; k++) {
      let wrong: unknown = recipe;
      for (let n = 0; n <= k % 3; n++) wrong = mutated(wrong, rng);
      const wanted = heavyOf(recipeSchema, wrong);
      if ('issues' in (wanted as object)) refused++;
      assert.equal(lightOf(light.recipe, wrong), wanted, JSON.stringify(wrong));
    }
  }
  assert.ok(refused > 1000, `${refused} were refused`);
});

test('settings, records and the manifest are read alike', async () => {
  const { default: manifest } = await import('../../weights/manifest.json');
  assert.equal(lightOf(light.manifest, manifest), heavyOf(manifestSchema, manifest));
  const record = {
    ...{ adapter: 'a', kernel: 'k', scalar: 'f32', shape: 's', hash: 'h', date: '2026-11-01', clock: 'wall' },
    ...{
      untuned: 'WG=64',
      best: 'WG=32',
      candidates: [
        { variant: 'WG=32', ms: 1 },
        { variant: 'WG=1', dropped: 'slow' },
      ],
    },
  };
  const rng = new Rng(8, 1);
  for (let k = 0; k < 200; k++) {
    const [wrongRecord, settings] = [
      mutated(record, rng),
      mutated({ size: [64, 64], seed: 1, steps: 3, layers: ['a'] }, rng),
    ];
    assert.equal(lightOf(light.tune, wrongRecord), heavyOf(tuneRecordSchema, wrongRecord));
    assert.equal(lightOf(light.settings, settings), heavyOf(textureSettings, settings));
  }
});

test.run();
