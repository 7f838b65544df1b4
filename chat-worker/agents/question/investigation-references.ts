import { foldText, readPart } from '../lexicon/fold-text.ts';

/** Which investigations a message names. */
export interface InvestigationReferences {
  /** Written the way only ids are, or exactly the id of a subscribed investigation. */
  readonly certain: readonly string[];
  /** Could be an id ("covid-19" could too): one only if there are events under it. */
  readonly possible: readonly string[];
}

/** The contract's identifier, the same wherever one enters. */
const identifier = /^[A-Za-z0-9_-]{1,128}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** "INV-2025-001", "inv_7", "caso-12". */
const named = /^(inv[-_]?|(investigacao|investigation|caso|case)[-_])(?=[a-z_-]*\d)/i;
const numbersOnly = /^[\d-]+$/;

/** After one of these, what looks like an id at all is one. */
const announcing: ReadonlySet<string> = new Set(
  'investigacao investigacoes investigation investigations inv apuracao inquerito'.split(' '),
);
const fillers: ReadonlySet<string> = new Set(
  'id n nº no numero number codigo code chamada called e and'.split(' '),
);

/** A message about more investigations than this is about none in particular. */
const mostCertain = 4;
/** Each costs a read of the broker. */
const mostPossible = 3;

export function findReferences(message: string, subscribedIds: readonly string[]): InvestigationReferences {
  const certain = new Set<string>();
  const possible = new Set<string>();
  const subscribed = new Set(subscribedIds);
  const subscribedByFolded = new Map(subscribedIds.map((id) => [id.toLowerCase(), id] as const));
  let isAnnounced = false;
  // Letters with accents belong to the word, so that "investigação" is not the id "investiga".
  for (const written of readPart(message).match(/[\p{L}\p{M}\p{N}_-]+/gu) ?? []) {
    const id = subscribed.has(written) ? written : trimDashes(written);
    const known = subscribed.has(id) ? id : subscribedByFolded.get(id.toLowerCase());
    if (known !== undefined && (isAnnounced || isDistinct(known))) certain.add(known);
    else if (identifier.test(id)) {
      const certainty = judge(id, isAnnounced);
      if (certainty === 'certain') certain.add(id);
      else if (certainty === 'possible') possible.add(id);
    }
    const word = foldText(written.slice(0, 32));
    isAnnounced = announcing.has(word) || (isAnnounced && (fillers.has(word) || certain.has(id)));
  }
  return {
    certain: [...certain].slice(0, mostCertain),
    possible: [...possible].slice(0, mostPossible),
  };
}

/** A subscribed investigation called "a" or "de" must not be found in every sentence. */
function isDistinct(id: string): boolean {
  return id.length > 3 || /[\d_-]/.test(id);
}

function judge(id: string, isAnnounced: boolean): 'certain' | 'possible' | 'neither' {
  if (uuid.test(id) || named.test(id)) return 'certain';
  const hasDigit = /\d/.test(id);
  if (isAnnounced && hasDigit) return 'certain';
  if (id.length < 3 || numbersOnly.test(id)) return 'neither';
  const hasJoint = /[A-Za-z0-9][-_][A-Za-z0-9]/.test(id);
  return hasDigit || id.includes('_') || (isAnnounced && hasJoint) ? 'possible' : 'neither';
}

/** Dashes around a word are punctuation. Walked by hand: a message may be dashes only. */
function trimDashes(word: string): string {
  let start = 0;
  let end = word.length;
  while (start < end && isDash(word.charAt(start))) start += 1;
  while (end > start && isDash(word.charAt(end - 1))) end -= 1;
  return word.slice(start, end);
}

function isDash(char: string): boolean {
  return char === '-' || char === '_';
}
