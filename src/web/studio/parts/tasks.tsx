import type { JSX } from 'preact';
import type { RecipeText } from '../../../recipes/recipe';
import { TASKS, taskOf, titleOf } from '../presets';
import { Icon } from './icons';

interface Props {
  readonly preset: string;
  /** A recipe that came in a file, in place of a preset's. */
  readonly own: RecipeText | null;
  readonly about: string;
  onChoose(preset: string): void;
}

/** What is to be done, and by which preset. */
export function Tasks({ preset, own, about, onChoose }: Props): JSX.Element {
  const task = own ? undefined : taskOf(preset);
  return (
    <div class="choice">
      <fieldset class="tasks">
        <legend class="hidden">What to do</legend>
        {TASKS.map(({ id, name, presets: [first] }) => (
          <label key={id} class={task?.id === id ? 'on' : ''}>
            <input
              type="radio"
              name="task"
              value={id}
              checked={task?.id === id}
              onChange={() => onChoose(first?.[0] ?? preset)}
            />
            <Icon name={id} />
            {name}
          </label>
        ))}
      </fieldset>
      <label>
        <span class="hidden">How</span>
        <select
          value={own ? '' : preset}
          data-test="preset"
          onChange={(e) => e.currentTarget.value && onChoose(e.currentTarget.value)}
        >
          {own && <option value="">{own.name ?? 'recipe'} (from a file)</option>}
          {(task ?? TASKS[0])?.presets.map(([name]) => (
            <option key={name} value={name}>
              {titleOf(name)}
            </option>
          ))}
        </select>
      </label>
      <p class="quiet about">{about}</p>
    </div>
  );
}
