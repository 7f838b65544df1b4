/** @typedef {import('./span-collector.js').CollectedSpan} CollectedSpan */

/**
 * @typedef {object} Row one span in the order it is drawn
 * @property {CollectedSpan} span
 * @property {number} depth below the root
 * @property {number} startMs since the root began
 * @property {number} durationMs
 */

const BAR_COLUMNS = 44;
const NAME_COLUMNS = 54;

const ROW_HEIGHT = 26;
const LABEL_WIDTH = 470;
const CHART_WIDTH = 560;
const TIME_WIDTH = 130;
const COLORS = new Map([
  ['gateway', '#2f6fde'],
  ['chat-worker', '#d9822b'],
]);

/**
 * The spans of one trace, each below its parent and in the order they began.
 *
 * @param {readonly CollectedSpan[]} spans
 * @returns {readonly Row[]}
 */
export function rowsOf(spans) {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const inOrder = spans.toSorted((one, other) => one.startMs - other.startMs);
  const root = inOrder.find(({ parentSpanId }) => !ids.has(parentSpanId));
  if (root === undefined) return [];
  /**
   * @param {CollectedSpan} span
   * @param {number} depth
   * @returns {readonly Row[]}
   */
  const below = (span, depth) => [
    { span, depth, startMs: span.startMs - root.startMs, durationMs: span.endMs - span.startMs },
    ...inOrder
      .filter(({ parentSpanId }) => parentSpanId === span.spanId)
      .flatMap((child) => below(child, depth + 1)),
  ];
  return below(root, 0);
}

/** @param {number} ms */
function shown(ms) {
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/**
 * @param {readonly Row[]} rows
 * @returns {string} one line a span: name, service, bar, when it began and how long it took
 */
export function drawText(rows) {
  const totalMs = Math.max(1, ...rows.map(({ startMs, durationMs }) => startMs + durationMs));
  return rows
    .map(({ span, depth, startMs, durationMs }) => {
      const from = Math.min(BAR_COLUMNS - 1, Math.floor((startMs / totalMs) * BAR_COLUMNS));
      const length = Math.max(1, Math.round((durationMs / totalMs) * BAR_COLUMNS));
      const bar = ' '.repeat(from) + '█'.repeat(Math.min(length, BAR_COLUMNS - from));
      const name = `${'  '.repeat(depth)}${span.name}`.padEnd(NAME_COLUMNS);
      const times = `${`+${shown(startMs)}`.padStart(11)} ${shown(durationMs).padStart(10)}`;
      return `${name} ${span.service.padEnd(11)} ${bar.padEnd(BAR_COLUMNS)} ${times}`;
    })
    .join('\n');
}

/**
 * @typedef {object} Hop
 * @property {string} name
 * @property {number} ms
 */

/**
 * What the time to the first chunk was spent on, hop by hop: the parts add up to the whole.
 *
 * @param {readonly Row[]} rows
 * @returns {readonly Hop[]} empty for a trace that is not of a whole chat
 */
export function hopsToFirstChunk(rows) {
  /** @param {string} beginning */
  const rowOf = (beginning) => rows.find(({ span }) => span.name.startsWith(beginning));
  const [root] = rows;
  const send = rowOf('send ');
  const processing = rowOf('process ');
  const claim = rowOf('claim ');
  const agent = rowOf('invoke_agent ');
  const deliver = rowOf('deliver ');
  if (!root || !send || !processing || !claim || !agent || !deliver) return [];
  const origin = root.span.startMs;
  /** @param {Row} row */
  const firstChunk = (row) => row.span.events.find(({ name }) => name === 'first_chunk')?.atMs;
  const stored = firstChunk(agent);
  const delivered = firstChunk(deliver);
  if (stored === undefined || delivered === undefined) return [];
  const marks = [
    { name: 'gateway: check and queue', untilMs: processing.startMs },
    { name: 'worker: read the log and claim it', untilMs: claim.startMs + claim.durationMs },
    // The broker may have sent it on before its word reaches the worker.
    { name: 'agent: until its first chunk is stored', untilMs: Math.min(stored, delivered) - origin },
    { name: 'broker and gateway: deliver it', untilMs: delivered - origin },
  ];
  return marks.map(({ name, untilMs }, index) => ({
    name,
    ms: untilMs - (marks[index - 1]?.untilMs ?? 0),
  }));
}

/**
 * @param {readonly Hop[]} hops
 * @returns {string} one line a hop, with its share
 */
export function drawHops(hops) {
  const totalMs = hops.reduce((sum, { ms }) => sum + ms, 0);
  const lines = hops.map(
    ({ name, ms }) =>
      `  ${name.padEnd(42)} ${shown(ms).padStart(10)} ${`${((100 * ms) / totalMs).toFixed(0)} %`.padStart(6)}`,
  );
  return [...lines, `  ${'to the first chunk'.padEnd(42)} ${shown(totalMs).padStart(10)}`].join('\n');
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * @param {readonly Row[]} rows
 * @returns {string} the same as a picture that stands on a light and on a dark page
 */
export function drawSvg(rows) {
  const totalMs = Math.max(1, ...rows.map(({ startMs, durationMs }) => startMs + durationMs));
  const width = LABEL_WIDTH + CHART_WIDTH + TIME_WIDTH;
  const height = (rows.length + 1) * ROW_HEIGHT;
  const lines = rows.map(({ span, depth, startMs, durationMs }, index) => {
    const y = index * ROW_HEIGHT + 18;
    const x = LABEL_WIDTH + (startMs / totalMs) * CHART_WIDTH;
    const length = Math.max(2, (durationMs / totalMs) * CHART_WIDTH);
    const color = COLORS.get(span.service) ?? '#7a7a7a';
    const marks = span.events.map(({ name, atMs }) => {
      const at = x + ((atMs - span.startMs) / totalMs) * CHART_WIDTH;
      return `<circle cx="${at.toFixed(1)}" cy="${y - 4}" r="4" fill="#c2185b"><title>${escaped(name)}</title></circle>`;
    });
    return [
      `<text x="${8 + depth * 16}" y="${y}">${escaped(span.name)}</text>`,
      `<rect x="${x.toFixed(1)}" y="${y - 12}" width="${length.toFixed(1)}" height="14" rx="2" fill="${color}"/>`,
      ...marks,
      `<text x="${LABEL_WIDTH + CHART_WIDTH + 12}" y="${y}">${shown(durationMs)}</text>`,
    ].join('');
  });
  const legendY = rows.length * ROW_HEIGHT + 16;
  const legend = [...COLORS].map(
    ([service, color], index) =>
      `<rect x="${8 + index * 130}" y="${legendY - 11}" width="12" height="12" fill="${color}"/>` +
      `<text x="${26 + index * 130}" y="${legendY}">${service}</text>`,
  );
  const mark = `<circle cx="280" cy="${legendY - 5}" r="4" fill="#c2185b"/><text x="292" y="${legendY}">first chunk</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, monospace" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/><g fill="#1f2328">`,
    ...lines,
    ...legend,
    mark,
    '</g></svg>',
    '',
  ].join('\n');
}
