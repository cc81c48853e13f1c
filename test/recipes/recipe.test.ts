// What a recipe may say, and what is said about one that is wrong: always the place, and the word that was meant.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { findRecipe, pathOf, setValues } from '../../src/cli/recipe_file';
import { builtinRecipe, builtinRecipes } from '../../src/recipes/builtin';
import { lossComponents } from '../../src/recipes/losses';
import { optimiserComponents } from '../../src/recipes/optimisers';
import { fillRecipe, RECIPE_VERSION, recipeJsonSchema } from '../../src/recipes/recipe';
import { viewComponents } from '../../src/recipes/views';

const folder = mkdtempSync(join(tmpdir(), 'toroid-recipe-'));
const at = (name: string): string => join(folder, name);
const test = suite('recipe');
test.after(() => rmSync(folder, { recursive: true }));

type Group = Record<string, unknown>;
/** The smallest recipe, with something changed. */
const recipe = (more: Group = {}): Group => ({ stages: [{ losses: [{ kind: 'patches' }] }], ...more });
const loss = (...losses: unknown[]): Group => ({ stages: [{ losses }] });

async function refused(work: () => unknown, message: RegExp, about: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof EngineError, `${about}: ${(error as Error).stack}`);
    assert.is(error.code, 'RecipeError', `${about}: ${error.message}`);
    assert.match(error.message, message, `${about}: ${error.message}`);
    assert.not.match(error.message, /undefined|\[object|Invalid input|internal error/, about);
    assert.ok(error.message.length < 2500, `${about}: ${error.message.length} letters`);
    return;
  }
  assert.unreachable(`${about}: accepted`);
}

test('defaults are filled in, and filling twice changes nothing', () => {
  const filled = fillRecipe(recipe());
  assert.is(filled.toroid, RECIPE_VERSION);
  assert.equal([filled.size, filled.tile, filled.seed, filled.color.space], [256, 'both', 1, 'styles']);
  assert.equal(filled.scales.coarsest, 64);
  assert.is(filled.stages[0]!.optimizer.kind, 'adam');
  assert.is(filled.stages[0]!.losses[0]!.weight, 1);
  for (const one of [recipe(), ...builtinRecipes]) {
    const once = fillRecipe(one);
    assert.is(JSON.stringify(fillRecipe(JSON.parse(JSON.stringify(once)))), JSON.stringify(once));
  }
});

test('every block of the lists can be used in a recipe', () => {
  const needed: Record<string, Group> = {
    channel: { layer: 'relu1_1', channels: 0 },
    neuron: { layer: 'relu1_1', channel: 0 },
    direction: { layer: 'relu1_1', direction: [1] },
  };
  for (const { kind } of lossComponents) fillRecipe(loss({ kind, ...needed[kind] }));
  for (const { kind } of optimiserComponents) {
    fillRecipe({ stages: [{ losses: [{ kind: 'tv' }], optimizer: { kind } }] });
  }
  for (const { kind } of viewComponents) {
    fillRecipe(recipe({ views: [kind === 'wallpaper' ? { kind, group: 'p4m' } : { kind }] }));
  }
});

