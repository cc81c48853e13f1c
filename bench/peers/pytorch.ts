// PyTorch, where a machine has it and a CUDA device: pytorch.py beside this file.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Rival } from './rival';

export type Precision = 'f32' | 'tf32' | 'bf16';

/** How far each may be from ours: the others round what they multiply to 10 and 7 bits. */
export const PYTORCH: Readonly<Record<Precision, { readonly tolerance: number }>> = {
  f32: { tolerance: 1e-3 },
  tf32: { tolerance: 3e-2 },
  bf16: { tolerance: 0.3 },
};

const SCRIPT: string = join('bench', 'peers', 'pytorch.py');
const python = (): string => process.env.PYTHON || 'python3';

/** What the script says of the machine: versions, device and its ceilings; or why nothing is measured. */
export function pytorchHere(): { readonly ceilings: unknown } | { readonly missing: string } {
  if (!existsSync(SCRIPT)) return { missing: `there is no ${SCRIPT}: start from the root of the repository` };
  const { stdout, error } = spawnSync(python(), [SCRIPT, '--ceilings'], { encoding: 'utf8', timeout: 300_000 });
  if (error) return { missing: `${python()}: ${error.message}` };
  const line = stdout.split('\n').find((l) => l.startsWith('{'));
  if (!line) return { missing: stdout.trim().split('\n')[0] || 'pytorch.py said nothing' };
  return { ceilings: JSON.parse(line) };
}

export const pytorch = (precision: Precision): Rival =>
  Rival.script(`pytorch ${precision}`, python(), [SCRIPT, '--serve'], precision);
