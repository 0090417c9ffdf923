import { html, type TemplateResult } from 'lit-html';
import type { Actions, State } from '../app.js';

/** Files in and out, and the link. */
export function filesView({ run, progress }: State, actions: Actions): TemplateResult {
  const nothing = run === undefined || run.reports.length === 0 || progress !== undefined;
  return html`
    <section class="files" aria-label="Files">
      <div class="buttons">
        <button type="button" id="download-json" ?disabled=${nothing} @click=${actions.downloadJson}>Download JSON</button>
        <button type="button" id="download-csv" ?disabled=${nothing} @click=${actions.downloadCsv}>Download CSV</button>
        ${fileButton('open', 'Open results', progress !== undefined, actions.open)}
        ${fileButton('compare', 'Compare with', nothing, actions.compare)}
        <button type="button" id="copy-link" @click=${actions.copyLink}>Copy link to these settings</button>
      </div>
    </section>
  `;
}

/** A file input that looks like the buttons beside it and is reached and named like any input. */
function fileButton(
  id: string,
  label: string,
  disabled: boolean,
  onFile: (file: File) => void,
): TemplateResult {
  const choose = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    // So that the same file can be chosen again.
    input.value = '';
    if (file) onFile(file);
  };
  return html`
    <label class="file-button" ?data-disabled=${disabled}>
      ${label}
      <input type="file" id=${id} accept=".json,.jsonl,.csv" ?disabled=${disabled} @change=${choose} />
    </label>
  `;
}
