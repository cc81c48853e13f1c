import type { Device } from '../gpu/device';
import type { Ref } from '../shaders/op';
import type { Graph } from './graph';
import { Plan } from './plan';

/** The numbers of values of a graph without inputs: for what is done once, not in a loop. */
export async function computed<T extends readonly Ref[]>(
  device: Device,
  g: Graph,
  values: T,
): Promise<{ [K in keyof T]: Float32Array }> {
  const plan = await Plan.compile(device, g, values);
  try {
    plan.run();
    const found: Float32Array[] = [];
    for (const y of values) found.push(await plan.read(y));
    return found as { [K in keyof T]: Float32Array };
  } finally {
    plan.close();
  }
}
