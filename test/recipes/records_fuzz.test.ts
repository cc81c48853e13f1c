// Records of pictures with something in them changed: a run up to its first step, or what is wrong in words for people.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { Rng } from '../../src/base/rng';
import * as toroid from '../../src/index.node';
import { ALL } from '../support/all';
import { device } from '../support/device';

const test = suite('mutated records');

const CASES = ALL ? 2000 : 60;
const raster = { width: 48, height: 40, data: new Float32Array(3 * 48 * 40).fill(0.5) };
const odd = [
  null,
  -1,
  0,
  1e9,
  1e308,
  'x',
  '',
  [],
  {},
  true,
  [null],
  { kind: 'x' },
  'a'.repeat(5000),
  1.5,
  2 ** 53,
  '../x',
];

type Tree = Record<string, unknown>;
const places = (v: unknown, at: readonly string[] = []): (readonly string[])[] =>
  typeof v === 'object' && v !== null
    ? Object.entries(v).flatMap(([name, own]) => [[...at, name], ...places(own, [...at, name])])
    : [];

function mutated(rng: Rng): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(rng.uniform() * from.length)] as T;
  const recipe = { ...structuredClone(toroid.fillRecipe(pick(toroid.builtinRecipes))), size: [48, 40] };
  const record: Tree = { version: '0.1.0', recipe, adapter: { name: 'x', tuned: {} }, run: { frame: 0 }, measures: {} };
  for (let k = 0; k < 1 + 2 * rng.uniform(); k++) {
    const place = pick(places(record));
    const name = place.at(-1) as string;
    const group = place.slice(0, -1).reduce<Tree>((at, key) => at[key] as Tree, record);
    const how = rng.uniform();
    if (how < 0.15) delete group[name];
    else if (typeof group[name] === 'number' && how > 0.4) group[name] = Math.ceil(group[name] * (0.5 + how));
    else group[how < 0.25 ? `${name}x` : name] = pick(odd);
  }
  const text = JSON.stringify(record);
  return rng.uniform() < 0.1 ? text.slice(0, Math.floor(rng.uniform() * text.length)) : text;
}

test(`${CASES} of them in PNGs`, async () => {
  const on = await device();
  const rng = new Rng(14);
  let planned = 0;
  for (let k = 0; k < CASES; k++) {
    const text = mutated(rng);
    const stop = new AbortController();
    try {
      const found = await toroid.readRecord(await toroid.encodePng(raster, { text: { toroid: text } }));
      if (!found) continue;
      const { styles, content, inputs } = toroid.fillRecipe(found.recipe);
      const names = [
        ...styles.map((s) => s.input),
        ...Object.keys(inputs),
        ...(content === undefined ? [] : [content]),
      ];
      const pictures = Object.fromEntries(names.map((name) => [name, raster]));
      await toroid.run(found, pictures, { device: on, signal: stop.signal, onPlan: () => stop.abort('planned') });
    } catch (error) {
      if (error === 'planned') planned++;
      else if (!(error instanceof EngineError)) assert.unreachable(`${error} of ${text}`);
      else assert.not.match(error.message, /bug in toroid|Too |Invalid input/, text);
    }
  }
  assert.ok(planned > 0 && planned < CASES / 2, `${planned} are runs`);
});

test.run();
