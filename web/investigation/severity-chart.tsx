import { formatMoney, formatShortMoney } from '../language/formats.ts';
import { useLanguage } from '../language/language.tsx';
import type { SeverityTotal } from './read-investigation.ts';
import { SEVERITIES, type Severity } from './severity.ts';

/** The severities that always have a row, so that nothing moves when the first of one is found. */
const SHOWN: ReadonlySet<Severity> = new Set(['critical', 'high', 'medium', 'low']);
/** Of the drawing: it is stretched to the room there is. */
const LENGTH = 100;
const SHORTEST = 1.5;

/** Amounts by severity, with the number of anomalies. */
export function SeverityChart({ totals }: { readonly totals: readonly SeverityTotal[] }) {
  const { words } = useLanguage();
  const { audit } = words;
  const rows = SEVERITIES.map(
    (severity) => totals.find((total) => total.severity === severity) ?? { severity, count: 0, amount: 0 },
  ).filter(({ severity, count }) => count > 0 || SHOWN.has(severity));
  const largest = Math.max(1, ...rows.map(({ amount }) => amount));
  return (
    <figure class="chart">
      <figcaption>{audit.chart}</figcaption>
      <ul>
        {rows.map(({ severity, count, amount }) => (
          <li key={severity} data-severity={severity}>
            <span class="visually-hidden">
              {audit.ofSeverity(audit.severities[severity], count, formatMoney(amount))}
            </span>
            <span class="chart-label" aria-hidden="true">
              {audit.severities[severity]}
            </span>
            <Bar length={count === 0 ? 0 : Math.max(SHORTEST, (LENGTH * amount) / largest)} />
            <span class="chart-count" aria-hidden="true">
              {count === 0 ? '–' : count}
            </span>
            <span class="chart-amount" aria-hidden="true">
              {count === 0 ? '' : formatShortMoney(amount)}
            </span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function Bar({ length }: { readonly length: number }) {
  return (
    <svg viewBox={`0 0 ${String(LENGTH)} 1`} preserveAspectRatio="none" aria-hidden="true">
      <rect width={LENGTH} height="1" class="chart-track" />
      <rect width={length} height="1" class="chart-bar" />
    </svg>
  );
}
