/**
 * What runs on three brokers by `npm run test:cluster`: everything that starts a broker without asking which, and
 * needs no other system.
 */
export const SUITES = ['test/e2e', 'test/protocol', 'test/chaos'];

/** What does not, and why. */
export const NOT_APPLICABLE = {
  'test/e2e/npm-start.test.ts': '`npm start` brings a broker of its own',
  'test/e2e/gateway-processes.test.ts': '`npm start` brings a broker of its own',
  'test/e2e/telemetry/trace-script.test.ts': '`npm start` brings a broker of its own',
  'test/e2e/broker-roles/**': 'configurations of one server; test/cluster signs in with roles',
  'test/e2e/shards/shard-setup.test.ts': 'configurations of one server',
  'test/e2e/attacks/secrets.test.ts': 'configurations of one server; test/cluster signs in with roles',
  'test/e2e/inspect/inspect.test.ts': 'configurations of one server; test/cluster signs in with roles',
  'test/e2e/fuzz/fuzz.test.ts':
    'its figures are those of one server; what it sends is refused before the broker',
  'test/e2e/deploy/image.test.ts': 'configurations of one server; test/cluster signs in with roles',
  'test/chaos/chaos.test.ts':
    'the simulation has no broker, and the machine is run by itself: npm run chaos -- --brokers 3',
};
