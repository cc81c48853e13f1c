import manifestJson from '../../weights/manifest.json';
import { didYouMean } from '../base/did_you_mean';
import { bytesText, EngineError } from '../base/errors';
import * as z from '../base/zod';
import { buildNet, netStride } from './onnx/build';
import { channelsFirst } from './onnx/channels_last';
import { type Family, familyOf } from './onnx/layer_naming';
import { aliased, type LayerNames, layerNames } from './onnx/layers';
import type { OnnxModel } from './onnx/model';
import { type Preprocessing, preprocessing, preprocessingSchema } from './preprocessing';
import { randomNets } from './weights_random';

export const styleLayerSchema = z.strictObject({
  layer: z.string().min(1),
  /** Weight of the difference of channel means. */
  mean: z.number(),
  /** Weight of the difference of second moments. */
  covariance: z.number(),
});

export const knownWeightsSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/),
  file: z.string().regex(/^[\w.-]+\.onnx$/),
  about: z.string(),
  /** Where to download it; null when there is no public address. */
  url: z.url().nullable(),
  /** Other addresses of the same bytes, tried in turn. */
  mirrors: z.array(z.url()).default([]),
  source: z.string(),
  licence: z.string(),
  /** Bytes. */
  size: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  preprocessing: preprocessingSchema,
  /** What a texture compares unless its recipe says otherwise. */
  layers: z.array(styleLayerSchema).min(1),
  /** What a transfer keeps of its content. */
  content: z.array(z.string().min(1)).min(1),
  /** What a dream enhances. */
  dream: z.array(z.string().min(1)).min(1),
  pooling: z.enum(['max', 'average', 'l2']),
  /** Other names of layers, see `withAliases`. */
  aliases: z.record(z.string().min(1), z.string().min(1)).default({}),
  /** Whether a classifier is most of the file, so that what is kept of a download is what is before it. */
  slim: z.boolean().default(false),
});

export const manifestSchema = z.strictObject({ weights: z.array(knownWeightsSchema).min(1) });

export type StyleLayer = z.infer<typeof styleLayerSchema>;
export type KnownWeights = z.infer<typeof knownWeightsSchema>;

/** The weight files that toroid knows, from weights/manifest.json. */
export const knownWeights: readonly KnownWeights[] = manifestSchema.parse(manifestJson).weights;

/**
 * The manifest's entry of a name.
 * @throws EngineError `WeightsError`: `there are no weights called vgg-19. Did you mean vgg19?`
 */
export function weightsNamed(name: string): KnownWeights {
  const found = knownWeights.find((w) => w.name === name);
  if (found) return found;
  if (randomNets.some((n) => n === name)) {
    throw new EngineError('WeightsError', `${name} is not made yet`, `Run \`toroid weights make ${name}\` first.`);
  }
  const names = [...knownWeights.map((w) => w.name), ...randomNets];
  const near = didYouMean(name, names);
  throw new EngineError(
    'WeightsError',
    `there are no weights called ${name}.${near ? ` Did you mean ${near}?` : ''}`,
    `Known are ${names.join(', ')}; or give the path of an .onnx file.`,
  );
}

