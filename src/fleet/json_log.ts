import type { DestinationStream, LevelWithSilent, Logger } from 'pino';
import { loadOptional } from '../base/optional.node';

/**
 * A log of lines of JSON, as what collects logs wants them: `level` as a word, `time`, facts, `msg`.
 * @param level what is less than that is left out
 * @param to gets each line at once, as stderr does, so that nothing is lost where the process ends
 */
export async function jsonLog(level: LevelWithSilent, to: DestinationStream = process.stderr): Promise<Logger> {
  const { pino } = await loadOptional('pino', 'writes logs of JSON', 'LogError', () => import('pino'));
  const timestamp = pino.stdTimeFunctions.isoTime;
  const formatters = { level: (word: string) => ({ level: word }) };
  return pino({ level, base: null, timestamp, formatters }, to);
}
