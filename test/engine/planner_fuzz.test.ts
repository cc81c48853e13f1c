// Random graphs against the planner. Two judges: an interpreter that follows what each slot holds through every launch,
// copy and replay of a schedule (no GPU), and the GPU itself, on which a plan must give what the same graph gives when
// nothing is fused and no memory is shared. Everything is seeded: a failure names its seed.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { type Shape, sameShape, size } from '../../src/base/shape';
import { Graph, type Node } from '../../src/graph/graph';
import { memoryOf } from '../../src/graph/limits';
import type { Schedule } from '../../src/graph/place';
import { Plan } from '../../src/graph/plan';
import { schedule } from '../../src/graph/schedule';
import { sort } from '../../src/shaders/argsort';
import { concat, slice } from '../../src/shaders/concat';
import { type Border, conv2d } from '../../src/shaders/conv2d';
import { fill } from '../../src/shaders/fill';
import { gram } from '../../src/shaders/gram';
import { accumulate } from '../../src/shaders/in_place';
import { mseLoss } from '../../src/shaders/mse_loss';
import type { Ref } from '../../src/shaders/op';
import { pad } from '../../src/shaders/pad';
import { abs, add, affine, clamp, linearCombine, mul, relu, scale, square, sub } from '../../src/shaders/pointwise';
import { pool2d } from '../../src/shaders/pool2d';
import { quantile } from '../../src/shaders/quantile';
import { random } from '../../src/shaders/random';
import { reshape } from '../../src/shaders/reshape';
import { resize } from '../../src/shaders/resize';
import { roll } from '../../src/shaders/roll';
import { dot, expand, mean, mulScalar, sum } from '../../src/shaders/sum';
import { transpose } from '../../src/shaders/transpose';
import { ALL } from '../support/all';
import { device } from '../support/device';
import { close } from '../support/kit';

const test = suite('planner fuzz');
/** How many graphs are run on the adapter. */
const GRAPHS = ALL ? 30 : 3;
/** And how many are only planned; among the first 80 is one whose states change places. */
const PLANS = ALL ? 300 : 80;

const SIDES = [4, 6] as const;

/** A random graph, and what to ask of it. */
class Sample {
  readonly g = new Graph();
  readonly outputs: Node[] = [];
  readonly #rng: Rng;
  readonly #values: Node[] = [];
  readonly #states: Node[] = [];
  readonly #counter: Node;

