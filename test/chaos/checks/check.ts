/** What a trial found wrong, and how much of it. */
export interface Findings {
  readonly violations: string[];
  lost: number;
  repeated: number;
  reordered: number;
}

export function noFindings(): Findings {
  return { violations: [], lost: 0, repeated: 0, reordered: 0 };
}
