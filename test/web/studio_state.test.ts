// What the studio knows, without a page: settings, recipes, where the view is, and news from the worker.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { zip, zipEntries } from '../../src/base/zip';
import { builtinRecipe, builtinRecipes } from '../../src/recipes/builtin';
import { fillRecipe } from '../../src/recipes/recipe';
import { recipeIn } from '../../src/web/studio/dropped';
import { fitSpan, HOME, type Pair, zoomed } from '../../src/web/studio/pose';
import { fitted, preparedName, turnedCrop, turnedSize } from '../../src/web/studio/prepare';
import { inputWords, lossName, presetName, shownRecipes, TASKS, taskOf } from '../../src/web/studio/presets';
import { type Command, sendingQuietly } from '../../src/web/studio/protocol';
import { readSession, writeSession } from '../../src/web/studio/session_file';
import {
  changedSince,
  changing,
  fromAddress,
  type Made,
  recipeOf,
  termsOf,
  toAddress,
  usual,
  withColours,
} from '../../src/web/studio/settings';
import { cellsOf } from '../../src/web/studio/sheet';
import { initial, reduce } from '../../src/web/studio/state';
import {
  areInOrder,
  fittedTurned,
  inset,
  turnedCorners,
  turnedRectangle,
  unturned,
} from '../../src/web/studio/straighten';
import { MORNING, turned } from '../../src/web/studio/sun';

const test = suite('studio state');

test('a preset keeps its own size and tiling until others are chosen', () => {
  for (const { name = '' } of builtinRecipes) {
    const [own, plain] = [fillRecipe(recipeOf({ ...usual, preset: name })), fillRecipe(builtinRecipe(name))];
    assert.equal([own.size, own.tile], [plain.size, plain.tile], name);
  }
  const honeycomb = { ...usual, preset: 'honeycomb', size: 512 };
  assert.equal(recipeOf(honeycomb).size, [296, 512]);
  assert.is(recipeOf({ ...usual, preset: 'style', tile: 'x' }).tile, 'x');
});

test('an address says what was chosen, and nothing else', () => {
  assert.is(toAddress(usual), '');
  const chosen = { ...usual, preset: 'style', size: 256, tile: 'both' as const, seed: 7, factors: { '0.1': 2 } };
  assert.equal(fromAddress(`#${toAddress(chosen)}`), chosen);
  assert.equal(fromAddress('#preset=nobody&size=7&tile=z&seed=-1'), usual);
});

test('every preset of the page is in one task, under words; so are the inputs of all', () => {
  const named = TASKS.flatMap((t) => t.presets.map(([name]) => name)).sort();
  assert.equal(named, shownRecipes.map((r) => r.name ?? '').sort());
  assert.is(inputWords(fillRecipe(builtinRecipe('two-lands')), 'other').title, 'second material');
  assert.is(inputWords(fillRecipe(builtinRecipe('texture')), 'style').title, 'picture');
});

