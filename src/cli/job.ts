import { runJob as run } from '../app/job';
import { Console } from './console';
import { type CommandJob, checkJob, type JobOptions } from './job_options';
import { outputsOf } from './job_outputs';
import { JsonLines } from './json_lines';
import { commandPlatform } from './open_device';
import { STOPPED, stopOnSignal } from './stop';
import { usualTune } from './tune_options';

/**
 * Runs a recipe as a command does: from its options to the written picture.
 * Everything that can be refused is refused before the adapter is opened and anything is said.
 */
export async function runJob(asked: CommandJob, options: JobOptions): Promise<void> {
  const { precision = asked.recipe.precision } = options;
  const job = { ...asked, recipe: { ...asked.recipe, precision } };
  checkJob(job, options);
  const lines = options.json ? new JsonLines() : null;
  const report = new Console(options.quiet === true);
  const stop = stopOnSignal(() => report.say('Stopping; what there is will be written (Ctrl-C again leaves at once)'));
  const platform = commandPlatform(options.requireGpu === true, stop);
  const outputs = outputsOf(job, options, { report, lines, stop });
  try {
    const done = await run(platform, job, outputs, {
      signal: stop.signal,
      memory: options.memory,
      tune: options.tune,
      usualTune: options.tune === undefined ? usualTune() : undefined,
      weightsUnchecked: options.weightsUnchecked,
      warnings: job.warnings,
      checkpointSteps: options.every.steps,
      checkpointSeconds: options.every.seconds,
      remedy:
        options.checkpoint === undefined
          ? 'Run it with --checkpoint <folder>: it can then go on later.'
          : `Go on with \`toroid run --resume ${options.checkpoint}\` once the device is back.`,
    });
    if (platform.elsewhere) return;
    if (!done || done.result.stages.every((s) => s.steps === 0)) {
      report.say('Stopped before there was anything to write');
      lines?.result({ file: null, stopped: true });
    }
    if (!done || done.result.stopped) process.exitCode = STOPPED;
  } finally {
    stop.release();
  }
}
