import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import { open } from '../gpu/open.node';
import { ensureAdapter } from '../gpu/swiftshader.node';
import type { Stop } from './stop';

/**
 * The device; or the exit code of a process restarted with a driver that did all the work instead; or null when the
 * user stopped it.
 */
export async function openDevice(requireGpu: boolean, stop: Stop): Promise<Device | number | null> {
  let device: Device | undefined;
  const probe = async (): Promise<boolean> => {
    try {
      device = await open({ requireGpu });
      return true;
    } catch (error) {
      if (!requireGpu && error instanceof EngineError && error.code === 'AdapterError') return false;
      throw error;
    }
  };
  const options = { signal: stop.signal, onRestart: stop.release };
  const elsewhere = requireGpu ? null : await ensureAdapter(probe, options);
  if (elsewhere !== null) return elsewhere;
  if (!stop.signal.aborted) return device ?? open({ requireGpu });
  device?.close();
  return null;
}