const rows: [about: string, wishes: unknown, message: RegExp][] = [
  ['nothing', null, /recipe: is null, but a group \{ \} is wanted/],
  ['a list', [], /recipe: is \[\], but a group \{ \} is wanted/],
  ['a text', 'texture', /recipe: is "texture", but a group/],
  ['no stages', {}, /stages: is missing; a list is wanted/],
  ['empty stages', { stages: [] }, /stages: .*must have at least one stage/],
  ['no losses', { stages: [{}] }, /stages\[0\]\.losses: must have at least one loss/],
  [
    'a copy with losses',
    { stages: [{ method: 'copy', losses: [{ kind: 'tv' }] }] },
    /stages\[0\]\.losses: .*must be left out where method is copy/,
  ],
  [
    'how to copy where nothing is',
    { stages: [{ copy: { variety: 1 }, losses: [{ kind: 'tv' }] }] },
    /stages\[0\]\.copy: .*is for stages whose method is copy/,
  ],
  ['empty losses', loss(), /stages\[0\]\.losses: .*must have at least one loss/],
  ['a newer version', recipe({ toroid: 99 }), /of version 99; .* versions up to \d+\n {2}Install a newer toroid/],
  ['a version of another kind', recipe({ toroid: 'new' }), /toroid: "new" is none of 1/],
  ['a setting of the recipe', recipe({ sizes: 9 }), /sizes: there is no such setting\. Did you mean size\?/],
  ['a setting of nothing', recipe({ qqqqqqqq: 9 }), /qqqqqqqq: there is no such setting\. Known: .*stages/],
  ['a kind of loss', loss({ kind: 'gran' }), /stages\[0\]\.losses\[0\]\.kind: "gran" is none of .*Did you mean gram\?/],
  ['no kind', loss({ weight: 1 }), /stages\[0\]\.losses\[0\]\.kind: is missing\. Known: .*patches/],
  [
    'a setting of a loss',
    loss({ kind: 'tv' }, { kind: 'gram', wieght: 2 }),
    /stages\[0\]\.losses\[1\]\.wieght: there is no such setting\. Did you mean weight\?/,
  ],
  [
    'a setting of another loss',
    loss({ kind: 'tv', patch: 7 }),
    /losses\[0\]\.patch: there is no such setting\. Known: kind, weight\./,
  ],
  ['a text for a number', loss({ kind: 'tv', weight: '1' }), /losses\[0\]\.weight: is "1", but a number is wanted/],
  ['no number', loss({ kind: 'tv', weight: Number.NaN }), /losses\[0\]\.weight: /],
  ['an even patch', loss({ kind: 'patches', patch: 4 }), /losses\[0\]\.patch: is 4, but must be odd/],
  [
    'a layer weight of text',
    loss({ kind: 'gram', layers: { relu1_1: 'much' } }),
    /losses\[0\]\.layers\.relu1_1: is "much", but a number is wanted/,
  ],
  ['a set of layers', loss({ kind: 'gram', layers: 'styl' }), /losses\[0\]\.layers: .*"styl".*Did you mean style\?/],
  ['losses as a group', { stages: [{ losses: { kind: 'tv' } }] }, /stages\[0\]\.losses: .* a list is wanted/],
  ['a list for a group', recipe({ color: [] }), /color: is \[\], but a group \{ \} is wanted/],
  ['a list for a loss', loss([]), /losses\[0\]: is \[\], but a group \{ \} is wanted/],
  [
    'a word for a resolution',
    { stages: [{ losses: [{ kind: 'tv' }], resolution: 'frist' }] },
    /stages\[0\]\.resolution: is "frist", but one of these is wanted: .*first.*Did you mean first\?/,
  ],
  [
    'a resolution above 1',
    { stages: [{ losses: [{ kind: 'tv' }], resolution: 2 }] },
    /resolution: is 2, but must be at most 1\./,
  ],
  [
    'a resolution below 0',
    { stages: [{ losses: [{ kind: 'tv' }], resolution: -1 }] },
    /resolution: is -1, but must be above 0\./,
  ],
  ['a ratio of 1', recipe({ scales: { ratio: 1 } }), /scales\.ratio: is 1, but must be below 1\./],
  ['a long list', recipe({ size: [1, 2, 3] as never }), /size: is \[1,2,3\], but must have at most 2 of them\./],
  ['an empty name', recipe({ name: '' }), /name: is "", but must have at least 1 letters\./],
  ['half a pixel', recipe({ size: 64.5 }), /size: is 64\.5, but .*whole/],
  ['a tiny size', recipe({ size: [64, 4] }), /size\[1\]: is 4, but must be at least 16 pixels/],
  ['three sides', recipe({ size: [64, 64, 64] }), /size: /],
  ['a view', recipe({ views: [{ kind: 'miror' }] }), /views\[0\]\.kind: "miror" is none of .*Did you mean mirror\?/],
  [
    'an optimiser',
    { stages: [{ losses: [{ kind: 'tv' }], optimizer: { kind: 'adams' } }] },
    /stages\[0\]\.optimizer\.kind: "adams" is none of .*Did you mean adam\?/,
  ],
  [
    'a setting of an optimiser',
    { stages: [{ losses: [{ kind: 'tv' }], optimizer: { kind: 'adam', history: 3 } }] },
    /optimizer\.history: there is no such setting\. Known: .*rate/,
  ],
  ['a colour space', recipe({ color: { space: 'luminence' } }), /color\.space: .*Did you mean luminance\?/],
  [
    'a mask without input',
    recipe({ styles: [{ mask: {} }] }),
    /styles\[0\]\.mask\.input: is missing; a text is wanted/,
  ],
  ['a magnification', recipe({ styles: [{ magnification: [1, 0] }] }), /styles\[0\]\.magnification\[1\]: is 0, but /],
  ['an input that is a number', recipe({ inputs: { style: 4 } }), /inputs\.style: is 4, but one of these is wanted: /],
  ['a checksum', recipe({ inputs: { style: { path: 'x.png', sha256: '1' } } }), /inputs\.style\.sha256: .*64 hexadec/],
  ['a name of an input', recipe({ inputs: { 'a b': 'x.png' } }), /inputs\.a b: is no name to use here: must be a name/],
  ['a prototype', JSON.parse('{"__proto__": {"a": 1}, "stages": [{"losses": [{"kind": "tv"}]}]}'), /__proto__: /],
  [
    'a prototype within',
    JSON.parse('{"stages": [{"losses": [{"kind": "tv", "__proto__": {"weight": 3}}]}]}'),
    /losses\[0\]\.__proto__: there is no such setting/,
  ],
  ['very deep lists', loss(deep(20_000)), /losses\[0\]: is a list/],
  ['very deep groups', recipe({ inputs: { a: { path: deep(20_000) } } }), /inputs\.a/],
  ['a very long text', recipe({ tile: 'x'.repeat(1 << 19) }), /tile: "x+\.\.\. is none of/],
];

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let k = 0; k < levels; k++) value = [value];
  return value;
}