test('a loss that is alone has no weight to choose', () => {
  assert.equal(termsOf(builtinRecipe('texture')), []);
  assert.equal(
    termsOf(builtinRecipe('regular')).map((t) => [t.key, t.stage, lossName(t.kind)]),
    [
      ['0.0', null, 'small pieces (patches)'],
      ['0.1', null, 'straight, even rows (spectrum)'],
    ],
  );
  for (const { kind } of shownRecipes.flatMap((r) => r.stages.flatMap((s) => s.losses ?? [])))
    assert.match(lossName(kind), /^\w.* \(/);
  // The curves are of terms.
  assert.is(lossName('gaussian input'), 'the style, smoothly (gaussian input)');
  assert.is(lossName('total'), 'total');
});

test('what was changed since a run began is named: it is for the next one', () => {
  const picture = { name: 'a.png', file: new Blob() };
  const then: Made = { settings: usual, own: null, inputs: { style: picture } };
  assert.equal(changedSince(then, { ...then, settings: { ...usual, factors: {} } }), []);
  const settings = { ...usual, preset: 'texture', seed: 2, size: 64 };
  assert.equal(changedSince(then, { ...then, settings }), ['method', 'size', 'seed']);
  assert.equal(changedSince(then, { ...then, inputs: { style: { ...picture } } }), ['picture']);
});

test('of changes that follow one another the last is sent, before whatever is asked for next', () => {
  const sent: Command[] = [];
  const send = sendingQuietly((command) => sent.push(command));
  const change = (seed: number): Command => ({ type: 'change', recipe: recipeOf({ ...usual, seed }) });
  for (const command of [change(1), change(2), { type: 'pause' } as const, change(3)]) send(command);
  assert.equal(sent, [change(2), { type: 'pause' }]);
  send({ type: 'resume' });
  assert.equal(sent.slice(2), [change(3), { type: 'resume' }]);
});

test('going back cuts what came later; a finished picture is no longer that of the run', () => {
  const stages = [
    { width: 32, height: 32, steps: 10 },
    { width: 64, height: 64, steps: 10 },
  ];
  const progress = { stage: 1, stages: 2, name: 's', ...stages[1]!, step: 4, loss: 1, terms: { a: 1 }, msPerStep: 1 };
  const left = { share: 0.7, seconds: 1 };
  let state = reduce({ ...initial, stages }, { type: 'progress', progress: { ...progress, stage: 0 }, left });
  state = reduce(state, { type: 'progress', progress, left });
  state = reduce(state, { type: 'went back', snapshot: { id: 1, stage: 0, step: 5 } });
  assert.equal([state.progress?.stage, state.progress?.step, state.progress?.width], [0, 5, 32]);
  assert.equal(
    state.curves.map((c) => c.points.length),
    [1, 1],
  );
  assert.ok((state.left?.share ?? 1) < 0.3);
});

test('what is under the pointer stays there while it is zoomed', () => {
  const [view, size]: Pair[] = [
    [800, 600],
    [256, 128],
  ] as const as unknown as Pair[];
  const at: Pair = [120, -90];
  const before = fitSpan(view!, size!, 'both');
  const place = (p: { x: number; y: number }, span: number): number[] => [p.x + at[0] / span, p.y + at[1] / (span / 2)];
  const after = zoomed(HOME, 3, at, view!, size!, 'both');
  assert.is(after.span, 3 * before);
  const [x = 0, y = 0] = place(after, after.span ?? 0);
  const [x0 = 0, y0 = 0] = place(HOME, before);
  assert.ok(Math.abs(x - x0) + Math.abs(y - y0) < 1e-12, `${x},${y} was ${x0},${y0}`);
  // One that does not tile is seen whole.
  assert.ok(fitSpan([800, 600], [256, 128], 'none') <= 800);
  assert.ok(fitSpan([100, 600], [128, 256], 'none') <= 100);
});

test('a part of a picture turns with it, stays within, and its name says what it is', () => {
  const crop = { x: 10, y: 25, width: 30, height: 40 };
  let [part, size]: [typeof crop, readonly [number, number]] = [crop, [100, 80]];
  for (let k = 0; k < 4; k++) [part, size] = [turnedCrop(part, size[1]), turnedSize(size, 1)];
  assert.equal(part, crop);
  assert.equal(turnedCrop(crop, 80), { x: 15, y: 10, width: 40, height: 30 });
  assert.equal(fitted({ x: 95, y: -4, width: 3, height: 200 }, [100, 80]), { x: 84, y: 0, width: 16, height: 80 });
  assert.is(preparedName('old wall.jpg', { turns: 3, crop }), 'old wall 30x40 at 10,25 turned 270.png');
});

test('a turned part stays within its picture; its corners turn with the picture, and back', () => {
  const size: Pair = [100, 80];
  for (const angle of [-45, -7.5, 0, 20, 45]) {
    const crop = fittedTurned({ x: -20, y: 30, width: 120, height: 60 }, angle, size);
    const corners = turnedRectangle(crop, angle, size);
    assert.ok(areInOrder(corners), `${angle}: ${corners}`);
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners;
    assert.ok(Math.abs((Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI - angle) < 1.5, `${angle}: ${corners}`);
    assert.ok(Math.abs(Math.hypot(x2 - x1, y2 - y1) - crop.width) < 1.5, `${angle}: ${corners}`);
  }
  let [corners, its] = [inset(size), size];
  for (let turns = 1; turns <= 4; turns++) {
    corners = turnedCorners(corners, its[1]);
    its = turnedSize(its, 1);
    assert.ok(areInOrder(corners) && (corners[0] ?? 0) < its[0] / 2 && (corners[1] ?? 0) < its[1] / 2, `${corners}`);
    const home = unturned(corners, turns, size);
    assert.equal([...home].sort(), [...inset(size)].sort(), 'the same four corners');
  }
  assert.equal(corners, inset(size));
  assert.not.ok(areInOrder([0, 0, 0, 50, 50, 50, 50, 0]));
});

test('the light goes where it is dragged, round the sky, and never below', () => {
  const noon = turned({ azimuth: 180, height: 45 }, Math.SQRT1_2, 0);
  assert.ok(noon.height > 89.9, `${noon.height}`);
  const right = turned(noon, 0.5, 0);
  assert.ok(Math.min(right.azimuth, 360 - right.azimuth) < 1 && Math.abs(right.height - 60) < 1, JSON.stringify(right));
  const up = turned(MORNING, 0, -3);
  assert.ok(up.height === 5 && up.azimuth > 80 && up.azimuth < 135, JSON.stringify(up));
});

test('a material is asked for by the recipe: it is in the address, and what a file says of it besides stays', () => {
  const brick = fromAddress('#material=brick');
  assert.is(toAddress(brick), 'material=brick');
  assert.equal(recipeOf(brick).material, { preset: 'brick' });
  assert.is(fromAddress('#material=cheese').material, null);
  const own = { ...builtinRecipe('texture-copy'), material: { delight: 0.2, preset: 'wood' as const } };
  assert.equal(recipeOf({ ...usual, material: 'any' }, own).material, { delight: 0.2 });
  assert.equal(taskOf(brick)?.id, 'material');
  assert.equal(taskOf({ ...usual, preset: 'dream' })?.id, 'dream');
});

test('a downloaded recipe is opened again, as JSON and as YAML; what is none is refused by name', async () => {
  const recipe = recipeOf({ ...usual, preset: 'honeycomb', size: 96, seed: 9 });
  const file = (name: string, text: string): File => new File([text], name);
  const again = await recipeIn(file('honeycomb.json', JSON.stringify(recipe)));
  assert.equal(fillRecipe(again.recipe), fillRecipe(recipe));
  const yaml = await recipeIn(
    file(
      'a.yaml',
      'seed: 3\ninputs: { style: ../stones/a.png }\nstyles: [{ input: style }]\nstages: [{ steps: 5, losses: [{ kind: patches }] }]\n',
    ),
  );
  assert.equal([yaml.recipe.seed, yaml.files], [3, { style: 'a.png' }]);
  for (const [name, text] of [
    ['x.json', '{'],
    ['x.yaml', 'a: ['],
    ['y.json', '{"stages": 3}'],
  ] as const) {
    const error = await recipeIn(file(name, text)).then(() => null, String);
    assert.match(error ?? 'nothing', name === 'y.json' ? 'stages' : name);
  }
});

test('a session is read as it was written, each picture once; what a stranger made of it is refused by name', async () => {
  const photo = { name: 'old/wall.jpg', file: new Blob(['a photograph']) };
  const crop = { x: 1, y: 2, width: 30, height: 40 };
  const colours = { name: 'leaf.png', file: new Blob(['green']) };
  const corners = [1, 2, 30, 2, 30, 40, 1, 40];
  const how = { turns: 1, crop, flatten: 0.6, colours, strength: 0.4 };
  const as = { corners, flatten: 0.6, colours, strength: 0.4, preview: new Blob(['what it looks like']) };
  const style = { name: 'wall 30x40.png', file: new Blob(['a part of it']), as, of: { given: photo, how } };
  const made: Made = {
    settings: { ...usual, preset: 'regular', seed: 9, factors: { '0.1': 2 } },
    own: null,
    inputs: { style },
  };
  const own = recipeOf({ ...usual, preset: 'style', size: 64 });
  const results = [
    { id: 7, name: 'b.png', file: new Blob(['b']), seconds: 1.5, seamless: true, ...made },
    {
      id: 6,
      name: 'a.png',
      file: new Blob(['a']),
      seconds: 2,
      seamless: null,
      settings: usual,
      own,
      inputs: { style: photo },
    },
  ];
  const file = await writeSession({ made, results });
  const bytes = new Uint8Array(await file.arrayBuffer());
  assert.is(zipEntries(bytes, 'x').length, 1 + 6);
  const back = await readSession(new File([bytes], 'x.zip'));
  assert.equal(back.made.settings, made.settings);
  assert.is(await back.made.inputs.style?.of?.given.file.text(), 'a photograph');
  assert.equal(back.made.inputs.style?.of?.how, how);
  const recipe = changing(recipeOf(usual), back.made.inputs);
  assert.equal(recipe.rectify, { style: corners });
  assert.equal(recipe.retouch, { style: { flatten: 0.6, match: { to: 'style-colours', strength: 0.4 } } });
  assert.ok(fillRecipe(recipe));
  assert.is(await withColours(back.made.inputs)['style-colours']?.file.text(), 'green');
  assert.equal(
    back.results.map((r) => [r.id, r.name, r.seconds, r.seamless, r.own?.name]),
    [
      [7, 'b.png', 1.5, true, undefined],
      [6, 'a.png', 2, null, 'style'],
    ],
  );
  assert.is(await back.results[0]?.file.text(), 'b');

  const entries = await Promise.all(zipEntries(bytes, 'x').map(async (e) => ({ name: e.name, bytes: await e.read() })));
  const index = JSON.parse(new TextDecoder().decode(entries[0]?.bytes)) as Record<string, unknown>;
  const refusal = (of: Uint8Array<ArrayBuffer>): Promise<string> =>
    readSession(new File([of], 'x.zip')).then(() => 'read', String);
  const altered = (change: object): Promise<string> =>
    refusal(
      zip([
        { name: 'session.json', bytes: new TextEncoder().encode(JSON.stringify({ ...index, ...change })) },
        ...entries.slice(1),
      ]),
    );
  assert.is(await altered({}), 'read');
  for (const [change, words] of [
    [{ version: 2 }, /x\.zip is no session.*version/],
    [{ results: Array(101).fill((index.results as object[])[0]) }, /results/],
    [{ results: [{ ...(index.results as object[])[0], id: 'x' }] }, /results\.0\.id/],
    [{ inputs: { style: { name: 'a', file: '../../a' } } }, /\.\.\/a is not in it/],
    [{ own: { stages: 3 } }, /stages/],
  ] as const)
    assert.match(await altered(change), words);
  assert.match(await refusal(bytes.slice(0, -40)), /damaged/);
  assert.match(await refusal(zip([{ name: 'a.txt', bytes: new Uint8Array(3) }])), /no session\.json/);
});

test('cells of a contact sheet are apart and within it, however many; presets go by their plain names', () => {
  for (const count of [1, 2, 5, 24]) {
    const { width, height, at } = cellsOf(count);
    const cells = Array.from({ length: count }, (_, k) => at(k));
    assert.is(new Set(cells.map(String)).size, count);
    for (const [x, y] of cells) assert.ok(x > 0 && y > 0 && x + 256 < width && y + 256 < height, `${count}: ${x},${y}`);
  }
  assert.is(presetName('honeycomb'), 'Honeycomb');
});

test.run();