  constructor(
    readonly seed: number,
    steps: number,
  ) {
    this.#rng = new Rng(seed, 77);
    const shape = [2, ...SIDES];
    this.#keep(this.g.input(shape, 'x'));
    this.#keep(this.g.input(shape, 'z'));
    this.#keep(this.g.constant(shape, this.numbers(shape), 'c'));
    for (let k = 0; k < 4; k++) this.#states.push(this.#keep(this.g.state(shape, this.numbers(shape), `s${k}`)));
    this.#counter = this.g.state([1], Float32Array.of(0), 'counter');
    this.g.assign(this.#counter, affine(this.g, this.#counter, 1, 1));
    for (let k = 0; k < steps; k++) this.#keep(this.g.node(this.#step()));
    if (this.#chance(0.7)) this.#gradient();
    for (const state of this.#states) {
      const like = this.#values.filter((v) => sameShape(v.shape, state.shape));
      // The last ones, so that a state may feed on itself; any other state or a view of one, too.
      if (this.#chance(0.8)) this.g.assign(state, this.#one(this.#chance(0.5) ? like.slice(-6) : like));
    }
    for (let k = 0; k < 4; k++) this.outputs.push(this.#one(this.#values.slice(-15)));
    this.outputs.push(this.#one(this.#values));
  }

  numbers(shape: Shape): Float32Array {
    return Float32Array.from({ length: size(shape) }, () => 2 * this.#rng.uniform() - 1);
  }

  #keep(n: Node): Node {
    this.#values.push(n);
    return n;
  }

  #chance(p: number): boolean {
    return this.#rng.uniform() < p;
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#rng.below(list.length)] as T;
  }

  /** A feature map: mostly a recent one, so that chains grow; the sides are always the same. */
  #map(): Node {
    const maps = this.#values.filter((v) => v.shape.length === 3);
    return this.#one(this.#chance(0.6) ? maps.slice(-5) : maps);
  }

  #like(x: Node): Node {
    return this.#one(this.#values.filter((v) => sameShape(v.shape, x.shape)));
  }

  #step(): Ref {
    const { g } = this;
    const x = this.#map();
    const [C = 1, H = 1, W = 1] = x.shape;
    const flat = [C, H * W];
    const steps: (() => Ref)[] = [
      () => linearCombine(g, x, this.#like(x), 0.5, -0.5),
      () => add(g, scale(g, x, 0.5), this.#like(x)),
      () => sub(g, x, x),
      () => mul(g, clamp(g, x, -1, 1), this.#like(x)),
      () => relu(g, x),
      () => abs(g, x),
      () => square(g, clamp(g, x, -1, 1)),
      () => affine(g, x, -0.7, 0.1),
      () =>
        roll(
          g,
          x,
          this.#one([
            [0, 0],
            [1, 2],
            [0, -W],
            [-3, 1],
          ] as const),
        ),
      () => reshape(g, transpose(g, reshape(g, x, [H, C * W])), x.shape),
      () => reshape(g, relu(g, reshape(g, x, [size(x.shape)])), x.shape),
      () => slice(g, concat(g, [x, this.#map(), x]), this.#rng.below(C), this.#one([2, 2, 3])),
      () =>
        resize(
          g,
          resize(
            g,
            x,
            this.#one([
              [H, W],
              [3, 5],
            ] as const),
          ),
          [H, W],
        ),
      () => mulScalar(g, x, this.#scalar()),
      () => expand(g, this.#scalar(), x.shape, 0.3),
      () => reshape(g, quantile(g, sort(g, reshape(g, x, flat)), H * W), x.shape),
      () => random(g, x.shape, { seed: this.seed, stream: g.nodes.length, distribution: 'uniform' }, this.#counter),
      () => add(g, x, fill(g, x.shape, 0.25)),
      () =>
        pool2d(g, pad(g, x, { pad: [1, 1, 0, 0], border: ['wrap', 'reflect'] }), {
          kind: this.#one(['max', 'average', 'l2'] as const),
          size: [2, 2],
          stride: [1, 1],
        }),
    ];
    return this.#chance(0.3) ? this.#conv(x) : this.#one(steps)();
  }

  #conv(x: Node): Ref {
    const { g } = this;
    const shape = [this.#one([2, 2, 3, 6]), x.shape[0] ?? 1, 3, 3];
    const data = this.numbers(shape).map((v) => v / 6);
    const w = this.#chance(0.7) ? g.constant(shape, data, 'w') : g.state(shape, data, 'w');
    const border = (): Border => this.#one(['zeros', 'wrap', 'reflect', 'replicate']);
    const bias = this.#chance(0.5) ? { bias: g.constant(shape.slice(0, 1), this.numbers(shape.slice(0, 1)), 'b') } : {};
    const y = conv2d(g, x, w, { ...bias, pad: [1, 1, 1, 1], border: [border(), border()] });
    if (!this.#chance(0.7)) return y;
    if (this.#chance(0.3)) this.#keep(g.node(y)); // so that it may get another reader, or be an output
    return this.#chance(0.2) ? reshape(g, relu(g, reshape(g, y, [size(y.shape)])), y.shape) : relu(g, y);
  }

  #scalar(): Ref {
    const { g } = this;
    const x = this.#map();
    const kinds: (() => Ref)[] = [
      () => mean(g, x),
      () => scale(g, sum(g, x), 0.01),
      () => dot(g, x, this.#like(x), 0.01),
      () => mseLoss(g, x, this.#like(x)),
      () => mean(g, gram(g, x, { centred: this.#chance(0.5) })),
    ];
    return this.#one(kinds)();
  }

  #gradient(): void {
    const { g } = this;
    const loss = add(g, mean(g, this.#map()), this.#scalar());
    const wrt = [0, 1, 3, 4].map((k) => this.#values[k] as Node);
    for (const d of g.grad(loss, wrt)) {
      this.#keep(d);
      this.#keep(g.node(clamp(g, d, -1, 1)));
    }
  }
}

/** The value whose memory a node uses. */
function root(g: Graph, id: number): number {
  const node = g.nodes[id];
  if (node?.source.from !== 'op') return id;
  const { op, x, attrs } = node.source;
  const parts = op.forward(x as never, node, attrs, (shape, dtype = 'f32') => ({ id: -1, shape, dtype }));
  return parts.length === 0 && x[0] ? root(g, x[0].id) : id;
}

/** Follows what every slot holds. States carry the number of the run that made them. */
function interpret(g: Graph, s: Schedule, outputs: readonly Node[], what: string): void {
  const holds = new Map<number, string>();
  const roots = g.nodes.map((n) => root(g, n.id));
  let run = 0;
  const tag = (id: number): string => {
    // What is computed again is held to the value that it was.
    const first = s.recomputed?.of.get(id) ?? id;
    const at = roots[first] ?? first;
    return g.assigned.has(at) ? `${at} of run ${run}` : `${at}`;
  };
  const expect = (id: number, who: string): void => {
    assert.is(holds.get(s.slotOf(id)), tag(id), `${what}: ${who} reads #${id} in slot ${s.slotOf(id)}`);
  };
  for (const { id } of s.initial) holds.set(s.slotOf(id), tag(id));
  for (const n of g.nodes) if (n.source.from === 'input') holds.set(s.slotOf(n.id), tag(n.id));
  const launch = (l: Schedule['launches'][number]): void => {
    const { kernel, bind } = l.launch;
    const writes = bind.filter((_, k) => kernel.binds[k] === 'write');
    const reads = bind.filter((_, k) => kernel.binds[k] === 'read');
    for (const r of reads) {
      expect(r.id, l.label);
      assert.not(
        writes.some((w) => s.slotOf(w.id) === s.slotOf(r.id)),
        `${what}: ${l.label} reads what it writes`,
      );
    }
    const slots = writes.map((w) => s.slotOf(w.id));
    assert.is(new Set(slots).size, slots.length, `${what}: ${l.label} writes one slot by two names`);
    if (l.inplace) expect(l.inplace.id, l.label);
    for (const w of writes) holds.set(s.slotOf(w.id), tag(w.id));
  };
  for (const l of s.launches) if (l.setup) launch(l);
  for (; run < 3; run++) {
    for (const l of s.launches) if (!l.setup) launch(l);
    const next = new Map<number, string>();
    for (const { from, to } of s.copies) {
      expect(from, `the copy to #${to}`);
      const isState = g.assigned.has(to);
      holds.set(s.slotOf(to), isState ? `${to} of run ${run + 1}` : tag(to));
      if (isState) next.set(to, 'done');
    }
    for (const [state, value] of g.assigned) {
      assert.ok(next.has(state) || roots[value.id] === state, `${what}: state #${state} was not assigned`);
      if (!next.has(state)) holds.set(s.slotOf(state), `${state} of run ${run + 1}`);
    }
    for (const { id } of outputs) {
      const found = holds.get(s.hostSlotOf(id)) ?? '';
      const isState = g.assigned.has(id);
      const aside = /^-/.test(found) && g.assigned.has(roots[id] ?? id);
      assert.ok(
        aside || found === (isState ? `${id} of run ${run + 1}` : tag(id)),
        `${what}: output #${id} is ${found}`,
      );
    }
  }
}

test(`no launch, copy or output of ${PLANS} random graphs finds anything but what it should`, () => {
  for (let seed = 0; seed < PLANS; seed++) {
    const { g, outputs } = new Sample(seed, 8 + (seed % 30));
    for (const fuse of [true, false]) {
      const s = schedule(g, outputs, { fuse, realBytes: seed % 2 ? 4 : 2 });
      interpret(g, s, outputs, `seed ${seed}, ${fuse ? 'fused' : 'not fused'}`);
    }
  }
});

test('nor do they where ops write over their inputs', () => {
  let over = 0;
  for (let seed = 0; seed < PLANS; seed++) {
    const { g, outputs } = new Sample(seed, 8 + (seed % 30));
    for (const fuse of [true, false]) {
      const s = schedule(g, outputs, { fuse, realBytes: seed % 2 ? 4 : 2, inplace: true });
      interpret(g, s, outputs, `seed ${seed}, ${fuse ? 'fused' : 'not fused'}, written over`);
      over += s.launches.filter((l) => l.inplace).length;
    }
  }
  assert.ok(over > 2 * PLANS, `${over} launches write over an input: the graphs try it`);
});

test('nor do they where memory is short and values are computed again', () => {
  let again = 0;
  let saved = 0;
  for (let seed = 0; seed < (ALL ? 100 : 40); seed++) {
    const { g, outputs } = new Sample(seed, 8 + (seed % 30));
    const options = { fuse: seed % 2 === 0, realBytes: 4 } as const;
    const plain = memoryOf(schedule(g, outputs, options));
    const s = schedule(g, outputs, { ...options, budget: seed % 3 ? 0 : 0.8 * plain });
    interpret(g, s, outputs, `seed ${seed}, short of memory`);
    again += s.recomputed?.values ?? 0;
    saved += plain - memoryOf(s);
  }
  assert.ok(again > 30, `${again} values were computed again`);
  assert.ok(saved > 0);
});

test('what comes from a state that is written over is kept, what does not is computed again', async () => {
  const found: Float32Array[] = [];
  for (const memory of [undefined, 0]) {
    const g = new Graph();
    const n = 4096;
    const x = g.input([n], 'x');
    const s = g.state([n], new Float32Array(n).fill(1), 's');
    const ofState = affine(g, s, 2, 1);
    const ofInput = square(g, x);
    const early = mul(g, ofState, ofInput);
    const after = accumulate(g, s, early); // s is no more what it was
    let long: Ref = after;
    for (let k = 0; k < 6; k++) long = mul(g, affine(g, long, 0.5, 1), abs(g, long));
    const out = add(g, mul(g, long, ofState), ofInput);
    g.assign(s, clamp(g, after, -1, 1));
    const plan = await Plan.compile(await device(), g, [out], { memory });
    if (memory === 0) {
      const again = [...(plan.recomputed?.of.values() ?? [])];
      assert.ok(again.includes(ofInput.id), `computed again: ${again.join()}`);
      assert.not(again.includes(ofState.id));
    }
    plan.write(
      x,
      Float32Array.from({ length: n }, (_, i) => (i % 17) / 17),
    );
    plan.run(2);
    found.push(await plan.read(out));
    plan.close();
  }
  assert.equal(found[1], found[0]);
});

/** Runs a graph three times; the values of the outputs and of all states after each run. */
async function outcome(
  sample: Sample,
  kept: readonly Node[],
  fuse: boolean,
  memory?: number,
  inplace?: boolean,
): Promise<{ values: Float32Array[]; plan: { launches: number; memory: number; bytes: number } }> {
  const { g, outputs, seed } = sample;
  const plan = await Plan.compile(await device(), g, kept, { fuse, memory, inplace });
  const states = g.nodes.filter((n) => n.source.from === 'state');
  const rng = new Rng(seed, 5);
  const values: Float32Array[] = [];
  try {
    for (let run = 0; run < 3; run++) {
      for (const n of g.nodes) {
        if (n.source.from === 'input') {
          plan.write(
            n,
            Float32Array.from({ length: size(n.shape) }, () => 2 * rng.uniform() - 1),
          );
        }
      }
      plan.run(run === 2 ? 2 : 1);
      for (const n of [...outputs, ...states]) values.push(await plan.read(n));
    }
    return { values, plan: plan.cost };
  } finally {
    plan.close();
  }
}

test(`${GRAPHS} random graphs give the same fused and in shared memory as apart`, async () => {
  let saved = 0;
  let shared = 0;
  let more = 0;
  for (let seed = 1000; seed < 1000 + GRAPHS; seed++) {
    const sample = new Sample(seed, 8 + (seed % 18));
    // With every value an output nothing can be fused, and nobody's memory is ever free.
    const all = sample.g.nodes.filter((n) => n.dtype === 'f32');
    const apart = await outcome(sample, all, false);
    const plain = await outcome(sample, sample.outputs, false);
    const fused = await outcome(sample, sample.outputs, true);
    const again = await outcome(sample, sample.outputs, true, 0);
    const over = await outcome(sample, sample.outputs, true, undefined, true);
    assert.equal(over.values, fused.values, `seed ${seed}: written over`);
    assert.is(over.plan.bytes, fused.plan.bytes, `seed ${seed}: bytes written over`);
    assert.equal(again.values, fused.values, `seed ${seed}: computed again`);
    more += again.plan.launches - fused.plan.launches;
    for (const [k, want] of apart.values.entries()) {
      assert.ok(want.every(Number.isFinite), `seed ${seed}: value ${k} is finite`);
      assert.equal(plain.values[k], want, `seed ${seed}: value ${k}, sharing memory`);
      close(fused.values[k] as Float32Array, want, 1e-5, `seed ${seed}: value ${k}, fused`);
    }
    saved += plain.plan.launches - fused.plan.launches;
    shared += apart.plan.memory - plain.plan.memory;
  }
  assert.ok(saved > GRAPHS / 2, `fusion saved ${saved} launches in all: the graphs try it`);
  assert.ok(shared > 0);
  assert.ok(more > GRAPHS / 3, `${more} launches more where memory is short`);
});

test.run();
