/** What a trial found wrong, and how much of it. */
export interface Findings {
  readonly violations: string[];
  lost: number;
  repeated: number;
  reordered: number;
  /** Chats that the broker let two write to, which only one too old for its copies does. */
  unfenced: number;
}

export function noFindings(): Findings {
  return { violations: [], lost: 0, repeated: 0, reordered: 0, unfenced: 0 };
}
