import { fileURLToPath } from 'node:url';
import { freePorts } from '../../support/free-ports.ts';
import { testEnvironment, type Overrides } from '../../support/test-environment.ts';
import { PartProcess } from '../parts/part-process.ts';

const MAINS = {
  gateway: '../../../dist/gateway/main.js',
  'chat-worker': '../../../dist/chat-worker/main.js',
};

/** A built service as a process of its own, with its metrics. */
export class ServiceProcess implements AsyncDisposable {
  readonly process: PartProcess;
  /** What it should never have said. */
  readonly defects: string[] = [];
  readonly #adminPort: number;

  private constructor(service: keyof typeof MAINS, natsUrl: string, adminPort: number, overrides: Overrides) {
    this.#adminPort = adminPort;
    const ports = { ADMIN_PORT: String(adminPort), WORKER_ADMIN_PORT: String(adminPort) };
    const environment = testEnvironment(natsUrl, { LOG_LEVEL: 'info', ...ports, ...overrides });
    this.process = new PartProcess(fileURLToPath(new URL(MAINS[service], import.meta.url)), environment, {
      onDefect: (text) => this.defects.push(text),
      onTold: () => undefined,
    });
  }

  /** Resolves when it is ready. */
  static async start(
    service: keyof typeof MAINS,
    natsUrl: string,
    overrides: Overrides = {},
  ): Promise<ServiceProcess> {
    const [adminPort = 0] = await freePorts(1);
    const started = new ServiceProcess(service, natsUrl, adminPort, overrides);
    if (!(await started.process.ready())) throw new Error(started.process.lines.join('\n'));
    return started;
  }

  /** Where a gateway listens. */
  get port(): number {
    if (this.process.port === undefined) throw new Error('it has not said where it listens');
    return this.process.port;
  }

  async isReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.#adminPort}/readyz`)).status === 200;
  }

  /** The sum of a metric over those of its lines that have this text in them. */
  async metric(name: string, text = ''): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#adminPort}/metrics`);
    let sum = 0;
    for (const line of (await answer.text()).split('\n')) {
      const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`).exec(line)?.[1];
      if (value !== undefined && line.includes(text)) sum += Number(value);
    }
    return sum;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.signal('SIGCONT');
    this.process.signal('SIGKILL');
    await this.process.exited;
  }
}
