// What `import 'toroid'` gives everywhere. The calls that touch pictures and adapters are in index.node.ts and
// index.browser.ts, by the same names.
export { fieldOutput, type MapFile, mapsOutput } from './app/field_output';
export type { MadeMaterial, MaterialOptions, MaterialSettings } from './app/material';
export { materialOutput } from './app/material_output';
export {
  encodePng,
  measureRoofline,
  measureRoofline as measureRoof,
  profile,
  profileStage,
  tuneRecipe,
} from './app/measure';
export type { CallOptions, Inputs, RecipeLike, RecipeOptions, TextureOptions } from './app/options';
export type { JobInfo, JobResult, Output } from './app/output';
export { pictureOutput, previewOutput, stagesOutput } from './app/output';
export type { Making, Picture } from './app/picture';
export type { ReadPictureOptions } from './app/read_picture';
export type { SealOptions } from './app/seal';
export type { SealedPicture, SealReport } from './app/sealed_picture';
export { EngineError } from './base/errors';
export { type Bits, type Pixels, toPixels } from './base/pixels';
export { type Raster, repeat } from './base/raster';
export { Rng } from './base/rng';
export { VERSION } from './base/version';
export { type ApplyOptions, applyField, exemplarPlaces } from './copy/apply_field';
export type { Field, FieldPicture } from './copy/field';
export type { LinearMap } from './copy/linear_map';
export type { AdapterFacts } from './gpu/adapter';
export { Device } from './gpu/device';
export { defineKernel, type Kernel, type KernelSource } from './gpu/kernel';
export type { Roofline, Roofline as Roof } from './gpu/roofline';
export type { TuneMode, TuneRecord, TuneStore } from './gpu/tune';
export { Tuning } from './gpu/tune';
export { Graph, type Node } from './graph/graph';
export { type AdamOptions, adam } from './graph/optim/adam';
export { ascent } from './graph/optim/ascent';
export { type LbfgsOptions, lbfgs, qqn } from './graph/optim/lbfgs';
export { averaged, type Optimiser, type Problem } from './graph/optim/optimiser';
export { type Packed, packed } from './graph/optim/packed';
export { Plan } from './graph/plan';
export type { ProfileRow } from './graph/profile';
export { diffOf, type ProfileDiff } from './graph/profile_diff';
export type { ProfileReport } from './graph/profile_report';
export { emitMeasures, traceOf } from './graph/profile_trace';
export { ScalarReadback, ScalarReadback as Watch } from './graph/scalar_readback';
export * from './index.ops';
export type { Exported, ExportOptions, Ktx2Encoder, MipLevel } from './material/export/export';
export type { TargetName } from './material/export/targets';
export type { MapKind, Material, MaterialMap } from './material/maps';
export { renderMaterial } from './material/render';
export type { Sun } from './material/sun';
export type { Net } from './nets/weights';
export { builtinRecipe, builtinRecipes } from './recipes/builtin';
export type { Checkpoint } from './recipes/checkpoint';
export type { Progress, RunEvents, StageResult } from './recipes/events';
export { type PlasmaSettings, plasma } from './recipes/init/plasma';
export { type FoundRecord, findRecord, type PictureRecord, recordText } from './recipes/picture_record';
export type { StageProfile } from './recipes/profile_stage';
export { fillRecipe, type Recipe, type RecipeText, recipeJsonSchema } from './recipes/recipe';
export { type RunOptions, type RunResult, runRecipe } from './recipes/run';
export { type AxisScore, type SeamScore, seamless, seamScore, type Verdict, verdict } from './recipes/scores/seam';
export {
  Session,
  type SessionOptions,
  type SessionState,
  type Snapshot as Moment,
  type Snapshot,
} from './recipes/session';
export { growTexture, type TextureEvents, type TextureResult } from './recipes/texture';
export {
  fillSettings,
  type TextureSettings,
  type TextureSettingsText,
  type TextureSettingsText as TextureWishes,
  textureSettings,
} from './recipes/texture_settings';
