import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  /** The value in words. */
  readonly text: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** What tests find it by. */
  readonly test: string;
  onInput(value: number): void;
}

/** A slider under its name and its value. */
export function Slider({ label, text, test, onInput, ...range }: Props): JSX.Element {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <span class="value" aria-hidden="true">
        {text}
      </span>
      <input
        id={id}
        type="range"
        aria-valuetext={text}
        data-test={test}
        {...range}
        onInput={(e) => onInput(Number(e.currentTarget.value))}
      />
    </div>
  );
}