test('every mistake is told by its place and the word that was meant', async () => {
  for (const [about, wishes, message] of rows) await refused(() => fillRecipe(wishes), message, about);
  // Names of inputs and layers are anybody's choice: this one is left out.
  const named = fillRecipe(JSON.parse(JSON.stringify(recipe()).replace('{', '{"inputs":{"__proto__":"x"},')));
  assert.equal(Object.keys(named.inputs), []);
  assert.is(({} as { a?: number }).a, undefined, 'the prototype of everything stayed as it was');
});

test('several mistakes are all told', async () => {
  const wishes = recipe({ size: 'big', seed: -1, tile: 'z' });
  for (const place of [/^ *size: is "big"/m, /^ *seed: is -1/m, /tile: "z" is none of/]) {
    await refused(() => fillRecipe(wishes), place, String(place));
  }
});

test('files that are no recipes: where the fault is, line and column', async () => {
  const file = async (name: string, text: string, message: RegExp): Promise<void> => {
    writeFileSync(at(name), text);
    await refused(async () => fillRecipe((await findRecipe(at(name))).value), message, `${name}: ${text.slice(0, 40)}`);
  };
  await file(
    'a.json',
    '{\n  "size": 64,\n  "tile": x\n}',
    /a\.json is not JSON: Unexpected token 'x', line 3, column 11/,
  );
  await file('a.json', '{\n  "size": 64,\n}', /is not JSON: .*, line 3, column 1\n/);
  await file('a.json', '{"size": 64 "seed": 1}', /is not JSON: .*, line 1, column 13\n/);
  await file('a.json', '{"size": 64', /is not JSON: .*, line 1, column 12\n/);
  await file('a.json', '{"size": [64, 64,', /is not JSON: Unexpected end, line 1, column 18\n/);
  await file('a.json', '{"a": "b\nc"}', /is not JSON: Bad control character.*, line 1, column 9\n/);
  await file('a.json', '', /is not JSON: Unexpected end, line 1, column 1\n/);
  await file('a.json', "{'size': 64}", /is not JSON: .*, line 1, column 2\n/);
  await file('a.json', `${JSON.stringify(recipe())} more`, /is not JSON: .*, line 1, column \d+/);
  await file('a.json', '['.repeat(200_000), /is not JSON: .*column 200001/);
  await file('a.json', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /recipe: is .*a group \{ \} is wanted/);
  await file('a.yaml', 'stages:\n  - losses: [\n', /a\.yaml is not YAML: .*line \d, column \d/);
  await file('a.yaml', 'size: 64\nsize: 65\n', /is not YAML: .*unique.*line 2, column 1/);
  await file('a.yaml', 'size: 64\n\tseed: 1\n', /is not YAML: .*line 2/);
  await file('a.yaml', '', /recipe: is null, but a group/);
  await file('a.yaml', 'a: 1\n---\nb: 2\n', /is not YAML: .*document/);
  await file('a.yaml', '['.repeat(5000), /too many brackets/);
  await file('a.yaml', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`, /too many brackets/);
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let k = 1; k < 9; k++) {
    const [name, last] = [String.fromCharCode(97 + k), String.fromCharCode(96 + k)];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(', ')}]`);
  }
  await file('bomb.yaml', bomb.join('\n'), /bomb\.yaml: .*alias.*\n {2}Write it without so many aliases/);
  await file('a.yaml', 'a: &a [*a]\nstages: []', /a\.yaml|a: there is no such setting/);
  await file('a.yaml', '__proto__: {size: 1}\nstages: [{losses: [{kind: tv}]}]', /__proto__: /);
  await file('large.json', ' '.repeat(2 ** 20 + 1), /large\.json has 1048577 bytes: that is no recipe/);
});

