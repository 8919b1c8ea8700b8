import { setTimeout as sleep } from 'node:timers/promises'
import type { GenerateRequest, GenerateResponseData } from 'genkit/model'

/** Behaves like a small hosted chat model: calls the first tool once, then answers. */
export async function answer(
  request: GenerateRequest,
  { random, speed }: { random: () => number; speed: number },
): Promise<GenerateResponseData> {
  await sleep((250 + 400 * random() ** 2) / speed)
  if (random() < 0.02) throw new Error('the model is overloaded')
  const text = request.messages.flatMap((message) => message.content.map((part) => part.text ?? '')).join(' ')
  const inputTokens = 40 + Math.round(text.length / 4)
  const tool = request.tools?.[0]
  const found = request.messages.findLast((message) => message.role === 'tool')?.content[0]?.toolResponse
    ?.output
  const usage = { inputTokens, outputTokens: 25, totalTokens: inputTokens + 25 }
  if (tool !== undefined && found === undefined) {
    const order = /#(\d+)/.exec(text)?.[1] ?? '1'
    return {
      message: { role: 'model', content: [{ toolRequest: { name: tool.name, ref: '1', input: { order } } }] },
      finishReason: 'stop',
      usage,
    }
  }
  return {
    message: { role: 'model', content: [{ text: `I looked into it: ${found ?? 'all is well'}.` }] },
    finishReason: 'stop',
    usage,
  }
}
