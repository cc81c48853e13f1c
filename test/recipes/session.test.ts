// A run that is paused, taken back and changed on the way.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { open } from '../../src/gpu/open.node';
import { plasma } from '../../src/recipes/init/plasma';
import { fillRecipe, type Recipe, type RecipeText } from '../../src/recipes/recipe';
import { type RunResult, run } from '../../src/recipes/run';
import { Session, type SessionOptions } from '../../src/recipes/session';
import { oneStepABatch } from '../support/clock';
import { device } from '../support/device';

const test = suite('session');
/** However fast the machine, there is a batch yet to come when a test asks for one. */
const restore = oneStepABatch();
test.after(restore);
const inputs = new Map([['style', plasma({ size: [36, 28], seed: 3 })]]);

const recipe = (more: Partial<RecipeText> = {}, weight = 1, steps = 8): Recipe =>
  fillRecipe({
    size: 32,
    styles: [{ input: 'style' }],
    scales: { coarsest: 16 },
    stages: [
      {
        steps,
        losses: [
          { kind: 'sliced', layers: ['input'] },
          { kind: 'tv', weight },
        ],
      },
    ],
    ...more,
  });

let unbroken: Promise<RunResult> | undefined;
/** What comes of the recipe without a break. */
const plain = (): Promise<RunResult> => {
  unbroken ??= device().then((d) => run(d, recipe(), inputs));
  return unbroken;
};

interface Played {
  readonly session: Session;
  readonly over: Promise<RunResult>;
  /** Resolves after so many batches from now. */
  batches(count: number): Promise<void>;
  readonly terms: Record<string, number>[];
}

async function played(wanted: Recipe, options: SessionOptions = {}): Promise<Played> {
  const waiting: { left: number; done(): void }[] = [];
  const terms: Record<string, number>[] = [];
  let done: (r: RunResult) => void = () => {};
  let failed: (e: unknown) => void = () => {};
  const over = new Promise<RunResult>((a, b) => {
    [done, failed] = [a, b];
  });
  over.catch(() => {});
  const session = new Session(await device(), wanted, inputs, {
    ...options,
    onProgress: (p) => {
      terms.push({ ...p.terms });
      for (const w of waiting) if (--w.left === 0) w.done();
    },
    onDone: (r) => done(r),
    onError: (e) => failed(e),
  });
  const batches = (left: number): Promise<void> => new Promise((resolve) => waiting.push({ left, done: resolve }));
  return { session, over, batches, terms };
}

test('paused and resumed, it gives the bytes of a run without a break', async () => {
  const { session, over, batches } = await played(recipe());
  session.resume();
  for (let k = 0; k < 3; k++) {
    await batches(1);
    await session.pause();
    assert.is(session.state, 'paused');
    session.resume();
    session.resume(); // a second press does nothing
  }
  const result = await over;
  assert.is(session.state, 'done');
  assert.equal(result.raster.data, (await plain()).raster.data);
  session.resume();
  assert.is(session.state, 'done');
  await session.close();
});

test('taken back to a snapshot, forward, and back, it goes the same way again', async () => {
  const { session, over, batches } = await played(recipe());
  session.resume();
  await batches(1);
  await session.pause();
  const [first] = session.snapshots;
  assert.ok(first);
  session.resume();
  await batches(1);
  await session.back(first!.id);
  assert.is(session.state, 'paused');
  assert.equal(session.snapshots, [first]);
  const later = [...session.later];
  assert.ok(later.length > 0);
  await session.back(later.at(-1)!.id);
  assert.equal([session.snapshots, session.later], [[first, ...later], []]);
  await session.back(first!.id);
  assert.equal(session.later, later);
  const seen = await session.picture(first!);
  assert.equal([first!.stage, first!.step, seen.width, seen.height], [0, 1, 23, 23]);
  session.resume();
  assert.equal(session.later, [], 'the run goes another way now');
  assert.equal((await over).raster.data, (await plain()).raster.data);
  const error = await session.back(999).then(
    () => null,
    (e: unknown) => e,
  );
  assert.instance(error, EngineError);
  assert.match(String(error), 'snapshot 999 is no longer kept');
  await session.close();
});

test('a changed weight counts from the next step on, and what shapes the canvas cannot change', async () => {
  const { session, over, batches, terms } = await played(recipe());
  session.resume();
  await batches(2);
  const before = terms.length;
  await session.change(recipe({}, 8));
  const last = terms[terms.length - 1]!.tv!;
  assert.ok(terms.length >= before);
  const at = terms.length;
  await batches(1);
  assert.ok(terms[at]!.tv! > 2 * last, `the term goes from ${last} to ${terms[at]!.tv}`);
  for (const [about, changed] of [
    ['size', recipe({ size: 48 })],
    ['the way it tiles', recipe({ tile: 'x' })],
    [
      'the optimizer',
      recipe({ stages: [{ steps: 8, optimizer: { kind: 'lbfgs' }, losses: [{ kind: 'sliced', layers: ['input'] }] }] }),
    ],
  ] as const) {
    const error = await session.change(changed).then(
      () => null,
      (e: unknown) => e,
    );
    assert.instance(error, EngineError, about);
    assert.match(String(error), `${about} cannot change`);
  }
  assert.is(session.recipe.stages[0]!.losses[1]!.weight, 8);
  await over;
  await session.close();
});

test('keeps few snapshots, the first and the latest among them', async () => {
  const { session, over, batches } = await played(recipe(), { snapshots: 4 });
  session.resume();
  for (let k = 0; k < 8 && session.state === 'running'; k++) {
    await batches(1);
    await session.pause();
    session.resume();
  }
  const ids = session.snapshots.map((m) => m.id);
  assert.ok(ids.length >= 2 && ids.length <= 4, `${ids}`);
  assert.is(ids[0], 1);
  await over;
  await session.close();
});

test('goes on with another device when its own is lost', async () => {
  const lost = await open();
  const states: string[] = [];
  const next = await device();
  let failures = 0;
  const over = new Promise<RunResult>((resolve) => {
    let batches = 0;
    const session = new Session(lost, recipe(), inputs, {
      every: 0,
      onState: (s) => states.push(s),
      onProgress: () => {
        if (++batches === 3) lost.gpu.destroy();
      },
      onError: () => {
        failures++;
        void session.recover(next);
      },
      onDone: resolve,
    });
    session.resume();
  });
  const result = await over;
  assert.is(failures, 1);
  assert.ok(states.includes('failed'));
  assert.equal(result.raster.data, (await plain()).raster.data);
  lost.close();
});

test('closed in the middle, it is silent and holds nothing', async () => {
  const own = await open();
  const said: string[] = [];
  let session: Session | undefined;
  await new Promise<void>((begun) => {
    session = new Session(own, recipe({}, 1, 2000), inputs, {
      onProgress: () => begun(),
      onDone: () => said.push('done'),
      onError: () => said.push('error'),
    });
    session.resume();
  });
  await session!.close();
  assert.is(session!.state, 'closed');
  assert.equal(said, []);
  assert.equal(session!.snapshots, []);
  own.pool.trim();
  assert.is(own.pool.use.live, 0);
  own.close();
});

test('refuses a recipe that asks for a picture it is not given', async () => {
  const own = await device();
  assert.throws(() => new Session(own, recipe(), new Map()), /style/);
});

test.run();
