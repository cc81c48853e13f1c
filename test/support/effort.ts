// What work takes of the processor, for tests of work that must not explode. Only this process's own time counts, and it
// is held against that of a fixed piece of work in the same process, so neither the machine nor its other work matters.

let unit: number | undefined;

/** Processor time since `from` (of `process.cpuUsage()`), in milliseconds. */
export function spentMs(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

/** Milliseconds of a unit of effort: sorting half a million numbers, about 0.1 s. */
export function unitMs(): number {
  if (unit === undefined) {
    const numbers = Float64Array.from({ length: 500_000 }, (_, i) => Math.imul(i, 2654435761) >>> 0);
    const from = process.cpuUsage();
    numbers.sort();
    unit = spentMs(from);
  }
  return unit;
}
