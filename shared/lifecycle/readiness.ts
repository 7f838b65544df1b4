/** What has to hold for a service to do its work, by the name an operator reads. */
export type ReadinessChecks = Readonly<Record<string, () => boolean>>;

/** Whether a service can do its work, and what is in the way. */
export class Readiness {
  readonly #checks: ReadinessChecks;
  readonly #onChange: (unmet: readonly string[]) => void;
  /** A service that was never asked counts as ready: its first "not ready" is news. */
  #unmet = '';

  /** `onChange` is told what is in the way, nothing when it is gone; noticed whenever somebody asks. */
  constructor(checks: ReadinessChecks, onChange: (unmet: readonly string[]) => void) {
    this.#checks = checks;
    this.#onChange = onChange;
  }

  get isReady(): boolean {
    const unmet = Object.entries(this.#checks).flatMap(([name, holds]) => (holds() ? [] : [name]));
    const summary = unmet.join();
    if (summary !== this.#unmet) {
      this.#unmet = summary;
      this.#onChange(unmet);
    }
    return unmet.length === 0;
  }
}