test('what is no file, or no file of a recipe', async () => {
  mkdirSync(at('folder'));
  mkdirSync(at('folder.json'));
  writeFileSync(at('text.png'), 'hello');
  for (const [name, message] of [
    ['folder', /is a folder, not a recipe/],
    ['folder.json', /is a folder, not a recipe/],
  ] as const) {
    await refused(() => findRecipe(at(name)), message, name);
  }
  await refused(() => findRecipe('textur'), /there is no recipe called textur\. Did you mean texture\?/, 'textur');
  await refused(
    () => findRecipe('texture.json'),
    /there is no file texture\.json\n {2}Did you mean the recipe texture/,
    '',
  );
  for (const name of ['none.json', 'text.png']) {
    try {
      await findRecipe(at(name));
      assert.unreachable(name);
    } catch (error) {
      assert.ok(error instanceof EngineError, `${name}: ${(error as Error).stack}`);
      assert.match(error.message, new RegExp(`${name}.*\\n {2}\\S`));
    }
  }
});

test('files are read: JSON, JSON with a mark at its beginning, YAML, and $schema', async () => {
  const wishes = { $schema: './schema/recipe.json', ...recipe({ size: 48 }) };
  writeFileSync(at('one.json'), JSON.stringify(wishes));
  writeFileSync(at('two.json'), `\uFEFF${JSON.stringify(wishes)}`);
  writeFileSync(
    at('three.yaml'),
    '# yaml-language-server: $schema=schema/recipe.json\n$schema: x\nsize: 48\nstages:\n  - losses:\n      - kind: patches\n',
  );
  for (const name of ['one.json', 'two.json', 'three.yaml']) {
    const found = await findRecipe(at(name));
    assert.is(fillRecipe(found.value).size, 48, name);
    assert.equal([found.folder, found.name], [folder, name.split('.')[0]]);
  }
});

