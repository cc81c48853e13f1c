/** Longest axis that is transformed. */
export const LONGEST = 2 ** 20;
/** Elements that one pass transforms in workgroup memory: twice 8 KiB, the least that WebGPU promises. */
export const CAP = 1024;

/** Whether n = 2^a 3^b 5^c, and not too long: the lengths that `fft` transforms. */
export function isFftSize(n: number): boolean {
  if (!Number.isInteger(n) || n < 1 || n > LONGEST) return false;
  let rest = n;
  for (const p of [2, 3, 5]) while (rest % p === 0) rest /= p;
  return rest === 1;
}

/** The largest length not above n, and the smallest not below it, that `fft` transforms. */
export function fftSizes(n: number): readonly [below: number, above: number] {
  let below = Math.min(LONGEST, Math.max(1, Math.floor(n)));
  let above = Math.min(LONGEST, Math.max(1, Math.ceil(n)));
  while (!isFftSize(below)) below--;
  while (!isFftSize(above)) above++;
  return [below, above];
}

/** The length nearest to n that `fft` transforms: 2^a 3^b 5^c; of two, the larger. */
export function fftSide(n: number): number {
  const [below, above] = fftSizes(n);
  return n - below < above - n ? below : above;
}

/** Factors of n, each of at most CAP and nearly equal, whose transforms make up that of n. */
export function passes(n: number): readonly number[] {
  if (n <= CAP) return [n];
  const count = Math.ceil(Math.log(n) / Math.log(CAP));
  const ideal = n ** (1 / count);
  let best = 2;
  for (let d = 2; d <= CAP; d++) {
    if (n % d === 0 && Math.abs(Math.log(d / ideal)) < Math.abs(Math.log(best / ideal)) + (n % best ? 99 : 0)) best = d;
  }
  return [best, ...passes(n / best)];
}
