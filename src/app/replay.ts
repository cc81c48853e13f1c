// What a picture that is made again may differ in from the one it is made from, and why.
import { VERSION } from '../base/version';
import type { FoundRecord, RunPlace } from '../recipes/picture_record';

/** What is said of a record when it is run again, on an adapter and with a network. */
export function replayWarnings(
  { version, adapter, run = {} }: Omit<FoundRecord, 'recipe'>,
  here: { readonly adapter: string; readonly net: string | undefined },
): string[] {
  const { stopped, halfway, changed = [], before = [], net } = run;
  const made = [...before, ...(adapter === undefined ? [] : [adapter])];
  const said: string[] = [];
  if (made.some((name) => name !== here.adapter)) {
    said.push(`it was made on ${made.join(', then ')}: here it may differ in the last bits`);
  }
  if (version !== undefined && version !== VERSION) {
    said.push(`it was made by toroid ${version}: this one, ${VERSION}, may make another`);
  }
  if (net !== undefined && here.net !== undefined && net !== here.net) {
    said.push(
      `its network has another checksum here (sha256 ${here.net.slice(0, 12)}..., not ${net.slice(0, 12)}...): the picture will be another`,
    );
  }
  if (changed.length > 0) {
    const places = changed.map(placeText).join(' and ');
    said.push(`its settings were changed while it was made, at ${places}: the picture will be another`);
  }
  if (halfway) said.push(`it was saved at ${placeText(halfway)}: this one goes on to the end`);
  if (stopped?.hasty) {
    said.push(`it was stopped while it copied, which cannot be done again alike: this one goes on to the end`);
  } else if (stopped) {
    said.push(
      `it was stopped at ${placeText(stopped)}, and so is this one; given a seed, its own too, it runs to its end`,
    );
  }
  return said;
}

/** Where a replay stops, as the picture did. */
export const replayStop = ({ run }: Pick<FoundRecord, 'run'>): RunPlace | undefined =>
  run?.stopped && !run.stopped.hasty && !run.changed?.length ? run.stopped : undefined;

function placeText({ frame, stage, step }: RunPlace): string {
  const film = frame > 0 ? ` of frame ${frame + 1}` : '';
  return stage < 0 ? `the beginning${film}` : `step ${step} of stage ${stage + 1}${film}`;
}
