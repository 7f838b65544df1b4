/**
 * The rule by which the broker spreads what is published of sessions over several streams. Services know it too
 * (`shared/bus-protocol/session-shards.ts`) and check at their start that the broker's is theirs.
 *
 * @param {number} shards
 */
export function sessionMapping(shards) {
  return `mappings: { "session.*.>": "shard.{{partition(${shards},1)}}.session.{{wildcard(1)}}.>" }`;
}
