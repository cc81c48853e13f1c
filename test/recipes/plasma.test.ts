import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/base/rng';
import { plasma } from '../../src/recipes/init/plasma';
import { seamless, seamScore } from '../../src/recipes/scores/seam';

const test = suite('plasma');

/** One band of an n x n plasma, by the definition: a map from point to value, neighbours looked up around the torus. */
function slow(n: number, rng: Rng, amplitude: number, power: number): number[] {
  let m = 2;
  let old = new Map<string, number>();
  const base = 255 * rng.uniform();
  for (const p of ['0,0', '1,0', '0,1', '1,1']) old.set(p, base);
  for (; m < n; m *= 2) {
    const noise = (amplitude / m) ** power;
    const next = new Map<string, number>();
    const side = 2 * m;
    const key = (x: number, y: number): string => `${(x + side) % side},${(y + side) % side}`;
    const mean = (x: number, y: number, steps: number[][]): number =>
      steps.reduce((sum, [dx, dy]) => sum + next.get(key(x + dx!, y + dy!))!, 0) / steps.length;
    const box = (v: number): number => Math.max(0, Math.min(255, v));
    for (let y = 0; y < m; y++) for (let x = 0; x < m; x++) next.set(key(2 * x, 2 * y), old.get(`${x},${y}`)!);
    for (let y = 1; y < side; y += 2) {
      for (let x = 1; x < side; x += 2) {
        const around = [
          [-1, -1],
          [1, -1],
          [-1, 1],
          [1, 1],
        ];
        next.set(key(x, y), box(mean(x, y, around) + Math.SQRT2 * noise * (rng.uniform() - 0.5)));
      }
    }
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        if ((x + y) % 2 === 0) continue;
        const around = [
          [0, -1],
          [0, 1],
          [-1, 0],
          [1, 0],
        ];
        next.set(key(x, y), box(mean(x, y, around) + noise * (rng.uniform() - 0.5)));
      }
    }
    old = next;
  }
  return Array.from({ length: n * n }, (_, i) => old.get(`${i % n},${Math.floor(i / n)}`)!);
}

test('a power of two is exactly the diamond-square of the definition', () => {
  for (const [seed, amplitude, power] of [
    [1, 100, 1.4],
    [7, 30, 1],
  ] as const) {
    const made = plasma({ size: [16, 16], seed, amplitude, power });
    for (let band = 0; band < 3; band++) {
      const expected = slow(16, new Rng(seed, band), amplitude, power);
      for (const [i, v] of expected.entries()) assert.is(made.data[band * 256 + i], Math.fround(v / 255));
    }
  }
});

test('the same seed gives the same pixels, another seed others', () => {
  const one = plasma({ size: [60, 44], seed: 1 });
  assert.equal(plasma({ size: [60, 44], seed: 1 }).data, one.data);
  assert.not.equal(plasma({ size: [60, 44], seed: 2 }).data, one.data);
});

test('it joins itself on both axes, at any size, in both variants', () => {
  for (const size of [
    [64, 64],
    [128, 32],
    [100, 60],
    [37, 90],
  ] as const) {
    for (const stretch of [false, true]) {
      const score = seamScore(plasma({ size, seed: 5, stretch }));
      assert.ok(seamless(score), `${size} ${stretch}: ${JSON.stringify(score)}`);
    }
  }
});

test('without noise it is one colour, also when resampled', () => {
  for (const size of [
    [16, 16],
    [21, 13],
  ] as const) {
    const { data } = plasma({ size, seed: 3, amplitude: 0 });
    const n = size[0] * size[1];
    for (const [i, v] of data.entries()) assert.ok(Math.abs(v - (data[Math.floor(i / n) * n] ?? 0)) < 1e-6);
  }
});

test('values stay in 0..1; the stretched variant fills it', () => {
  for (const stretch of [false, true]) {
    const { data } = plasma({ size: [64, 64], seed: 9, amplitude: 400, stretch });
    const values = [...data];
    assert.ok(Math.min(...values) >= 0 && Math.max(...values) <= 1);
    if (!stretch) continue;
    for (let band = 0; band < 3; band++) {
      const part = values.slice(band * 4096, (band + 1) * 4096);
      assert.is(Math.min(...part), 0);
      assert.is(Math.max(...part), 1);
    }
  }
});

test('smallest sizes work, impossible ones are refused', () => {
  for (const size of [
    [1, 1],
    [2, 2],
    [1, 5],
    [3, 2],
  ] as const) {
    assert.is(plasma({ size, seed: 1 }).data.length, 3 * size[0] * size[1]);
  }
  for (const bad of [0, -4, 2.5, Number.NaN, 20000]) {
    assert.throws(() => plasma({ size: [bad, 64], seed: 1 }), /width is .* whole number from 1 to 16384/);
  }
});

test.run();
