import { foldedWords, foldText } from '../lexicon/fold-text.ts';
import type { StrangerBody } from './stranger-fields.ts';
import { asText, bodyAndWrapped, firstField, isBody, nameField } from './stranger-fields.ts';

export interface Supplier {
  readonly name: string;
  /** A company's registration number as published. A person's (CPF) is never shown. */
  readonly cnpj: string | undefined;
  /** In how many events it is named. */
  readonly eventCount: number;
}

const oneNames = [
  ...['supplier', 'fornecedor', 'supplier_name', 'supplierName', 'nome_fornecedor', 'nomeFornecedor'],
  ...['vendor', 'vendor_name', 'empresa', 'company', 'company_name', 'contratada'],
];
const listNames = ['suppliers', 'fornecedores', 'empresas', 'companies', 'vendors'];
const cnpjNames = ['cnpj', 'supplier_cnpj', 'cnpj_fornecedor', 'company_id', 'document', 'documento'];
const nameNames = ['name', 'nome', 'razao_social', 'razaoSocial'];

/** No honest event names more; a list of a million is not walked. */
const mostPerEvent = 50;

/** The suppliers one event names; `isOne` when the event itself describes a supplier. */
export function suppliersOf(body: StrangerBody, isOne: boolean): readonly Supplier[] {
  const found: Supplier[] = [];
  for (const source of bodyAndWrapped(body)) {
    const one = firstField(source, oneNames);
    const supplier = one === undefined ? undefined : supplierFrom(one, source);
    if (supplier !== undefined) found.push(supplier);
    const list = firstField(source, listNames);
    if (!Array.isArray(list)) continue;
    for (const item of list.slice(0, mostPerEvent)) {
      const listed = supplierFrom(item, {});
      if (listed !== undefined) found.push(listed);
    }
  }
  if (isOne && found.length === 0) {
    const itself = supplierFrom(body, {});
    if (itself !== undefined) found.push(itself);
  }
  return found;
}

function supplierFrom(value: unknown, around: StrangerBody): Supplier | undefined {
  const name = isBody(value) ? nameField(value, [...nameNames, ...oneNames]) : asText(value, 100);
  if (name === undefined) return undefined;
  return { name, cnpj: cnpjOf(isBody(value) ? value : around), eventCount: 1 };
}

function cnpjOf(body: StrangerBody): string | undefined {
  const published = nameField(body, cnpjNames);
  return published?.replace(/[^0-9A-Za-z]/g, '').length === 14 ? published : undefined;
}

/** What companies add to their names and nobody writes in a question. */
const legalForm = /\b(ltda|s a|sa|me|epp|eireli|mei|cia|inc|ltd)\b/g;

/** The folded names of those suppliers that a message names, with or without their legal form. */
export function namedSuppliers(suppliers: readonly Supplier[], message: string): readonly string[] {
  const said = ` ${foldedWords(message).join(' ')} `;
  return suppliers
    .filter(({ name }) => {
      const core = foldedWords(name).join(' ').replace(legalForm, '').replace(/\s+/g, ' ').trim();
      // A name of a letter or two would be found in every other message.
      return core.length >= shortestNameChars && said.includes(` ${core} `);
    })
    .map(({ name }) => foldText(name));
}

const shortestNameChars = 4;

/** Counts in how many events each supplier is named, whatever the spelling of its name. */
export class SupplierTally {
  readonly #byName = new Map<string, Supplier>();

  count(named: readonly Supplier[]): void {
    const distinct = new Map(named.map((supplier) => [foldText(supplier.name), supplier]));
    for (const [key, supplier] of distinct) {
      const known = this.#byName.get(key);
      this.#byName.set(key, {
        name: known?.name ?? supplier.name,
        cnpj: known?.cnpj ?? supplier.cnpj,
        eventCount: (known?.eventCount ?? 0) + 1,
      });
    }
  }

  mostNamedFirst(): readonly Supplier[] {
    return [...this.#byName.values()].sort((a, b) => b.eventCount - a.eventCount);
  }
}
