const money = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
const shortMoney = new Intl.NumberFormat('pt-BR', {
  style: 'currency',
  currency: 'BRL',
  notation: 'compact',
  maximumFractionDigits: 1,
});

/** `R$ 1.234,56`, in every language: it is Brazilian money. */
export function formatMoney(reais: number): string {
  return money.format(reais);
}

/** `R$ 1,2 mi`. */
export function formatShortMoney(reais: number): string {
  return shortMoney.format(reais);
}

/** Of an ISO time, the hour, minute and second here. */
export function formatTime(iso: string, language: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  return time.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