/** What to do about a known file that is nowhere. */
export function missing(w: KnownWeights, folders: readonly string[]): EngineError {
  return new EngineError(
    'WeightsError',
    `${w.name} wants ${w.file} (${bytesText(w.size)}), which is not in ${folders.join(' or ')}`,
    w.url
      ? `Run \`toroid weights pull ${w.name}\`; where there is no network, ${byHand(w, folders[0])}.`
      : `${capital(byHand(w, folders[0]))}, set TOROID_WEIGHTS to the folder that has it (${w.source}), or take one that can be fetched: \`toroid weights pull vgg19\`.`,
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Which file to put where. */
export function byHand(w: KnownWeights, folder = 'weights'): string {
  const from = w.url ? ` from ${w.url}` : '';
  return `put ${w.file} (${w.size} bytes, sha256 ${w.sha256})${from} into ${folder}`;
}

/** How nets become graph. A net brings it along, so that pages which load no net do not load the code for it. */
export interface NetBuilder {
  readonly build: typeof buildNet;
  readonly stride: typeof netStride;
  readonly prepare: typeof preprocessing;
}
const builder: NetBuilder = { build: buildNet, stride: netStride, prepare: preprocessing };

/** A network ready to be built, with what is known about using it. */
export interface Net {
  readonly name: string;
  /** Of its file, or of the one that it was cut out of; undefined where nobody has computed it. */
  readonly sha256?: string | undefined;
  readonly model: OnnxModel;
  readonly preprocessing: Preprocessing;
  readonly layers: readonly StyleLayer[];
  /** What recipes that suit any net call its layers by. */
  readonly sets: Readonly<Record<'style' | 'content' | 'dream', readonly string[]>>;
  readonly names: LayerNames;
  readonly pooling: KnownWeights['pooling'];
  /** What is assumed about a file that is not in the manifest, for the user to know; empty when it is there. */
  readonly assumptions: string;
  /** @deprecated what 0.1.0 called `assumptions`. */
  readonly guessed: string;
  readonly builder: NetBuilder;
}

export const IMAGENET: Preprocessing = {
  order: 'RGB',
  range: 1,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
const CAFFE: Preprocessing = { order: 'BGR', range: 255, mean: [103.939, 116.779, 123.68], std: [1, 1, 1] };
const PLAIN: Preprocessing = { order: 'RGB', range: 1, mean: [0, 0, 0], std: [1, 1, 1] };

/** A network with what the manifest says of it, or else with the assumptions that weights/README.md lists. */
export function netOf(file: OnnxModel, known: KnownWeights | null): Net {
  const first = channelsFirst(file);
  const model = known ? aliased(first, known.aliases) : first;
  const names = layerNames(model);
  if (known) {
    const { preprocessing, layers, pooling, content, dream } = known;
    const sets = { style: layers.map((l) => l.layer), content, dream };
    return {
      name: known.name,
      model,
      preprocessing,
      layers,
      sets,
      names,
      pooling,
      assumptions: '',
      guessed: '',
      builder,
    };
  }
  const [preprocessing, what] = assumedInput(model);
  const assumptions = `${model.name} is not in the manifest of weights: its input is taken to be ${what}`;
  const family = names.values.has('relu1_1') ? null : familyOf(model);
  const layers = assumedLayers(model, family);
  const style = layers.map((l) => l.layer);
  const deepest = style.slice(-1);
  return {
    name: model.name,
    model,
    preprocessing,
    layers,
    sets: { style, content: family?.content ?? deepest, dream: family?.dream ?? deepest },
    names,
    pooling: 'max',
    assumptions,
    guessed: assumptions,
    builder,
  };
}

function assumedInput(model: OnnxModel): [Preprocessing, string] {
  const first = model.nodes.find((n) => n.op === 'Conv');
  const filters = model.tensors.get(first?.inputs[1] ?? '')?.shape ?? [];
  if (filters.join() === '3,3,1,1') return [PLAIN, 'RGB, 0 to 1: it has its own preprocessing'];
  if (/caffe/i.test(model.producer)) return [CAFFE, 'BGR, 0 to 255, less [103.939, 116.779, 123.68], as of Caffe'];
  const before = model.nodes.slice(0, first ? model.nodes.indexOf(first) : 0);
  // Keras calls the layers of VGG so, and has its weights from Caffe.
  if (/(^|\/)block1_conv1(\/|$)/.test(first?.name ?? '') && !before.some((n) => /^(Sub|Add|Mul|Div)$/.test(n.op)))
    return [CAFFE, "BGR, 0 to 255, less [103.939, 116.779, 123.68], as of Keras' VGG"];
  return [IMAGENET, 'RGB, 0 to 1, with the mean and deviation of ImageNet'];
}

/**
 * The first rectified layer of each of four blocks, those that the net's family is known for, or four spread over a net
 * of no known kind.
 */
function assumedLayers(model: OnnxModel, family: Family | null): StyleLayer[] {
  const { values } = layerNames(model);
  const usual = ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'].filter((l) => values.has(l));
  const relus = model.nodes.filter((n) => n.op === 'Relu').map((n) => n.outputs[0] ?? '');
  const spread = [0, 1, 2, 3].map((k) => relus[Math.floor((k * relus.length) / 6)] ?? '');
  const chosen = usual.length > 0 ? usual : (family?.style ?? [...new Set(spread)].filter((l) => l !== ''));
  return chosen.map((layer) => ({ layer, mean: 1, covariance: 1 }));
}
