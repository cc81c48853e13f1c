import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Platform } from '../app/platform';
import { EngineError } from '../base/errors';
import { VERSION } from '../base/version';
import type { Device } from '../gpu/device';
import { open } from '../gpu/open.node';
import { ensureAdapter } from '../gpu/swiftshader.node';
import { writeElsewhere } from '../node/elsewhere';
import { handOverPipes } from '../node/file_bytes';
import { nodePlatform, type PictureSource } from '../node/platform';
import type { Stop } from './stop';

export interface CommandPlatform extends Platform<PictureSource> {
  /** Another process, started with a driver, has done all the work; its exit code is this one's. */
  readonly restarted: boolean;
}

/**
 * Node's platform as commands use it: without an adapter the program is started again with a driver, and what cannot be
 * written where it should be is written elsewhere.
 * @param onElsewhere told of that
 */
export function commandPlatform(
  requireGpu: boolean,
  stop: Stop,
  onElsewhere: (error: unknown, place: string) => void = () => {},
): CommandPlatform {
  let [first, restarted] = [true, false];
  return {
    ...nodePlatform,
    elsewhere: (path, error, write) => writeElsewhere(path, error, write, onElsewhere),
    get restarted() {
      return restarted;
    },
    openDevice: async () => {
      if (!first) return open({ requireGpu });
      first = false;
      const opened = await openDevice(requireGpu, stop);
      if (typeof opened !== 'number') return opened;
      process.exitCode = opened;
      restarted = true;
      return null;
    },
  };
}

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
      const wanted = requireGpu || process.env.TOROID_GPU; // nothing else will do
      if (!wanted && error instanceof EngineError && error.code === 'AdapterError') return false;
      throw error;
    }
  };
  const onRestart = (): void => {
    stop.release();
    handOverPipes();
  };
  const options = { signal: stop.signal, onRestart };
  const elsewhere = requireGpu ? null : await ensureAdapter(probe, options);
  if (elsewhere !== null) return elsewhere;
  if (!stop.signal.aborted) return device ?? open({ requireGpu });
  device?.close();
  return null;
}

/** Of toroid, of the package that brings WebGPU, and of Node. */
export function versions(): Record<string, string> {
  let webgpu = 'unknown';
  try {
    const file = join(dirname(createRequire(import.meta.url).resolve('webgpu')), 'package.json');
    webgpu = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    // bundled, or laid out otherwise
  }
  return { toroid: VERSION, webgpu, node: process.versions.node };
}
