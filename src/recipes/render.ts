import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import { Graph, type Node } from '../graph/graph';
import { Plan } from '../graph/plan';
import { viewedCanvas } from './canvas_view';
import { decode, encode, spaceAt } from './colour/canvas_space';
import type { PlannedStage } from './plan_stages';
import type { ResolvedRecipe } from './resolve';

/**
 * Makes pictures of a stage's canvas as its losses see it: inpainted, and through its views. The plan
 * for that is compiled when it is first needed, and never where there is nothing but colours to decode.
 */
export class CanvasRenderer {
  #plan: { readonly plan: Plan; readonly x: Node; readonly y: Node } | undefined;

  constructor(
    private readonly device: Device,
    private readonly resolved: ResolvedRecipe,
    private readonly stage: PlannedStage,
    private readonly warn: (text: string) => void,
  ) {}

  get #plain(): boolean {
    const { resolved, stage } = this;
    return !resolved.recipe.pin && (stage.recipe.views ?? resolved.recipe.views).length === 0;
  }

  /** The picture, clipped to 0..1. */
  async picture(canvas: Float32Array): Promise<Raster> {
    const [width, height] = this.stage.size;
    if (this.#plain) return decode(spaceAt(this.resolved.space, this.stage.size), canvas, width, height);
    const planes = await this.#planes(canvas);
    return { width, height, data: planes.map((v) => Math.min(1, Math.max(0, v))) };
  }

  /** The canvas with what no loss sees (beyond a view's part of the plane, outside of the part inpainted) set to what is seen there. */
  async settled(canvas: Float32Array): Promise<Float32Array> {
    if (this.#plain) return canvas;
    const [width, height] = this.stage.size;
    return encode(this.resolved.space, { width, height, data: await this.#planes(canvas) });
  }

  close(): void {
    this.#plan?.plan.close();
    this.#plan = undefined;
  }

  async #planes(canvas: Float32Array): Promise<Float32Array> {
    const { resolved, stage, warn, device } = this;
    const [width, height] = stage.size;
    if (!this.#plan) {
      const g = new Graph();
      const x = g.input([resolved.space.rank, height, width], 'canvas');
      const y = g.node(viewedCanvas(g, x, { resolved, stage, warn }));
      this.#plan = { plan: await Plan.compile(device, g, [y]), x, y };
    }
    const { plan, x, y } = this.#plan;
    plan.write(x, canvas);
    plan.run();
    return plan.read(y);
  }
}
