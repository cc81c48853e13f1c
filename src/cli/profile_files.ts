import { EngineError } from '../base/errors';
import { traceOf } from '../graph/profile_trace';
import { probeFile, writeWhole } from '../node/files';
import type { StageProfile } from '../recipes/profile_stage';
import { profilePage } from './page/profile_page';

/**
 * Finds out before any work whether a profile can be written there.
 * @throws EngineError `ProfileError` for a name that tells of no form it has, `PictureError` for a place that takes none.
 */
export function ensureProfileWritable(path: string): void {
  if (!/\.(html?|json)$/i.test(path)) {
    throw new EngineError(
      'ProfileError',
      `${path || '""'}: a profile is a page or a trace`,
      'Give it a name as out/profile.html, or out/trace.json.',
    );
  }
  probeFile(path);
}

/** Writes a profile, whole or not at all: .html the page, .json the trace. */
export async function writeProfile(path: string, profile: StageProfile): Promise<void> {
  await save(path, /\.json$/i.test(path) ? json(traceOf(profile.report)) : profilePage(profile));
}

/** One entry a line at the outer levels, so that it can be looked at and compared. */
export const json = (value: object): string => `${JSON.stringify(value, null, 1)}\n`;

export const save = (path: string, text: string): Promise<void> =>
  writeWhole(path, async () => Buffer.from(text, 'utf8'));
