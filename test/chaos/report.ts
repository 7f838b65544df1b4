import { FAULT_KINDS } from './trial/fault-plan.ts';
import type { TrialResult } from './trial/trial.ts';

/** At 95 %: so many clean chats bound the share of broken ones by three through their number. */
const RULE_OF_THREE = 3;

/** Adds trials up, and shows what came of them. */
export class Report {
  readonly #faults = new Map<string, number>();
  readonly #completionMs: number[] = [];
  #trials = 0;
  #chats = 0;
  #failed = 0;
  #lost = 0;
  #repeated = 0;
  #reordered = 0;
  #violations = 0;
  #unfenced = 0;

  get violations(): number {
    return this.#violations;
  }

  add({ plan, fired, findings, completionMs, failed }: TrialResult): void {
    this.#trials += 1;
    this.#chats += plan.chats.length;
    this.#failed += failed;
    this.#lost += findings.lost;
    this.#repeated += findings.repeated;
    this.#reordered += findings.reordered;
    this.#unfenced += findings.unfenced;
    this.#violations += findings.violations.length;
    this.#completionMs.push(...completionMs);
    for (const { kind } of fired) this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
  }

  /** Lines of a table in Markdown. */
  lines(): string[] {
    const sorted = this.#completionMs.toSorted((one, other) => one - other);
    const seconds = (ms: number | undefined): string => `${((ms ?? 0) / 1_000).toFixed(1)} s`;
    const faults = FAULT_KINDS.map((kind) => [kind, this.#faults.get(kind) ?? 0] as const);
    const total = faults.reduce((sum, [, count]) => sum + count, 0);
    const bound = ((100 * RULE_OF_THREE) / Math.max(1, this.#chats)).toFixed(2);
    const rows: (readonly [string, string | number])[] = [
      ['trials', this.#trials],
      ['faults', total],
      ...faults.filter(([, count]) => count > 0).map(([kind, count]) => [`- ${kind}`, count] as const),
      ['chats', this.#chats],
      ['chats failed after three lost workers', this.#failed],
      ['events lost', this.#lost],
      ['events repeated', this.#repeated],
      ['events out of order', this.#reordered],
      ...(this.#unfenced > 0 ? [['chats with a broken fence', this.#unfenced] as const] : []),
      ['violations of any kind', this.#violations],
      ['time to completion, p50', seconds(sorted[Math.floor(sorted.length / 2)])],
      ['time to completion, longest', seconds(sorted.at(-1))],
      ['share of broken chats, at 95 %', this.#violations === 0 ? `below ${bound} %` : 'not zero'],
    ];
    return ['| what | how much |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
  }
}
