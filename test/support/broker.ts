/** What tests do to a broker, be it one server or three. */
export interface Broker extends AsyncDisposable {
  /** What `NATS_URL` wants: every server. */
  readonly url: string;
  /** Of a server on this machine; with several each time of the next, as from a proxy between. */
  readonly port: number;
  /** How many copies of each stream there are. */
  readonly replicas: number;
  /** SIGKILL of every server: nothing is flushed, and nobody answers. */
  kill(): Promise<void>;
  /** SIGTERM of every server. */
  stop(): Promise<void>;
  /** Starts what was ended with what it had; what runs is stopped first. Resolves when it serves again. */
  restart(): Promise<void>;
  /** SIGSTOP of every server: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}
