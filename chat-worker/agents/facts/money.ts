import type { StrangerBody } from './stranger-fields.ts';
import { asText, bodyAndWrapped, firstField, nameField } from './stranger-fields.ts';

export interface Money {
  readonly value: number;
  /** An ISO code, or the Brazilian real's sign. */
  readonly currency: string;
}

const amountNames = [
  ['amount', 'valor', 'value', 'total', 'montante'],
  ['valor_total', 'valorTotal', 'total_amount', 'totalAmount', 'total_value', 'totalValue'],
  ['valor_contrato', 'valorContrato', 'contract_value', 'contractValue', 'contract_amount'],
  ['preco', 'preço', 'price', 'custo', 'cost', 'prejuizo', 'prejuízo', 'loss', 'estimated_loss'],
  ['sobrepreco', 'sobrepreço', 'overpricing', 'superfaturamento', 'amount_brl', 'valor_brl'],
].flat();

/** From here on a double no longer holds every cent; what is larger is no amount of money anyway. */
const leastUnreasonable = 1e15;

/** The amount an event speaks of, under any of the names publishers use. */
export function moneyOf(body: StrangerBody): Money | undefined {
  for (const source of bodyAndWrapped(body)) {
    for (const name of amountNames) {
      const value = parseAmount(firstField(source, [name]));
      if (value !== undefined) return { value, currency: currencyOf(source) };
    }
  }
  return undefined;
}

function currencyOf(body: StrangerBody): string {
  const code = nameField(body, ['currency', 'moeda'])?.toUpperCase();
  return code !== undefined && /^[A-Z]{3}$/.test(code) && code !== 'BRL' ? code : 'R$';
}

/** A number, or a string that can be read in one way only; Brazilian where "1.234" could be two things. */
export function parseAmount(value: unknown): number | undefined {
  const number = typeof value === 'string' ? parseWritten(asText(value, 40) ?? '') : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
  return Math.abs(number) < leastUnreasonable ? number : undefined;
}

function parseWritten(written: string): number | undefined {
  const text = written.replace(/^R\$ ?/, '');
  if (/^-?(\d{1,3}(\.\d{3})+|\d{1,16})(,\d{1,2})?$/.test(text)) {
    return Number(text.replaceAll('.', '').replace(',', '.'));
  }
  if (/^-?\d{1,16}\.\d{1,2}$/.test(text)) return Number(text);
  if (/^-?\d{1,3}(,\d{3})+\.\d{1,2}$/.test(text)) return Number(text.replaceAll(',', ''));
  return undefined;
}

/**
 * `R$ 1.234.567,89`. Written by hand: what `Intl` puts between sign and digits depends on the ICU data a
 * Node was built with, and a takeover by another worker must produce the same bytes.
 */
export function formatMoney({ value, currency }: Money): string {
  const [whole = '0', cents = '00'] = Math.abs(value).toFixed(2).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '.');
  const isZero = Number(whole) === 0 && Number(cents) === 0;
  return `${value < 0 && !isZero ? '-' : ''}${currency} ${grouped},${cents}`;
}
