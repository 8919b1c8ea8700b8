import { generateText, isStepCount, type LanguageModel, tool } from 'ai'
import { z } from 'zod'

/** Answers a ticket in two calls of the AI SDK: one plans, one writes and may look up the order. */
export async function answerTicket(model: LanguageModel, ticket: string): Promise<string> {
  const plan = await generateText({ model, prompt: `plan: ${ticket}`, telemetry: { functionId: 'plan' } })
  const reply = await generateText({
    model,
    prompt: `write: ${plan.text}`,
    tools: { findOrder },
    stopWhen: isStepCount(3),
    telemetry: { functionId: 'write' },
  })
  return reply.text
}

const findOrder = tool({
  description: 'Finds an order by its number',
  inputSchema: z.object({ order: z.string() }),
  execute: async ({ order }) => `order ${order} left the warehouse yesterday`,
})
