import { html, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { type BackendName, backendNamed } from '../../backends.js';
import { CONTENDERS } from '../../contenders/catalogue.js';
import { type Machine, whyNot } from '../../machine.js';
import { type Shape, WORKLOADS } from '../../workloads/workload.js';
import type { Actions, State } from '../app.js';
import { backendLabel, CONTENDER_NAMES, CONTENDER_NOTES, cellName, WORKLOAD_NAMES } from '../names.js';
import { DIMENSIONS, type Dimension, variedShapes } from '../scaling.js';
import { CELLS, parseShapes, type Settings, shapesText, threadsOffered } from '../settings.js';

interface Choice<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly note?: string;
  /** Why it cannot be chosen. */
  readonly unavailable?: string;
}

/** The shape that is varied when none is given. */
const TYPICAL: Shape = [64, 50, 128, 128];

/** What can be chosen, folded away until it is asked for. */
export function settingsView({ settings, machine, progress }: State, actions: Actions): TemplateResult {
  const change = (changed: Partial<Settings>) => actions.choose({ ...settings, ...changed });
  const workloads = WORKLOADS.map((name) => ({
    name,
    label: WORKLOAD_NAMES[name].name,
    note: WORKLOAD_NAMES[name].what,
  }));
  const cells = CELLS.map((name) => ({ name, label: cellName(name) }));
  const contenders = CONTENDERS.map((name) => ({
    name,
    label: CONTENDER_NAMES[name],
    note: CONTENDER_NOTES[name],
  }));
  return html`
    <details class="settings">
      <summary>Settings</summary>
      <form ?inert=${progress !== undefined} @submit=${(event: Event) => event.preventDefault()}>
        ${checkboxes('Workloads', workloads, settings.workloads, (workloads) => change({ workloads }))}
        ${checkboxes('Cells', cells, settings.cells, (cells) => change({ cells }))}
        ${checkboxes(
          'Devices',
          backendChoices(settings, machine),
          settings.backends,
          (backends) => change({ backends }),
          threadsField(settings, machine, (backends) => change({ backends })),
        )}
        ${checkboxes('Libraries', contenders, settings.contenders, (contenders) => change({ contenders }))}
        ${shapesFieldset(settings, change)}
      </form>
    </details>
  `;
}

/** The devices of this machine; those on several threads have a number of them that can be changed. */
function backendChoices(settings: Settings, machine: Machine): Choice<BackendName>[] {
  const names: BackendName[] = ['cpu', 'wasm', ...severalThreads(settings, machine), 'webgpu'];
  return names.map((name) => ({ name, label: backendLabel(name), unavailable: whyNot(name, machine) }));
}

/** The backends with several threads that the settings name, or the one that is offered. */
function severalThreads({ backends }: Settings, machine: Machine): BackendName[] {
  const named = backends.filter((name) => backendNamed(name).threads > 1);
  return named.length > 0 ? named : [`wasm-${threadsOffered(machine)}`];
}

function threadsField(
  settings: Settings,
  machine: Machine,
  onChange: (backends: BackendName[]) => void,
): TemplateResult {
  const [several] = severalThreads(settings, machine);
  const choose = (event: Event) => {
    const field = event.target as HTMLInputElement;
    if (!field.reportValidity()) return;
    onChange([...settings.backends.filter((name) => name !== several), `wasm-${field.valueAsNumber}`]);
  };
  return html`
    <label class="threads">
      Several threads are
      <input
        type="number"
        id="threads"
        min="2"
        max="64"
        required
        .value=${String(backendNamed(several).threads)}
        ?disabled=${whyNot(several, machine) !== undefined}
        @change=${choose}
      />
    </label>
  `;
}

/** A group of checkboxes, at least one of which stays checked. */
function checkboxes<Name extends string>(
  legend: string,
  choices: readonly Choice<Name>[],
  chosen: readonly Name[],
  onChange: (chosen: Name[]) => void,
  below?: TemplateResult,
): TemplateResult {
  const toggle = (name: Name) => (event: Event) => {
    const { checked } = event.target as HTMLInputElement;
    const next = choices
      .map((choice) => choice.name)
      .filter((each) => (each === name ? checked : chosen.includes(each)));
    onChange(next.length > 0 ? next : [name]);
  };
  return html`
    <fieldset>
      <legend>${legend}</legend>
      ${choices.map(
        ({ name, label, note, unavailable }) => html`
          <label class="choice">
            <input
              type="checkbox"
              name=${legend.toLowerCase()}
              value=${name}
              .checked=${live(chosen.includes(name) && !unavailable)}
              ?disabled=${unavailable !== undefined}
              @change=${toggle(name)}
            />
            <span>
              ${label}
              ${unavailable ? html`<small>not available: ${unavailable}</small>` : note ? html`<small>${note}</small>` : ''}
            </span>
          </label>
        `,
      )}
      ${below}
    </fieldset>
  `;
}

function shapesFieldset({ shapes }: Settings, change: (changed: Partial<Settings>) => void): TemplateResult {
  const own = typeof shapes === 'string' ? [TYPICAL] : shapes;
  const radio = (value: 'typical' | 'several' | 'own', label: string) => html`
    <label class="choice">
      <input
        type="radio"
        name="shapes"
        value=${value}
        .checked=${live(value === (typeof shapes === 'string' ? shapes : 'own'))}
        @change=${() => change({ shapes: value === 'own' ? own : value })}
      />
      <span>${label}</span>
    </label>
  `;
  const edit = (event: Event) => {
    const field = event.target as HTMLTextAreaElement;
    const { shapes, unknown } = parseShapes(field.value);
    field.setCustomValidity(
      unknown.length > 0
        ? `Not a shape: ${unknown.join('; ')}. Write four whole numbers, such as 64, 50, 128, 128.`
        : '',
    );
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
      ${radio('typical', 'One typical shape of each workload')}
      ${radio('several', 'Small, typical, long and large')}
      ${radio('own', 'These, for scaling curves')}
      <div class="own-shapes" ?hidden=${typeof shapes === 'string'}>
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
