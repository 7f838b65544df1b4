import { setTimeout as delay } from 'node:timers/promises';
import { EventPublisher } from './publisher.ts';

/**
 * What another service does to tell people what it found: an investigation that goes on, again and again. It signs
 * in with NATS_URL, NATS_USER and NATS_PASSWORD, and publishes on INVESTIGATION_ID every EVERY_MS.
 */
const { NATS_URL = '127.0.0.1:4222', NATS_USER, NATS_PASSWORD } = process.env;
const { INVESTIGATION_ID = 'INV-DEMO', EVERY_MS = '15000' } = process.env;
const STAGES = ['collecting_contracts', 'comparing_prices', 'checking_suppliers', 'writing_report'];

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

async function tell(publisher: EventPublisher): Promise<never> {
  for (let round = 0; ; round += 1) {
    const step = round % STAGES.length;
    const progress = (100 * (step + 1)) / STAGES.length;
    await publisher.notifyInvestigationUpdate(INVESTIGATION_ID, 'progress', {
      progress,
      stage: STAGES[step],
    });
    if (progress === 100) {
      await publisher.notifyAnomalyDetected(INVESTIGATION_ID, {
        severity: 'high',
        description: 'Preço 300% acima da média',
        supplier: 'Fornecedor Exemplo Ltda.',
      });
    }
    await delay(Number(EVERY_MS), undefined, { signal: stop.signal });
  }
}

try {
  const settings = { natsUrl: NATS_URL, natsUser: NATS_USER, natsPassword: NATS_PASSWORD };
  await using publisher = await EventPublisher.connect(settings, stop.signal);
  await tell(publisher);
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
