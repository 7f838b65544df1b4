import { describe, expect, it } from 'vitest';
import { agentOfIntent } from '../../../../chat-worker/agents/intents.ts';
import { agentIds, agents, findAgent } from '../../../../chat-worker/agents/registry.ts';

describe('the agents', () => {
  it('are the twenty clients know, by id and name', () => {
    expect(agents.map(({ id, name }) => [id, name])).toEqual([
      ['abaporu', 'Abaporu'],
      ['zumbi', 'Zumbi dos Palmares'],
      ['anita', 'Anita Garibaldi'],
      ['tiradentes', 'Tiradentes'],
      ['drummond', 'Carlos Drummond de Andrade'],
      ['machado', 'Machado de Assis'],
      ['bonifacio', 'José Bonifácio'],
      ['maria_quiteria', 'Maria Quitéria'],
      ['oxossi', 'Oxóssi'],
      ['obaluaie', 'Obaluaiê'],
      ['oscar_niemeyer', 'Oscar Niemeyer'],
      ['dandara', 'Dandara'],
      ['lampiao', 'Lampião'],
      ['nana', 'Nanã'],
      ['ceuci', 'Ceuci'],
      ['senna', 'Ayrton Senna'],
      ['santos_dumont', 'Alberto Santos-Dumont'],
      ['bo_bardi', 'Lina Bo Bardi'],
      ['monteiro_lobato', 'Monteiro Lobato'],
      ['tarsila', 'Tarsila do Amaral'],
    ]);
  });

  it('say in both languages what they are for', () => {
    for (const { domain, domainInEnglish } of agents) {
      expect(domain).not.toBe('');
      expect(domainInEnglish).not.toBe('');
    }
  });

  it('answer every intent', () => {
    for (const agent of Object.values(agentOfIntent)) expect(agentIds).toContain(agent);
  });
});

describe('finding an agent', () => {
  it.each([
    ['oscar-niemeyer', 'oscar_niemeyer'],
    ['oscarniemeyer', 'oscar_niemeyer'],
    ['niemeyer', 'oscar_niemeyer'],
    ['maria-quiteria', 'maria_quiteria'],
    ['mariaquiteria', 'maria_quiteria'],
    ['quiteria', 'maria_quiteria'],
    ['dumont', 'santos_dumont'],
    ['santos-dumont', 'santos_dumont'],
    ['bardi', 'bo_bardi'],
    ['bobardi', 'bo_bardi'],
    ['lobato', 'monteiro_lobato'],
    ['ayrton_senna', 'senna'],
    ['ayrton-senna', 'senna'],
    ['ZUMBI', 'zumbi'],
    ['Zumbi dos Palmares', 'zumbi'],
    ['Obaluaiê', 'obaluaie'],
  ])('takes %s for %s', (alias, id) => {
    expect(findAgent(alias)?.id).toBe(id);
  });

  it('takes every id in every way of writing it', () => {
    for (const id of agentIds) {
      for (const spelling of [id, id.replaceAll('_', '-'), id.replaceAll('_', ''), id.toUpperCase()]) {
        expect(findAgent(spelling)?.id).toBe(id);
      }
    }
  });

  it('gives no two agents the same alias', () => {
    for (const agent of agents) {
      for (const spelling of [agent.id, agent.name, ...agent.aliases]) {
        expect(findAgent(spelling)?.id).toBe(agent.id);
      }
    }
  });

  it.each(['', 'gpt', '__proto__', 'constructor', 'zumbi2', 'x'.repeat(20_000)])(
    'finds none for %j',
    (id) => {
      expect(findAgent(id)).toBeUndefined();
    },
  );
});
