import { html, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { backendNamed } from '../../backends.js';
import { CONTENDERS } from '../../run/results.js';
import { TYPICAL_SHAPE, WORKLOADS } from '../../workloads/workload.js';
import { DIMENSIONS, type Dimension, variedShapes } from '../comparisons.js';
import { backendLabel, CONTENDER_NAMES, cellName, WORKLOAD_NAMES } from '../names.js';
import {
  CELLS,
  type ListSetting,
  parseShapes,
  type Settings,
  settingsFrom,
  shapesText,
  threadsOffered,
} from '../settings.js';
import { choose, type State } from '../store.js';

interface Choice {
  readonly value: string;
  readonly name: string;
  readonly note?: string;
  /** The reason why it cannot be chosen. */
  readonly missing?: string;
}

/** All choices, folded away at first. The names of the fields are those of the address. */
export function settingsView({ settings, machine, progress }: State): TemplateResult {
  const missingOf = (name: string) => backendNamed(name).missingOn(machine);
  const chosen = settings.backends.filter((name) => backendNamed(name).threads > 1);
  const several = chosen.length > 0 ? chosen : [`wasm-${threadsOffered(machine)}`];
  const devices = ['cpu', 'wasm', ...several, 'webgpu'].map(
    (value): Choice => ({ value, name: backendLabel(value), missing: missingOf(value) }),
  );
  const groups: [string, ListSetting, Choice[]][] = [
    ['Workloads', 'workloads', WORKLOADS.map((value) => ({ value, ...WORKLOAD_NAMES[value] }))],
    ['Cells', 'cells', CELLS.map((value) => ({ value, name: cellName(value) }))],
    ['Devices', 'backends', devices],
    ['Libraries', 'contenders', CONTENDERS.map((value) => ({ value, ...CONTENDER_NAMES[value] }))],
  ];
  const change = ({ currentTarget }: Event) => {
    const form = currentTarget as HTMLFormElement;
    const given = new URLSearchParams([...new FormData(form)] as [string, string][]);
    // Boxes of missing devices are disabled, but the link keeps them.
    for (const name of settings.backends.filter(missingOf)) given.append('backends', name);
    const field = form.elements.namedItem('own-shapes') as HTMLTextAreaElement;
    const isOwn = given.get('shapes') === 'own';
    if (isOwn) given.set('shapes', field.value);
    const { unknown } = parseShapes(isOwn ? field.value : '');
    const problem = `Not a shape: ${unknown.join('; ')}. Write four whole numbers, such as 64, 50, 128, 128.`;
    field.setCustomValidity(unknown.length > 0 ? problem : '');
    if (form.reportValidity()) choose(settingsFrom(given, settings).settings);
  };
  return html`
    <details class="settings">
      <summary>Settings</summary>
      <form
        ?inert=${progress !== undefined}
        @change=${change}
        @submit=${(event: Event) => event.preventDefault()}
      >
        ${groups.map(
          ([legend, key, choices]) => html`
            <fieldset>
              <legend>${legend}</legend>
              ${choices.map((choice) => option('checkbox', key, choice, (settings[key] as readonly string[]).includes(choice.value)))}
              ${key === 'backends' ? threadsField(settings, several[0], missingOf(several[0])) : ''}
            </fieldset>
          `,
        )}
        ${shapesFieldset(settings)}
      </form>
    </details>
  `;
}

const option = (
  type: 'checkbox' | 'radio',
  key: string,
  { value, name, note, missing }: Choice,
  isChosen: boolean,
): TemplateResult => html`
  <label>
    <input
      type=${type}
      name=${key}
      value=${value}
      .checked=${live(isChosen && !missing)}
      ?disabled=${missing !== undefined}
    />
    ${name} ${missing || note ? html`<small>${missing ? `not available: ${missing}` : note}</small>` : ''}
  </label>
`;

/** The number of threads of the devices with several. */
function threadsField({ backends }: Settings, several: string, missing: string | undefined): TemplateResult {
  const change = (event: Event) => {
    event.stopPropagation();
    const field = event.target as HTMLInputElement;
    if (!field.reportValidity()) return;
    choose({ backends: [...backends.filter((name) => name !== several), `wasm-${field.valueAsNumber}`] });
  };
  const { threads } = backendNamed(several);
  return html`
    <label>
      Several threads are
      <input
        type="number"
        id="threads"
        min="2"
        max="64"
        required
        .value=${String(threads)}
        ?disabled=${missing !== undefined}
        @change=${change}
      />
    </label>
  `;
}

const SHAPE_CHOICES: readonly Choice[] = [
  { value: 'typical', name: 'One typical shape of each workload' },
  { value: 'several', name: 'Small, typical, long and large' },
  { value: 'own', name: 'These, for scaling curves' },
];

function shapesFieldset({ shapes }: Settings): TemplateResult {
  const [chosen, own] = typeof shapes === 'string' ? [shapes, [TYPICAL_SHAPE]] : ['own', shapes];
  const vary = (dimension: Dimension) => {
    const known = own.map((shape) => shape.join());
    const more = variedShapes(own[0], dimension).filter((shape) => !known.includes(shape.join()));
    choose({ shapes: [...own, ...more] });
  };
  return html`
    <fieldset>
      <legend>Shapes</legend>
      ${SHAPE_CHOICES.map((choice) => option('radio', 'shapes', choice, choice.value === chosen))}
      <div ?hidden=${chosen !== 'own'}>
        <label for="own-shapes">Batch, timesteps, input size, units; a shape on each line</label>
        <textarea id="own-shapes" rows=${Math.min(10, own.length + 1)} spellcheck="false" .value=${shapesText(own, '\n')}></textarea>
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
