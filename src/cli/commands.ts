// Written by `npm run docs` from the files of this folder: only the order is yours, that of the help.
import type { Command } from 'commander';

/** Each command's code, loaded when it is called. */
export const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  texture: async () => (await import('./texture')).addTexture,
  style: async () => (await import('./style')).addStyle,
  dream: async () => (await import('./dream')).addDream,
  run: async () => (await import('./run')).addRun,
  sweep: async () => (await import('./sweep')).addSweep,
  work: async () => (await import('./work')).addWork,
  fleet: async () => (await import('./fleet')).addFleet,
  serve: async () => (await import('./serve')).addServe,
  recipes: async () => (await import('./recipes')).addRecipes,
  seal: async () => (await import('./seal')).addSeal,
  material: async () => (await import('./material')).addMaterial,
  plasma: async () => (await import('./plasma')).addPlasma,
  check: async () => (await import('./check')).addCheck,
  score: async () => (await import('./score')).addScore,
  profile: async () => (await import('./profile')).addProfile,
  tune: async () => (await import('./tune')).addTune,
  weights: async () => (await import('./weights')).addWeights,
  onnx: async () => (await import('./onnx')).addOnnx,
  studio: async () => (await import('./studio')).addStudio,
  doctor: async () => (await import('./doctor')).addDoctor,
};
