// A process with one engine in it, as the bench sees it.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Reply, Request } from './protocol';
import type { Precision } from './pytorch';

/** The longest wait for one reply: a peer's first compilation on a software adapter takes most of a minute. */
const PATIENCE = 10 * 60_000;

type Of<Op extends Reply['op']> = Extract<Reply, { op: Op }>;

export class Rival {
  /** Leave the drivers' folders of compiled shaders as they are: first steps then say little. */
  static keepCache = false;
  readonly #child: ChildProcess;
  readonly #cache: string;
  /** The end of what an engine says when it is not asked: why it died. */
  #said = '';

  private constructor(
    readonly name: string,
    start: (env: NodeJS.ProcessEnv) => ChildProcess,
    /** Null for a worker, which has a channel; else the precision that a script is asked to compute in. */
    private readonly precision: Precision | null,
  ) {
    // Drivers keep compiled shaders on disk: a fresh folder, so that a first step pays for its compilation.
    this.#cache = mkdtempSync(join(tmpdir(), 'toroid-peers-'));
    const fresh = { MESA_SHADER_CACHE_DIR: this.#cache, __GL_SHADER_DISK_CACHE_PATH: this.#cache };
    const env = { ...process.env, ...(Rival.keepCache ? {} : fresh) };
    this.#child = start(env);
    const hear = (piece: Buffer): void => {
      this.#said = `${this.#said}${piece.toString()}`.slice(-2000);
    };
    this.#child.stderr?.on('data', hear);
    if (precision === null) this.#child.stdout?.on('data', hear);
  }

  /** @param name ours, tfjs, jax or ort */
  static engine(name: string): Rival {
    const file = join(import.meta.dirname ?? join('build', 'bench', 'peers'), 'worker.js');
    const start = (env: NodeJS.ProcessEnv): ChildProcess =>
      fork(file, [name], { env, serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    return new Rival(name, start, null);
  }

  static script(name: string, command: string, args: readonly string[], precision: Precision): Rival {
    const start = (env: NodeJS.ProcessEnv): ChildProcess => spawn(command, args, { env, stdio: 'pipe' });
    return new Rival(name, start, precision);
  }

  /** @throws Error when the engine fails, dies, or says nothing for ten minutes. */
  async ask<Op extends Request['op']>(request: Extract<Request, { op: Op }>): Promise<Of<Op>> {
    const child = this.#child;
    const reply = await new Promise<Reply>((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(clock);
        child.off('message', heard).off('close', died).off('error', reject);
        lines?.close();
        act();
      };
      const clock = setTimeout(() => settle(() => reject(new Error('no reply in 10 minutes'))), PATIENCE);
      const heard = (r: unknown): void => settle(() => resolve(r as Reply));
      const died = (code: number | null, signal: string | null): void =>
        settle(() => reject(new Error(`ended with ${signal ?? code}: ${this.#reason()}`)));
      child.on('message', heard).on('close', died).on('error', reject);
      const lines = this.precision !== null && child.stdout ? createInterface({ input: child.stdout }) : null;
      lines?.on('line', (line) => {
        if (line.startsWith('{')) heard(fromLine(line));
      });
      if (child.exitCode !== null || child.signalCode !== null) died(child.exitCode, child.signalCode);
      else if (this.precision === null) child.send(request);
      else child.stdin?.write(`${JSON.stringify({ ...request, targets: undefined, precision: this.precision })}\n`);
    });
    if (reply.op === 'failed') throw new Error(reply.message);
    if (reply.op !== request.op) throw new Error(`answered ${reply.op} to ${request.op}`);
    return reply as Of<Op>;
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL'); // it holds nothing that is worth a farewell
      await closed;
    }
    rmSync(this.#cache, { recursive: true, force: true });
  }

  #reason(): string {
    const lines = this.#said.split('\n').filter((l) => l.trim() !== '' && !/^Warning: max\w+ artificially/.test(l));
    return lines.slice(-3).join(' / ') || 'it said nothing';
  }
}

/** A script's gradient is the base64 of its f32 bytes. */
function fromLine(line: string): Reply {
  const reply = JSON.parse(line) as Reply & { gradient?: unknown };
  if (reply.op !== 'first' || typeof reply.gradient !== 'string') return reply;
  const bytes = Uint8Array.from(Buffer.from(reply.gradient, 'base64'));
  return { ...reply, gradient: new Float32Array(bytes.buffer) };
}
