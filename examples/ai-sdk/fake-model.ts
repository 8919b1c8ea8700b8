import type { LanguageModel } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'

/** A model that needs no key: it plans, looks an order up once, and writes. */
export function fakeModel(): LanguageModel {
  return new MockLanguageModelV4({
    provider: 'fake',
    modelId: 'fake-support',
    doGenerate: async ({ prompt }) => {
      const said = JSON.stringify(prompt)
      const looksUp = said.includes('write:') && !said.includes('tool-result')
      return {
        content: looksUp
          ? [
              {
                type: 'tool-call',
                toolCallId: 'call-1',
                toolName: 'findOrder',
                input: '{"order":"42"}',
              },
            ]
          : [{ type: 'text', text: said.includes('plan:') ? 'look the order up' : 'It is on its way.' }],
        finishReason: looksUp
          ? { unified: 'tool-calls', raw: 'tool_calls' }
          : { unified: 'stop', raw: 'stop' },
        usage: {
          inputTokens: { total: 12, noCache: 12, cacheRead: undefined, cacheWrite: undefined },
          outputTokens: { total: 5, text: 5, reasoning: undefined },
        },
        warnings: [],
      }
    },
  })
}
