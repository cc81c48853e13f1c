import { EngineError } from '../base/errors';

/** The part of a list that is one machine's of several. */
export interface Shard {
  /** From 1 on. */
  readonly part: number;
  readonly parts: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/** How schedulers number the parts of a job: the variable of this part's number, and that of the count, if there is one. */
const SCHEDULERS: readonly (readonly [name: string, count: string | null])[] = [
  ['SLURM_ARRAY_TASK_ID', 'SLURM_ARRAY_TASK_COUNT'],
  ['AWS_BATCH_JOB_ARRAY_INDEX', 'AWS_BATCH_JOB_ARRAY_SIZE'],
  ['JOB_COMPLETION_INDEX', null],
];

/**
 * Reads `2/8`; `auto`, the number and the count that SLURM or AWS Batch gives; `auto/8`, for Kubernetes, which tells the
 * number alone.
 * @throws EngineError `SweepError` for what is no such thing, or where no scheduler says which part it is
 */
export function parseShard(text: string, env: Env = process.env): Shard {
  const [, which = '', count] = /^(\d+|auto)(?:\/(\d+))?$/.exec(text.trim()) ?? [];
  const shard = which === 'auto' ? scheduled(text, count, env) : { part: Number(which), parts: Number(count) };
  if (which !== '' && shard.part >= 1 && shard.part <= shard.parts) return shard;
  throw new EngineError(
    'SweepError',
    `--shard ${text}: ${which === 'auto' ? `part ${shard.part} of ${shard.parts}` : 'wants part/parts'}, counted from 1`,
    'Such as --shard 2/8, or --shard auto in an array of jobs.',
  );
}

function scheduled(text: string, count: string | undefined, env: Env): Shard {
  const [name, size] = SCHEDULERS.find(([variable]) => env[variable]) ?? [];
  if (name === undefined) {
    throw new EngineError(
      'SweepError',
      `--shard ${text}: none of ${SCHEDULERS.map(([variable]) => variable).join(', ')} is set`,
      'Say which part this is: --shard 1/8.',
    );
  }
  const told = size ? env[size] : undefined;
  const parts = Number(count ?? told ?? 0);
  if (parts === 0) {
    throw new EngineError(
      'SweepError',
      `--shard ${text}: ${name} says which part this is, and nothing says of how many`,
      'Add the count: --shard auto/8.',
    );
  }
  // An array of SLURM may begin anywhere and go by steps, as 10-40:10.
  const slurm = (what: string, otherwise: number): number =>
    name === 'SLURM_ARRAY_TASK_ID' ? Number(env[`SLURM_ARRAY_TASK_${what}`] ?? otherwise) : otherwise;
  const [min, step] = [slurm('MIN', 0), slurm('STEP', 1)];
  const last = min + (parts - 1) * step;
  // Where 3,5 of an array of 1-8 are run again, nothing tells what the whole was.
  if (Number(told ?? parts) !== parts || slurm('MAX', last) !== last) {
    throw new EngineError(
      'SweepError',
      `--shard ${text}: ${name} is one of ${told}${count ? '' : ` with gaps, from ${min} to ${slurm('MAX', last)}`}`,
      `Say which part this is, of how many: --shard "$${name}/8".`,
    );
  }
  return { part: (Number(env[name]) - min) / step + 1, parts };
}

/** Every `parts`-th of a list: jobs that take long stand together, so each machine gets some of them. */
export const shardOf = <T>(list: readonly T[], { part, parts }: Shard): T[] =>
  list.filter((_, k) => k % parts === part - 1);
