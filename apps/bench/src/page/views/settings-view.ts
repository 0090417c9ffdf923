import { html, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { type BackendName, backendNamed } from '../../backends.js';
import { CONTENDERS, type Machine } from '../../run/results.js';
import { type Shape, WORKLOADS } from '../../workloads/workload.js';
import { DIMENSIONS, type Dimension, variedShapes } from '../comparisons.js';
import { backendLabel, CONTENDER_NAMES, cellName, WORKLOAD_NAMES } from '../names.js';
import {
  CELLS,
  type ListSetting,
  parseShapes,
  type Settings,
  shapesText,
  threadsOffered,
} from '../settings.js';
import type { Actions, State } from '../state.js';

interface Choice {
  readonly value: string;
  readonly name: string;
  readonly note?: string;
  /** The reason why it cannot be chosen. */
  readonly missing?: string;
}

/** The shape that is varied when no shape is given. */
const TYPICAL: Shape = [64, 50, 128, 128];

type Change = (changed: Partial<Settings>) => void;

/** All choices, folded away at first. */
export function settingsView({ settings, machine, progress }: State, actions: Actions): TemplateResult {
  const change: Change = (changed) => actions.choose({ ...settings, ...changed });
  const devices: BackendName[] = ['cpu', 'wasm', ...severalThreads(settings, machine), 'webgpu'];
  const missing = (device: BackendName) => backendNamed(device).missingOn(machine);
  const groups: [string, ListSetting, Choice[]][] = [
    ['Workloads', 'workloads', WORKLOADS.map((value) => ({ value, ...WORKLOAD_NAMES[value] }))],
    ['Cells', 'cells', CELLS.map((value) => ({ value, name: cellName(value) }))],
    [
      'Devices',
      'backends',
      devices.map((value) => ({ value, name: backendLabel(value), missing: missing(value) })),
    ],
    ['Libraries', 'contenders', CONTENDERS.map((value) => ({ value, ...CONTENDER_NAMES[value] }))],
  ];
  return html`
    <details class="settings">
      <summary>Settings</summary>
      <form ?inert=${progress !== undefined} @submit=${(event: Event) => event.preventDefault()}>
        ${groups.map(
          ([legend, key, choices]) => html`
            <fieldset>
              <legend>${legend}</legend>
              ${checkboxes(key, choices, settings[key], change)}
              ${key === 'backends' ? threadsField(settings, machine, change) : ''}
            </fieldset>
          `,
        )}
        ${shapesFieldset(settings, change)}
      </form>
    </details>
  `;
}

/** Checkboxes, at least one of which stays checked. */
function checkboxes(
  key: ListSetting,
  choices: readonly Choice[],
  chosen: readonly string[],
  change: Change,
): TemplateResult[] {
  const toggle = (value: string) => (event: Event) => {
    const { checked } = event.target as HTMLInputElement;
    const values = choices.map((choice) => choice.value);
    const next = values.filter((other) => (other === value ? checked : chosen.includes(other)));
    change({ [key]: next.length > 0 ? next : [value] });
  };
  return choices.map(
    ({ value, name, note, missing }) => html`
      <label>
        <input
          type="checkbox"
          name=${key}
          value=${value}
          .checked=${live(chosen.includes(value) && !missing)}
          ?disabled=${missing !== undefined}
          @change=${toggle(value)}
        />
        ${name} ${missing ? html`<small>not available: ${missing}</small>` : note ? html`<small>${note}</small>` : ''}
      </label>
    `,
  );
}

/** The chosen backends with several threads, or the one that is offered. */
function severalThreads({ backends }: Settings, machine: Machine): BackendName[] {
  const chosen = backends.filter((name) => backendNamed(name).threads > 1);
  return chosen.length > 0 ? chosen : [`wasm-${threadsOffered(machine)}`];
}

function threadsField(settings: Settings, machine: Machine, change: Change): TemplateResult {
  const [several] = severalThreads(settings, machine);
  const choose = (event: Event) => {
    const field = event.target as HTMLInputElement;
    if (!field.reportValidity()) return;
    const others = settings.backends.filter((name) => name !== several);
    change({ backends: [...others, `wasm-${field.valueAsNumber}`] });
  };
  return html`
    <label>
      Several threads are
      <input
        type="number"
        id="threads"
        min="2"
        max="64"
        required
        .value=${String(backendNamed(several).threads)}
        ?disabled=${backendNamed(several).missingOn(machine) !== undefined}
        @change=${choose}
      />
    </label>
  `;
}

function shapesFieldset({ shapes }: Settings, change: Change): TemplateResult {
  const own = typeof shapes === 'string' ? [TYPICAL] : shapes;
  const choices = {
    typical: 'One typical shape of each workload',
    several: 'Small, typical, long and large',
    own: 'These, for scaling curves',
  };
  const edit = (event: Event) => {
    const field = event.target as HTMLTextAreaElement;
    const { shapes, unknown } = parseShapes(field.value);
    const problem = `Not a shape: ${unknown.join('; ')}. Write four whole numbers, such as 64, 50, 128, 128.`;
    field.setCustomValidity(unknown.length > 0 ? problem : '');
    field.reportValidity();
    if (unknown.length === 0 && shapes.length > 0) change({ shapes });
  };
  const vary = (dimension: Dimension) => {
    const known = own.map((shape) => shape.join());
    const more = variedShapes(own[0], dimension).filter((shape) => !known.includes(shape.join()));
    change({ shapes: [...own, ...more] });
  };
  return html`
    <fieldset>
      <legend>Shapes</legend>
      ${Object.entries(choices).map(
        ([value, name]) => html`
          <label>
            <input
              type="radio"
              name="shapes"
              value=${value}
              .checked=${live(value === (typeof shapes === 'string' ? shapes : 'own'))}
              @change=${() => change({ shapes: value === 'own' ? own : (value as 'typical' | 'several') })}
            />
            ${name}
          </label>
        `,
      )}
      <div ?hidden=${typeof shapes === 'string'}>
        <label for="own-shapes">Batch, timesteps, input size, units; a shape on each line</label>
        <textarea id="own-shapes" rows=${Math.min(10, own.length + 1)} spellcheck="false" .value=${shapesText(own, '\n')} @change=${edit}></textarea>
        <div class="buttons">
          ${(Object.keys(DIMENSIONS) as Dimension[]).map(
            (dimension) =>
              html`<button type="button" @click=${() => vary(dimension)}>Vary ${dimension}</button>`,
          )}
        </div>
      </div>
    </fieldset>
  `;
}
