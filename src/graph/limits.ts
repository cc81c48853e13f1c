// What an adapter allows, and what a schedule asks of it.
import { bytesText, EngineError, shapeText } from '../base/errors';
import type { Device } from '../gpu/device';
import type { Overrides } from '../gpu/kernel';
import type { Launch } from '../shaders/op';
import { memoryIn } from './buffer_slots';
import type { Schedule } from './place';

/** Bytes that a plan of this schedule takes from a device, without taking them. */
export const memoryOf = (s: Schedule): number => memoryIn(s.assignment);

/** A value that is larger than the adapter can bind. */
export interface Excess {
  readonly message: string;
  readonly bytes: number;
  readonly limit: number;
}

/** The largest value of a schedule that the adapter cannot bind, if there is one. Allocates nothing. */
export function checkLimits(device: Device, s: Schedule): Excess | null {
  const limit = Math.min(device.gpu.limits.maxStorageBufferBindingSize, device.gpu.limits.maxBufferSize);
  let worst = s.values[0];
  for (const v of s.values) if (!worst || v.bytes > worst.bytes) worst = v;
  if (!worst || worst.bytes <= limit) return null;
  const { label, shape, bytes } = worst;
  const message = `${label} needs a ${bytesText(bytes)} buffer (${shapeText(shape)}); this adapter binds at most ${bytesText(limit)}`;
  return { message, bytes, limit };
}

/** @throws EngineError `LimitError` when a value is larger than the adapter binds. */
export function assertLimits(device: Device, s: Schedule): void {
  const excess = checkLimits(device, s);
  if (!excess) return;
  const percent = Math.floor(100 * Math.sqrt(excess.limit / excess.bytes));
  throw new EngineError('LimitError', excess.message, `Use a smaller size: at ${percent} % of these sides it fits.`);
}

/** The workgroups of a launch with these override values. */
export function gridOf(device: Device, l: Launch, values: Overrides, label: string): readonly [number, number, number] {
  const [x, y = 1, z = 1] = l.grid(values);
  const most = device.gpu.limits.maxComputeWorkgroupsPerDimension;
  if (Math.max(x, y, z) > most || Math.min(x, y, z) < 1) {
    throw new EngineError(
      'LimitError',
      `${label} needs a grid of ${x} x ${y} x ${z} workgroups; this adapter allows 1 to ${most} each way`,
      'Use a smaller size.',
    );
  }
  return [x, y, z];
}
