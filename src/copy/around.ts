/** Difference on a circle of circumference n, -n/2..n/2. */
export const around = (d: number, n: number): number => d - n * Math.floor(d / n + 0.5);
