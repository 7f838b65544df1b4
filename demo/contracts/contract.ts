import { z } from 'zod';

const date = z.iso.date();

const supplier = z.object({
  cnpjFormatado: z.string(),
  nome: z.string(),
});

const unit = z.object({
  codigo: z.string(),
  nome: z.string(),
});

const item = z.object({
  /** The same for everything whose prices may be compared. */
  codigo: z.string(),
  descricao: z.string(),
  /** What counts together against the limit of direct awards. */
  natureza: z.string(),
  unidade: z.string(),
  quantidade: z.int().positive(),
  /** Reais. */
  valorUnitario: z.number().positive(),
});

/** A contract in the words of the Portal da Transparência's API, with the one item it buys. Amounts are reais. */
const contract = z.object({
  id: z.int().positive(),
  numero: z.string(),
  objeto: z.string(),
  dataAssinatura: date,
  dataInicioVigencia: date,
  dataFimVigencia: date,
  modalidadeCompra: z.enum(['Pregão - Eletrônico', 'Dispensa de Licitação']),
  unidadeGestora: unit,
  fornecedor: supplier,
  valorInicialCompra: z.number().positive(),
  item,
});
export type Contract = z.infer<typeof contract>;

export const contractFile = z.object({
  /** Where the contracts come from. */
  origem: z.string(),
  contratos: z.array(contract),
});
export type ContractFile = z.infer<typeof contractFile>;