test('--set: into groups, lists, missing groups; never into prototypes', async () => {
  const base = recipe();
  const set = (...sets: string[]) => fillRecipe(setValues(base, sets));
  assert.is(set('size=48').size, 48);
  assert.equal(set('size=[48,32]').size, [48, 32]);
  assert.is(set('stages[0].steps=7').stages[0]!.steps, 7);
  assert.is(set('stages.0.steps=7').stages[0]!.steps, 7);
  assert.is(set('stages[0].losses[1].kind=tv').stages[0]!.losses[1]!.kind, 'tv');
  assert.is(set('color.space=free').color.space, 'free');
  assert.equal(set('net=vgg19', 'net.name=vgg19', 'net.pooling=l2').net, { name: 'vgg19', pooling: 'l2' });
  assert.is(set('name=a=b').name, 'a=b');
  assert.equal(base, recipe(), 'what was given stays as it was');
  for (const [text, message] of [
    ['size', /--set size: wants path=value/],
    ['=3', /--set =3: wants path=value/],
    ['__proto__.polluted=1', /"__proto__\.polluted" is no path in a recipe/],
    ['constructor.prototype.polluted=1', /is no path in a recipe/],
    ['inputs.__proto__=1', /is no path in a recipe/],
    ['stages[7].steps=1', /--set stages\[7\]\.steps=1: 7 is no place in a list of 1\n {2}Use 0 to 0, or 1/],
    ['stages[x].steps=1', /stages/],
    ['stages.steps=1', /steps is no place in a list of 1/],
    ['szie=3', /szie: there is no such setting\. Did you mean size\?/],
    ['size={"__proto__": {"polluted": 1}}', /size/],
    [`size=${'['.repeat(30_000)}${']'.repeat(30_000)}`, /size/],
  ] as const) {
    await refused(() => set(text), message, text.slice(0, 60));
  }
  assert.is(({} as { polluted?: number }).polluted, undefined);
  assert.equal(pathOf('stages[0].losses[1].weight'), ['stages', '0', 'losses', '1', 'weight']);
});

test('schema/recipe.json is that of the code: npm run schema', () => {
  const committed: unknown = JSON.parse(readFileSync('schema/recipe.json', 'utf8'));
  assert.equal(committed, recipeJsonSchema(), 'run `npm run schema`');
  const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
  assert.ok(files.includes('schema'), 'the published package has it');
});

test('the schema names every block, says what each setting is, and demands what has no default', () => {
  const text = JSON.stringify(recipeJsonSchema());
  for (const { kind } of [...lossComponents, ...viewComponents, ...optimiserComponents]) {
    assert.ok(text.includes(`"const":"${kind}"`), kind);
  }
  const schema = recipeJsonSchema() as { required: string[]; properties: Record<string, { description?: string }> };
  assert.equal(schema.required, ['stages']);
  assert.ok('$schema' in schema.properties);
});

test('how a stage copies is written out when a recipe is filled, and filling again changes nothing', () => {
  const once = fillRecipe({ styles: [{}], stages: [{ method: 'copy', copy: { variety: 0.5 } }] });
  assert.is(once.stages[0]!.copy!.variety, 0.5);
  assert.is(once.stages[0]!.copy!.fit, 'scale');
  assert.equal(fillRecipe(once), once);
  assert.equal(fillRecipe({ styles: [{}], stages: [{ method: 'copy' }] }).stages[0]!.copy!.evenness, 1);
});

test('built-in recipes are sound, and a copy of them is one of your own', () => {
  for (const { name } of builtinRecipes) {
    const one = builtinRecipe(name!);
    one.stages.length = 0;
    assert.ok(builtinRecipe(name!).stages.length > 0);
    assert.ok(fillRecipe(builtinRecipe(name!)).about.length > 20, `${name} says what it makes`);
  }
});

test.run();
