import { memo } from 'preact/compat';
import { formatMoney } from '../language/formats.ts';
import { useLanguage } from '../language/language.tsx';
import type { Anomaly } from './read-investigation.ts';

/** Every anomaly, the worst first. */
export function AnomalyList({ anomalies }: { readonly anomalies: readonly Anomaly[] }) {
  const { words } = useLanguage();
  if (anomalies.length === 0) return <p class="nothing">{words.audit.noAnomalies}</p>;
  return (
    <ul class="anomalies">
      {anomalies.map((anomaly) => (
        <AnomalyRow key={anomaly.key} anomaly={anomaly} />
      ))}
    </ul>
  );
}

const AnomalyRow = memo(
  function AnomalyRow({ anomaly }: { readonly anomaly: Anomaly }) {
    const { words } = useLanguage();
    const { severity, type, description, supplier, amount } = anomaly;
    const types: Readonly<Record<string, string>> = words.audit.types;
    const typeName = type !== undefined && Object.hasOwn(types, type) ? types[type] : type;
    return (
      <li class="anomaly" data-severity={severity}>
        <p class="anomaly-head">
          <span class="severity">{words.audit.severities[severity]}</span>
          {typeName !== undefined && <span class="anomaly-type">{typeName}</span>}
          {amount !== undefined && <span class="amount">{formatMoney(amount)}</span>}
        </p>
        <p>{description ?? words.audit.noDescription}</p>
        {supplier !== undefined && <p class="supplier">{supplier}</p>}
      </li>
    );
  },
  (before, after) => before.anomaly.key === after.anomaly.key,
);
