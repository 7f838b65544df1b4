interface Agent {
  readonly id: string;
  readonly name: string;
  /** Degrees on the colour wheel; lightness and chroma are the theme's, so that every one can be read. */
  readonly hue: number;
}

/** Every agent of Cidadão.AI, in the order people are shown them. */
export const AGENTS: readonly Agent[] = [
  { id: 'abaporu', name: 'Abaporu', hue: 145 },
  { id: 'zumbi', name: 'Zumbi dos Palmares', hue: 25 },
  { id: 'anita', name: 'Anita Garibaldi', hue: 305 },
  { id: 'tiradentes', name: 'Tiradentes', hue: 85 },
  { id: 'drummond', name: 'Carlos Drummond de Andrade', hue: 240 },
  { id: 'machado', name: 'Machado de Assis', hue: 60 },
  { id: 'bonifacio', name: 'José Bonifácio', hue: 275 },
  { id: 'maria_quiteria', name: 'Maria Quitéria', hue: 0 },
  { id: 'oxossi', name: 'Oxóssi', hue: 165 },
  { id: 'obaluaie', name: 'Obaluaiê', hue: 40 },
  { id: 'oscar_niemeyer', name: 'Oscar Niemeyer', hue: 220 },
  { id: 'dandara', name: 'Dandara', hue: 330 },
  { id: 'lampiao', name: 'Lampião', hue: 70 },
  { id: 'nana', name: 'Nanã', hue: 290 },
  { id: 'ceuci', name: 'Ceuci', hue: 200 },
  { id: 'senna', name: 'Ayrton Senna', hue: 110 },
  { id: 'santos_dumont', name: 'Alberto Santos-Dumont', hue: 255 },
  { id: 'bo_bardi', name: 'Lina Bo Bardi', hue: 12 },
  { id: 'monteiro_lobato', name: 'Monteiro Lobato', hue: 130 },
  { id: 'tarsila', name: 'Tarsila do Amaral', hue: 350 },
];

const byId: ReadonlyMap<string, Agent> = new Map(AGENTS.map((agent) => [agent.id, agent]));

/** A colour for every agent, also for those the page does not know: the same id, the same colour. */
export function hueOf(agentId: string): number {
  const known = byId.get(agentId)?.hue;
  if (known !== undefined) return known;
  let sum = 0;
  for (const character of agentId) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return sum;
}

/** `Zumbi dos Palmares` is `ZP`. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s-]+/).filter((word) => /^\p{Lu}/u.test(word));
  const first = words.at(0) ?? name;
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return `${first.charAt(0)}${last.charAt(0)}`.toUpperCase();
}
