import type { JSX } from 'preact';
import { Icon } from './icons';

interface Props {
  /** Null: there is nothing to go to. */
  readonly undo: (() => void) | null;
  readonly redo: (() => void) | null;
}

export const UndoButtons = ({ undo, redo }: Props): JSX.Element => (
  <>
    <Step icon="undo" name="Undo" keys="Ctrl Z" deed={undo} />
    <Step icon="redo" name="Redo" keys="Ctrl Y" deed={redo} />
  </>
);

interface StepProps {
  readonly icon: 'undo' | 'redo';
  readonly name: string;
  readonly keys: string;
  readonly deed: (() => void) | null;
}

/** Without a deed it keeps its place, and the focus. */
const Step = ({ icon, name, keys, deed }: StepProps): JSX.Element => (
  <button
    type="button"
    class="square"
    aria-label={name}
    aria-disabled={!deed}
    title={`${name} (${keys})`}
    data-test={icon}
    onClick={() => deed?.()}
  >
    <Icon name={icon} />
  </button>
);
