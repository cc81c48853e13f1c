import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { VERSION } from '../base/version';

export { VERSION };

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
