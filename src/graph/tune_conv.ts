// Which algorithm computes a convolution: tuned as variants of a kernel are, but chosen as a graph is built.
import { Rng } from '../base/rng';
import type { Device } from '../gpu/device';
import type { Scalar } from '../gpu/kernel';
import type { TuneCandidate, TuneRecord } from '../gpu/tune';
import { type Algorithm, algorithmFor } from '../shaders/conv2d';
import type { ConvSize } from '../shaders/conv2d/policy';
import { ALGORITHMS, alone, convClass, hashOf, NAME } from './conv_algorithms';
import { Plan } from './plan';
import { profile } from './profile';
import type { TuneOptions, TuneOutcome } from './tune_plan';
import { bestOf, difference, RUNS, reasonOf, rounded, TOO_SLOW, WARM_UPS } from './tune_verdict';

/**
 * Benchmarks between the algorithms, for each class among `sizes`. Accuracy counts: one whose result is further from the
 * direct sums than another order of summing explains is dropped.
 */
export async function tuneConvolutions(
  device: Device,
  sizes: readonly ConvSize[],
  options: TuneOptions & { readonly scalar?: Scalar },
): Promise<TuneOutcome> {
  const { tuning, again = false, until = Number.POSITIVE_INFINITY, signal, scalar = 'f32' } = options;
  const records: TuneRecord[] = [];
  const left = new Set<string>();
  const seen = new Set<string>();
  for (const size of sizes) {
    const shape = convClass(size);
    if (seen.has(shape)) continue;
    const hash = hashOf(size);
    if (!again && tuning.lookUp({ name: NAME, scalar, shape, hash: () => hash })) continue;
    if (performance.now() >= until || signal?.aborted) {
      left.add(`${NAME} ${shape}`);
      continue;
    }
    seen.add(shape);
    const candidates = await benchmark(device, size, scalar, options);
    const untuned = algorithmFor(size, device.adapter);
    const record: TuneRecord = {
      adapter: tuning.adapter,
      kernel: NAME,
      scalar,
      shape,
      hash,
      date: new Date().toISOString(),
      clock: device.has('timestamp-query') ? 'timestamps' : 'wall',
      untuned,
      best: bestOf(candidates, untuned),
      candidates,
    };
    tuning.add([record]);
    records.push(record);
    options.onRecord?.(record);
  }
  return { records, left: [...left] };
}

async function benchmark(
  device: Device,
  size: ConvSize,
  scalar: Scalar,
  { stopwatch }: TuneOptions,
): Promise<TuneCandidate[]> {
  const clock = device.has('timestamp-query') ? 'timestamps' : 'wall';
  const candidates: TuneCandidate[] = [];
  const runners: { algorithm: Algorithm; plan: Plan; warm: number; ms: number }[] = [];
  const timed = async (algorithm: Algorithm, plan: Plan): Promise<number> => {
    const ms = (await profile(plan, 1, clock)).reduce((n, row) => n + row.ms, 0);
    return stopwatch ? stopwatch(algorithm, ms) : ms;
  };
  let truth: readonly { dtype: 'f32'; data: ArrayBuffer }[] = [];
  try {
    for (const algorithm of ALGORITHMS) {
      let plan: Plan | undefined;
      let kept = false;
      try {
        const rng = new Rng(1);
        const { g, y } = alone(size, algorithm, (n) => Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1));
        plan = await Plan.compile(device, g, [y], { scalar });
        plan.run();
        const found = [{ dtype: 'f32' as const, data: await device.read(plan.buffer(y), plan.bytes(y)) }];
        if (algorithm === 'direct') truth = found;
        const fault = difference(truth, found, scalar);
        let warm = Number.POSITIVE_INFINITY;
        for (let k = 0; fault === null && k < WARM_UPS; k++) warm = Math.min(warm, await timed(algorithm, plan));
        const times = warm / Math.max(runners[0]?.warm ?? warm, 1e-6);
        if (fault !== null) candidates.push({ variant: algorithm, dropped: fault });
        else if (times > TOO_SLOW) {
          candidates.push({ variant: algorithm, ms: rounded(warm), dropped: `${times.toFixed(1)} times slower` });
        } else {
          runners.push({ algorithm, plan, warm, ms: Number.POSITIVE_INFINITY });
          kept = true;
        }
      } catch (cause) {
        device.check();
        candidates.push({ variant: algorithm, dropped: reasonOf(cause as Error) });
        if (algorithm === 'direct') break;
      } finally {
        if (!kept) plan?.close();
      }
    }
    for (let k = 0; k < RUNS; k++) {
      for (const r of runners) r.ms = Math.min(r.ms, await timed(r.algorithm, r.plan));
    }
    candidates.push(...runners.map((r) => ({ variant: r.algorithm, ms: rounded(r.ms) })));
  } finally {
    for (const { plan } of runners) plan.close();
    device.pool.trim();
  }
  return candidates;
}
