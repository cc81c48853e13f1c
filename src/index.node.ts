// What `import 'toroid'` gives in Node: how to open an adapter, run a recipe, grow a texture and judge it; graphs, plans
// and nets.
export { EngineError } from './base/errors';
export { type Raster, repeat } from './base/raster';
export type { AdapterFacts, Device } from './gpu/device';
export { findAdapter, type OpenOptions, open } from './gpu/open.node';
export { measureRoof, type Roof } from './gpu/roof';
export { ensureAdapter } from './gpu/software.node';
export { Graph } from './graph/graph';
export { adam } from './graph/optim/adam';
export { Plan } from './graph/plan';
export { diffOf, type ProfileDiff } from './graph/profile_diff';
export type { ProfileReport } from './graph/profile_report';
export { emitMeasures, traceOf } from './graph/profile_trace';
export { Watch } from './graph/watch';
export type { Net } from './nets/weights';
export { loadNet } from './nets/weights.node';
export { builtinRecipe, builtinRecipes } from './recipes/builtin';
export { type PlasmaSettings, plasma } from './recipes/canvas/plasma';
export type { Checkpoint } from './recipes/checkpoint';
export type { Progress, RunEvents, StageResult } from './recipes/events';
export { profileStage, type StageProfile } from './recipes/profile_stage';
export { fillRecipe, type Recipe, type RecipeText, recipeJsonSchema } from './recipes/recipe';
export { type RunOptions, type RunResult, run } from './recipes/run';
export { type AxisScore, type SeamScore, seamless, seamScore, type Verdict, verdict } from './recipes/scores/seam';
export { growTexture, type TextureEvents, type TextureResult } from './recipes/texture';
export { fillSettings, type TextureSettings, type TextureWishes, textureSettings } from './recipes/texture_settings';
