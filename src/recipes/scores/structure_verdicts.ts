import { checkValues, list, returnedBy } from '../../base/known_options';
import type { FeatureScore } from './feature_distance';
import { type Verdict as SeamVerdict, verdict as seamVerdict } from './seam';
import type { StructureScore } from './structure';

export type StructureVerdict = 'good' | 'fair' | 'poor';

/** One measure as people read it. */
export interface StructureLine {
  readonly name: string;
  readonly value: string;
  /** What a good tile has. */
  readonly good: string;
  readonly verdict: StructureVerdict;
  /** What the measure asks. */
  readonly about: string;
}

/** Times the exemplar's roughest line: from here on a cut stands out. */
const STANDS_OUT = 1.25;

/**
 * A line for each measure, in the order to read them in. Limits are from pictures with planted faults and from other
 * pieces of the same material (`structure_score.test.ts`): fair is what may be the material, poor what is seen.
 */
export function structureLines(score: StructureScore, features: readonly FeatureScore[] = []): StructureLine[] {
  checkValues(
    'structureLines',
    { score, features },
    { score: returnedBy('structureScore', 'patches'), features: list },
  );
  const lines: StructureLine[] = [];
  const say = (name: string, value: string, good: string, verdict: StructureVerdict, about: string): void =>
    void lines.push({ name, value, good, verdict, about });
  for (const { size, coherence, own } of score.patches) {
    const ask = 'is all of the tile in the exemplar? 0 are copies, 1 as far as any two patches';
    say(
      `tile in exemplar, ${size} px`,
      coherence.toFixed(3),
      atMost(1.1 * own),
      below(coherence, 1.1 * own, 1.5 * own),
      ask,
    );
  }
  for (const { size, foreign } of score.patches) {
    const ask = 'share of the tile that is less like the exemplar than 98 % of it is like the rest of it';
    say(`foreign patches, ${size} px`, percent(foreign), 'at most 10 %', below(foreign, 0.1, 0.2), ask);
  }
  for (const { size, completeness, own } of score.patches) {
    const ask = 'is all of the exemplar in the tile? a small tile cannot hold a varied one';
    const good = atMost(1.2 * own);
    say(`exemplar in tile, ${size} px`, completeness.toFixed(3), good, below(completeness, 1.2 * own, 1.5 * own), ask);
  }
  const { difference, peaks } = score.lags;
  const most = `at the exemplar's ${peaks.length} highest peaks: are courses and spacings kept?`;
  say('autocorrelation off by', difference.toFixed(3), 'at most 0.1', below(difference, 0.1, 0.2), most);
  for (const axis of ['x', 'y'] as const) {
    const join = score.seam[axis];
    if (!join) continue;
    // A joint or a groove on the join is no seam where the exemplar has lines as rough.
    const jump = score.roughest[axis] <= STANDS_OUT ? 'fair' : 'poor';
    const word: Record<SeamVerdict, StructureVerdict> = { seamless: 'good', jump, 'too smooth': 'poor' };
    const ask = `does the border show? ${join.beside.toFixed(2)} times as rough as the lines beside it`;
    say(`join along ${axis}`, seamVerdict(join), 'seamless', word[seamVerdict(join)], ask);
  }
  for (const axis of ['x', 'y'] as const) {
    const rough = score.roughest[axis];
    const ask = "over the exemplar's: does a straight cut show anywhere?";
    say(`roughest line along ${axis}`, rough.toFixed(2), `at most ${STANDS_OUT}`, below(rough, STANDS_OUT, 1.5), ask);
  }
  const { sharpness, verbatim, copied, repeats } = score;
  const sharp =
    sharpness >= 0.95 && sharpness <= 1.1 ? 'good' : sharpness >= 0.85 && sharpness <= 1.2 ? 'fair' : 'poor';
  say('sharpness', sharpness.toFixed(3), '0.95 to 1.1', sharp, "mean gradient over the exemplar's");
  const largest = 'largest region copied from one place, to 2/255';
  say('verbatim region', percent(verbatim), 'at most 25 %', below(verbatim, 0.25, 0.5), largest);
  if (copied !== null) {
    const ask = 'the same, resampled or blended copies too';
    say('copied region', percent(copied), 'at most 25 %', below(copied, 0.25, 0.5), ask);
  }
  if (repeats !== null) {
    const ask = 'share of 16 px patches that stand a second time in the tile';
    say('repeats', percent(repeats), 'at most 10 %', below(repeats, 0.1, 0.35), ask);
  }
  for (const { layer, distance, own } of features) {
    const ask = 'do the features of the network occur together as in the exemplar?';
    const word = below(distance, 1.2 * own, 2 * own);
    say(`features at ${layer}`, distance.toFixed(3), atMost(1.2 * own), word, ask);
  }
  return lines;
}

const below = (v: number, good: number, fair: number): StructureVerdict =>
  v <= good ? 'good' : v <= fair ? 'fair' : 'poor';
const atMost = (v: number): string => `at most ${v.toFixed(3)}`;
const percent = (v: number): string => `${(100 * v).toFixed(v < 0.1 ? 1 : 0)} %`;
