export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** A page in Prometheus's text format. */
export class Scraped {
  readonly samples: readonly Sample[];
  /** By the name that `# TYPE` gives it. */
  readonly types: ReadonlyMap<string, string>;

  /** @throws for a line that is none of the format */
  constructor(page: string) {
    const lines = page.split('\n').filter((line) => line !== '');
    this.types = new Map(
      lines.flatMap((line) => {
        const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
        return name === undefined || type === undefined ? [] : [[name, type] as const];
      }),
    );
    this.samples = lines.filter((line) => !line.startsWith('#')).map(parseLine);
  }

  static async of(adminUrl: string): Promise<Scraped> {
    const answer = await fetch(`${adminUrl}/metrics`);
    if (answer.status !== 200) throw new Error(`/metrics answers ${answer.status}`);
    return new Scraped(await answer.text());
  }

  /** The value of one sample; undefined when it is not there. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.samples.find(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )?.value;
  }
}

function parseLine(line: string): Sample {
  const [, name, labels = '', value] = LINE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not of the format: ${line}`);
  const pairs = [...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text] as const);
  return { name, labels: Object.fromEntries(pairs), value: value === '+Inf' ? Infinity : Number(value) };
}
