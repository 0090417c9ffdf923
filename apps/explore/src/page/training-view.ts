import type { CellText, Progress, Reply } from '../protocol.js';
import { byId, element, table } from './elements.js';
import { lineChart } from './pictures.js';

/** What is known of one cell's training. */
interface Course {
  readonly name: string;
  readonly parameters: number;
  readonly losses: number[];
  readonly accuracies: number[];
  examplesPerSecond: number;
  /** The epoch in which the loss became no number. */
  diverged?: number;
}

/** The charts and the table of a run. */
export class TrainingView {
  private courses: Course[] = [];
  private readonly bar = byId('progress', HTMLProgressElement);

  constructor(
    private readonly save: (cell: number) => void,
    private readonly say: (message: string) => void,
  ) {}

  start(cells: readonly CellText[], parameters: readonly number[]): void {
    this.courses = cells.map(({ name }, i) => ({
      name,
      parameters: parameters[i],
      ...{ losses: [], accuracies: [], examplesPerSecond: 0 },
    }));
    this.bar.hidden = false;
    byId('results', HTMLElement).hidden = false;
    this.draw(false);
  }

  progress(
    { cell, epoch, batch, batches, loss, accuracy, examplesPerSecond }: Progress,
    epochs: number,
  ): void {
    const course = this.courses[cell];
    course.examplesPerSecond = examplesPerSecond;
    this.bar.value = (epoch - 1 + batch / batches) / epochs;
    const percent = `${(100 * accuracy).toFixed(0)} %`;
    this.say(
      `Epoch ${epoch} of ${epochs}: ${course.name} has a loss of ${loss.toFixed(3)}, ${percent} right`,
    );
  }

  tested({ cell, loss, accuracy }: Extract<Reply, { kind: 'tested' }>): void {
    this.courses[cell].losses.push(loss);
    this.courses[cell].accuracies.push(accuracy);
    this.draw(false);
  }

  /** Whether a cell has been tested. */
  get isTested(): boolean {
    return this.courses.some(({ losses }) => losses.length > 0);
  }

  diverged(cell: number, epoch: number): void {
    this.courses[cell].diverged = epoch;
    this.draw(false);
  }

  finish(): void {
    this.bar.hidden = true;
    this.draw(true);
  }

  private draw(isFinished: boolean): void {
    const series = (values: (course: Course) => readonly number[]) =>
      this.courses.map((course) => ({ name: course.name, values: values(course) }));
    const last = (values: readonly number[], digits: number) => values.at(-1)?.toFixed(digits) ?? '–';
    const summary = (values: (course: Course) => readonly number[]) =>
      this.courses.map((course) => `${course.name} ${last(values(course), 3)}`).join(', ');
    const losses = ({ losses }: Course) => losses;
    const accuracies = ({ accuracies }: Course) => accuracies;
    const axes = { x: 'epoch', y: '' };
    byId('loss', HTMLElement).replaceChildren(lineChart(`Loss: ${summary(losses)}`, axes, series(losses)));
    byId('accuracy', HTMLElement).replaceChildren(
      lineChart(`Share of right answers: ${summary(accuracies)}`, axes, series(accuracies)),
    );
    const rows = this.courses.map((course, i) => {
      const button = element('button', { type: 'button', class: 'outline small' }, 'Save');
      button.setAttribute('aria-label', `Save the model of ${course.name}`);
      button.disabled = !isFinished;
      button.addEventListener('click', () => this.save(i));
      return [
        element(
          'span',
          {},
          element('span', { class: `key series-${i}`, 'aria-hidden': 'true' }),
          course.name,
        ),
        course.accuracies.length > 0
          ? `${(100 * course.accuracies[course.accuracies.length - 1]).toFixed(1)} %`
          : '–',
        course.diverged === undefined ? last(course.losses, 3) : `diverged in epoch ${course.diverged}`,
        button,
        course.examplesPerSecond > 0 ? Math.round(course.examplesPerSecond).toLocaleString('en') : '–',
        course.parameters.toLocaleString('en'),
      ];
    });
    byId('table', HTMLElement).replaceChildren(
      table([
        ['Cell', 'Right', 'Loss', 'Model', 'Examples/s', 'Parameters with embedding and answer'],
        ...rows,
      ]),
    );
  }
}
