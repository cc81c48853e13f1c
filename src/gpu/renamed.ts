// What kernels and overrides were called in 0.1.0. Its pictures and checkpoints pin variants by these names.

const KERNELS: ReadonlyMap<string, string> = new Map([
  ['adam_in_place', 'adam_inplace'],
  ['adam_moments_in_place', 'adam_moments_inplace'],
  ['add_window', 'scatter_add'],
  ['axis_mix', 'axis_linear'],
  ['best_match', 'nearest_feature'],
  ['conv2d_thin', 'conv2d_few_channels'],
  ['error_grad', 'mse_loss_grad'],
  ['health', 'all_finite'],
  ['max_pool', 'max_pool_nd'],
  ['max_pool_grad', 'max_pool_nd_grad'],
  ['max_pool_places', 'max_pool_nd_argmax'],
  ['mul_pixels', 'mul_mask'],
  ['normalised_step', 'normalized_sgd'],
  ['pointwise_over', 'pointwise_inplace'],
  ['pointwise_over_one', 'pointwise_inplace_same'],
  ['pool2d_grad_apart', 'pool2d_grad_nonoverlapping'],
  ['pool2d_where', 'pool2d_argmax'],
  ['unwindow', 'scatter'],
  ['warp', 'sparse_remap'],
  ['window', 'wrap_slice'],
]);

const OVERRIDES: ReadonlyMap<string, string> = new Map([['SHARE', 'BROADCAST']]);

/** `winograd_multiply f32 o=64 ...` and `WG=32 SHARE=8`, by the names of today. */
const renamed = (text: string): string =>
  text
    .replace(/^\w+(?= )/, (kernel) => KERNELS.get(kernel) ?? kernel)
    .replace(/\w+(?==)/g, (name) => OVERRIDES.get(name) ?? name);

/** Choices of variants (`Choices` of tune.ts) by the names of today. */
export const renamedChoices = (choices: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(choices).map(([launch, variant]) => [renamed(launch), renamed(variant)]));
