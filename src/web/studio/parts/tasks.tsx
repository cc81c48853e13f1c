import type { JSX } from 'preact';
import type { RecipeText } from '../../../recipes/recipe';
import { MATERIAL_TASK, TASKS, taskOf } from '../presets';
import { type Settings, usual } from '../settings';
import { Icon } from './icons';

interface Props {
  readonly settings: Settings;
  /** A recipe that came in a file, in place of a preset's. */
  readonly own: RecipeText | null;
  readonly about: string;
  onChoose(changes: Partial<Settings>): void;
}

/** What is to be done, and by which preset. */
export function Tasks({ settings, own, about, onChoose }: Props): JSX.Element {
  const { preset } = settings;
  const task = own ? undefined : taskOf(settings);
  const [grow, ...others] = TASKS;
  const shown = [...(grow ? [grow] : []), MATERIAL_TASK, ...others];
  return (
    <div class="choice">
      <fieldset class="tasks">
        <legend class="hidden">What to do</legend>
        {shown.map(({ id, name, presets: [first] }) => (
          <label key={id} class={task?.id === id ? 'on' : ''}>
            <input
              type="radio"
              name="task"
              value={id}
              checked={task?.id === id}
              onChange={() =>
                onChoose({ preset: first?.[0] ?? usual.preset, material: id === 'material' ? 'any' : null })
              }
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
          onChange={(e) => e.currentTarget.value && onChoose({ preset: e.currentTarget.value })}
        >
          {own && <option value="">{own.name ?? 'recipe'} (from a file)</option>}
          {(task ?? grow)?.presets.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <p class="quiet about">{about}</p>
    </div>
  );
}
