import { setMaxListeners } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseInvestigationSubject, parseSessionSubject } from '../../../shared/bus-protocol/subjects.ts';
import { checkClient, expectedOf, hasAll, type Expected } from '../checks/check-client.ts';
import { checkLog } from '../checks/check-logs.ts';
import { holdsFence, isFenceBroken } from '../../support/broker-fence.ts';
import { noFindings, type Findings } from '../checks/check.ts';
import { storedChat } from '../checks/stored-chats.ts';
import type { ContractClient } from '../clients/contract-client.ts';
import type { World } from '../parts/world.ts';
import { TEST_SHARDS } from '../../support/test-shards.ts';
import type { BrokerLog, Ends, Stored } from './broker-log.ts';
import { Cast } from './cast.ts';
import { FaultRunner, type FiredFault } from './fault-runner.ts';
import type { Plan } from './plan.ts';
import { checkRepeats } from './repeats.ts';
import { Script } from './script.ts';

/** A machine that stood still for so long lets workers lose their chats without a fault of ours. */
const STANDSTILL_MS = 400;

export interface TrialResult {
  readonly plan: Plan;
  readonly fired: readonly FiredFault[];
  readonly findings: Findings;
  readonly completionMs: readonly number[];
  /** Chats that ended in an error, after three lost workers. */
  readonly failed: number;
  /** For people: journals, logs, what the parts wrote. Only of a trial that found something. */
  readonly evidence: readonly string[];
}

/** One trial on a world in which everything works; it does again when this resolves. */
export async function runTrial(
  world: World,
  log: BrokerLog,
  plan: Plan,
  deadlineMs: number,
): Promise<TrialResult> {
  const trial = new Trial(world, log, plan, deadlineMs);
  try {
    return await trial.run();
  } finally {
    await trial.end();
  }
}

