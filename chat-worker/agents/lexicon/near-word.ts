/**
 * Whether `word` is `pattern` with one typing slip: a letter more, fewer, changed, or two neighbours
 * swapped (Damerau-Levenshtein distance one). With `asStem`, `word` may go on after the pattern.
 * Linear in the pattern's length.
 */
export function isOneSlipAway(word: string, pattern: string, asStem: boolean): boolean {
  let same = 0;
  while (same < pattern.length && word[same] === pattern[same]) same += 1;
  const rest = (wordFrom: number, patternFrom: number): boolean =>
    wordFrom <= word.length &&
    patternFrom <= pattern.length &&
    (asStem
      ? word.startsWith(pattern.slice(patternFrom), wordFrom)
      : word.slice(wordFrom) === pattern.slice(patternFrom));
  return (
    rest(same + 1, same + 1) ||
    rest(same, same + 1) ||
    rest(same + 1, same) ||
    (word[same] === pattern[same + 1] && word[same + 1] === pattern[same] && rest(same + 2, same + 2))
  );
}
