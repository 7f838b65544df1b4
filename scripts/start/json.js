import { readFileSync } from 'node:fs';

/**
 * @param {string} path
 * @returns {unknown} undefined when there is no such file or it is no JSON: both count as "nothing noted"
 */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {unknown} undefined when the value is no object or has no such field
 */
export function field(value, name) {
  if (typeof value !== 'object' || value === null) return undefined;
  return /** @type {Record<string, unknown>} */ (value)[name];
}
