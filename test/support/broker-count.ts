/** How many servers a broker has in this run: `npm run test:cluster` wants three. */
const { TEST_BROKERS = '1' } = process.env;
export const IS_CLUSTER = TEST_BROKERS !== '1';
/** An election takes seconds, and what waits for one is waited for longer. */
export const PATIENCE = IS_CLUSTER ? 6 : 1;
