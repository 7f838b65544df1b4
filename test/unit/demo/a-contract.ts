import type { Contract } from '../../../demo/contracts/contract.ts';

/** What a test says of a contract; everything else is the same for all. */
export interface Told {
  readonly numero?: string;
  readonly unit?: string;
  readonly supplier?: string;
  readonly item?: string;
  readonly nature?: string;
  readonly price?: number;
  readonly quantity?: number;
  readonly date?: string;
  readonly isDirect?: boolean;
}

let count = 0;

export function aContract(told: Told): Contract {
  count += 1;
  const { price = 10, quantity = 100, unit = 'A', supplier = 'S', item = 'X', date = '2025-03-01' } = told;
  return {
    id: count,
    numero: told.numero ?? `${String(count)}/2025`,
    objeto: item,
    dataAssinatura: date,
    dataInicioVigencia: date,
    dataFimVigencia: date,
    modalidadeCompra: told.isDirect === true ? 'Dispensa de Licitação' : 'Pregão - Eletrônico',
    unidadeGestora: { codigo: unit, nome: `Unidade ${unit}` },
    fornecedor: { cnpjFormatado: supplier, nome: `Fornecedor ${supplier}` },
    valorInicialCompra: price * quantity,
    item: {
      codigo: item,
      descricao: item,
      natureza: told.nature ?? 'Expediente',
      unidade: 'unidade',
      quantidade: quantity,
      valorUnitario: price,
    },
  };
}
