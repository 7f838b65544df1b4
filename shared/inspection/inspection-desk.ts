import {
  inspectionQuestion,
  type InspectionAnswer,
  type InspectionSubject,
} from '../bus-protocol/inspection.ts';
import { parsePayload } from '../bus-protocol/parse-payload.ts';
import { subjects } from '../bus-protocol/subjects.ts';
import type { Bus, Unsubscribe } from '../bus/bus.ts';
import { AppError } from '../errors/app-error.ts';
import { storedFacts } from './stored-facts.ts';

/** Of all services one reads for the operator. */
const READERS = 'inspection';

/** Where a service answers what operators ask: about itself, and, as one of all, about what is stored. */
export class InspectionDesk implements Disposable {
  readonly #bus: Bus;
  readonly #onDefect: (error: unknown) => void;
  readonly #subscriptions: readonly Unsubscribe[];

  constructor(
    bus: Bus,
    own: (about: InspectionSubject) => InspectionAnswer,
    onDefect: (error: unknown) => void,
  ) {
    this.#bus = bus;
    this.#onDefect = onDefect;
    this.#subscriptions = [
      bus.hear(subjects.inspect, ({ data }) => {
        void this.#answer(data, (about) => Promise.resolve(own(about)));
      }),
      bus.hear(
        subjects.inspectStored,
        ({ data }) => {
          void this.#answer(data, (about) => storedFacts(bus, about));
        },
        { queueGroup: READERS },
      ),
    ];
  }

  [Symbol.dispose](): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  async #answer(
    data: Uint8Array,
    find: (about: InspectionSubject) => Promise<InspectionAnswer>,
  ): Promise<void> {
    const question = inspectionQuestion.safeParse(parsePayload(data)).data;
    if (question === undefined) return;
    try {
      const answer = await find(question.about);
      this.#bus.tell(subjects.inspected(question.inquiry), JSON.stringify(answer));
    } catch (error) {
      // What the broker keeps back the operator misses, and asks for again.
      if (!(error instanceof AppError)) this.#onDefect(error);
    }
  }
}