class Trial {
  readonly #world: World;
  readonly #log: BrokerLog;
  readonly #plan: Plan;
  readonly #deadlineMs: number;
  /** Aborts at the deadline, and at the end. */
  readonly #over = new AbortController();
  readonly #faults: FaultRunner;
  readonly #cast: Cast;
  readonly #script: Script;
  readonly #findings = noFindings();
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 20 });
  #failed = 0;

  constructor(world: World, log: BrokerLog, plan: Plan, deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
    this.#world = world;
    this.#log = log;
    this.#plan = plan;
    this.#faults = new FaultRunner(world, plan);
    this.#cast = new Cast(world, plan);
    this.#script = new Script(plan, this.#cast, log, this.#findings.violations);
  }

  async run(): Promise<TrialResult> {
    this.#world.defects.length = 0;
    this.#world.generations.length = 0;
    let begin: Ends = new Map();
    const deadline = this.#over.signal;
    setMaxListeners(0, deadline); // Everyone who waits for something listens to it.
    const timer = setTimeout(() => this.#over.abort(), this.#deadlineMs);
    let sessions: Stored[] = [];
    try {
      begin = await this.#log.ends(TEST_SHARDS.streams);
      const investigationsBegin = await this.#log.ends(['INVESTIGATIONS']);
      await Promise.all(this.#cast.all.map((client) => client.until(() => client.isSettled, deadline)));
      await this.#play(deadline);
      sessions = await this.#log.readAfter(begin);
      const investigations = await this.#log.readAfter(investigationsBegin);
      this.#checkPublished([...sessions, ...investigations]);
      await this.#checkClients(sessions, investigations, deadline);
      this.#checkLogs(sessions);
      this.#checkLibrary(sessions);
      const repeats = await checkRepeats(this.#cast, this.#plan, sessions, deadline);
      this.#findings.violations.push(...repeats);
      if ((await this.#log.readAfter(begin)).length !== sessions.length) {
        this.#findings.violations.push('something was stored after every chat had ended (I11)');
      }
    } catch (error) {
      const isLate = deadline.aborted;
      this.#findings.violations.push(isLate ? 'not over in time (I5)' : `the trial broke: ${String(error)}`);
      if (!isLate) this.#findings.violations.push(error instanceof Error ? (error.stack ?? '') : '');
      sessions = await this.#log.readAfter(begin).catch(() => []);
    } finally {
      clearTimeout(timer);
    }
    for (const { name, journal } of this.#cast.all) {
      this.#findings.violations.push(...journal.violations.map((text) => `${name}: ${text}`));
    }
    this.#findings.violations.push(...this.#world.defects.map((text) => `${text} (I10)`));
    return this.#result(sessions);
  }

  async end(): Promise<void> {
    this.#over.abort(); // Whoever still waits, after a trial that broke, does it for nothing.
    this.#loopDelay.disable();
    this.#log.onMoment = () => undefined;
    this.#faults.disarm();
    await this.#cast[Symbol.asyncDispose]();
    await this.#faults.over();
    await this.#world.healed();
  }

  /** Brokers before 2.9.21 do not hold the fence of a stream with copies, and number messages twice. */
  get #isUnfenced(): boolean {
    return this.#world.broker.replicas > 1 && !holdsFence(this.#log.serverVersion);
  }

  /** The chats and the faults, until all is over and everything works again. */
  async #play(deadline: AbortSignal): Promise<void> {
    this.#loopDelay.enable();
    this.#log.onMoment = (moment, of, worker) => this.#faults.onMoment(moment, of, worker);
    this.#faults.arm();
    await this.#script.play(deadline);
    this.#faults.disarm();
    await this.#faults.over();
    await this.#world.healed();
    this.#loopDelay.disable();
  }

  /** I6: what the broker has acknowledged is there, once. */
  #checkPublished(stored: readonly Stored[]): void {
    for (const { subject, mark } of this.#script.published) {
      const count = stored.filter((one) => one.subject === subject && one.messageId === mark).length;
      if (count > 1 && this.#isUnfenced) this.#findings.repeated += count - 1;
      else if (count !== 1) this.#findings.violations.push(`${mark} is stored ${count} times (I6)`);
    }
  }

  async #checkClients(
    sessions: readonly Stored[],
    investigations: readonly Stored[],
    deadline: AbortSignal,
  ): Promise<void> {
    await Promise.all(
      this.#channels(sessions, investigations).map(async ({ client, channel, expected }) => {
        try {
          await client.until(() => hasAll(channel, expected, client.journal), deadline);
          await client.flushed(deadline);
        } catch {
          this.#findings.violations.push(`${client.name}: not whole in time on ${channel} (I5)`);
        }
        checkClient(client.name, channel, expected, client.journal, this.#findings, this.#isUnfenced);
      }),
    );
  }

  #channels(
    sessions: readonly Stored[],
    investigations: readonly Stored[],
  ): { client: ContractClient; channel: string; expected: Expected[] }[] {
    const tabs = this.#cast.tabs.flatMap((clients, index) =>
      clients.flatMap((client) => (client === undefined ? [] : [{ client, index }])),
    );
    return [...tabs, { client: this.#cast.reader, index: -1 }].flatMap(({ client, index }) =>
      [...client.journal.startedAt].map(([channel, startedAt]) => {
        const own =
          channel === 'session'
            ? sessions.filter(
                ({ subject }) => parseSessionSubject(subject)?.sessionId === this.#plan.sessions[index]?.id,
              )
            : investigations.filter(
                ({ subject }) =>
                  `investigation.${parseInvestigationSubject(subject)?.investigationId ?? ''}` === channel,
              );
        return { client, channel, expected: expectedOf(own, startedAt) };
      }),
    );
  }

  #checkLogs(sessions: readonly Stored[]): void {
    const standstill = this.#loopDelay.max / 1e6 > STANDSTILL_MS;
    const mayLoseWorkers = standstill || this.#faults.fired.some(({ kind }) => /^(worker|broker)/.test(kind));
    for (const plan of this.#plan.chats) {
      const sessionId = this.#plan.sessions[plan.session]?.id;
      const own = sessions.filter(({ subject }) => parseSessionSubject(subject)?.sessionId === sessionId);
      const chat = storedChat(own, plan.requestId);
      if (this.#isUnfenced && isFenceBroken(chat.events.map(({ stored }) => stored))) {
        this.#findings.unfenced += 1;
        continue;
      }
      const { marker } = plan.question;
      const generations = this.#world.generations.filter((one) => one.marker === marker).length;
      this.#findings.violations.push(...checkLog({ plan, chat, generations, mayLoseWorkers }));
      if (chat.end?.type === 'error') this.#failed += 1;
    }
  }

  /** I1, I2: the library's reader has the stored text, once, and knows how it ended. */
  #checkLibrary(sessions: readonly Stored[]): void {
    const { violations } = this.#findings;
    for (const [plan, answer] of this.#script.libraryAnswers) {
      const sessionId = this.#plan.sessions[plan.session]?.id;
      const own = sessions.filter(({ subject }) => parseSessionSubject(subject)?.sessionId === sessionId);
      const { end, text } = storedChat(own, plan.requestId);
      const status = end?.type === 'chat_complete' ? end.data.status : 'failed';
      if (answer.status !== status) violations.push(`library: ${answer.status} instead of ${status} (I2)`);
      if (answer.text !== text) violations.push(`library: not the text of ${plan.requestId} (I1)`);
    }
    violations.push(...this.#cast.library.violations.map((found) => `library: ${found} (I1)`));
  }

  async #result(sessions: readonly Stored[]): Promise<TrialResult> {
    const hasFound = this.#findings.violations.length > 0;
    // What the parts have to say of it may be on its way.
    if (hasFound) await delay(200);
    return {
      plan: this.#plan,
      fired: this.#faults.fired,
      findings: this.#findings,
      completionMs: this.#script.completionMs,
      failed: this.#failed,
      evidence: hasFound ? this.#evidence(sessions) : [],
    };
  }

  #evidence(sessions: readonly Stored[]): string[] {
    return [
      '--- log',
      ...sessions.map(
        ({ sequence, subject, text, messageId }) =>
          `${sequence} ${subject} ${text.slice(0, 400)} ${messageId}`,
      ),
      ...this.#cast.all.flatMap(({ name, journal }) => [`--- ${name}`, ...journal.describe()]),
      ...this.#world.slots.flatMap(({ name, process }) => [`--- ${name}`, ...process.lines]),
    ];
  }
}
