import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'genkit'
import { genkit, InMemorySessionStore } from 'genkit/beta'
import { answer } from './fake-model.ts'

export interface SupportDesk {
  answerTicket(input: { ticket: string }): Promise<string>
  summariseThread(messages: string[]): Promise<string>
  /** Sends the messages one after the other; gives the last answer. */
  chat(sessionId: string, messages: readonly string[]): Promise<string>
}

/** A support desk on Genkit: a flow with steps, a tool loop, parallel steps, and an agent that chats. */
export function createSupportDesk({ random, speed }: { random: () => number; speed: number }): SupportDesk {
  const ai = genkit({ name: 'support-desk' })

  const model = ai.defineModel(
    { name: 'fake/support', supports: { tools: true, multiturn: true, systemRole: true } },
    (request) => answer(request, { random, speed }),
  )

  const findOrder = ai.defineTool(
    {
      name: 'findOrder',
      description: 'Finds an order by its number',
      inputSchema: z.object({ order: z.string() }),
      outputSchema: z.string(),
    },
    async ({ order }) => {
      await sleep((30 + 60 * random()) / speed)
      return `order ${order} left the warehouse yesterday`
    },
  )

  const answerTicket = ai.defineFlow(
    { name: 'answerTicket', inputSchema: z.object({ ticket: z.string() }), outputSchema: z.string() },
    async ({ ticket }) => {
      const kind = await ai.run('classify', async () => (ticket.includes('#') ? 'order' : 'general'))
      const reply = await ai.run('reply', () =>
        ai.generate({ model, prompt: ticket, tools: kind === 'order' ? [findOrder] : [] }),
      )
      return ai.run('checkTone', async () => reply.text)
    },
  )

  const summariseThread = ai.defineFlow(
    { name: 'summariseThread', inputSchema: z.array(z.string()), outputSchema: z.string() },
    async (messages) => {
      const parts = await Promise.all(
        messages.map((message) =>
          ai.run('summarise', async () => (await ai.generate({ model, prompt: message })).text),
        ),
      )
      return ai.run('join', async () => parts.join('\n'))
    },
  )

  const supportAgent = ai.defineAgent({
    name: 'supportAgent',
    model: 'fake/support',
    system: 'You help with orders.',
    tools: [findOrder],
    store: new InMemorySessionStore(),
  })

  return {
    answerTicket,
    summariseThread,
    chat: async (sessionId, messages) => {
      const chat = supportAgent.chat({ sessionId })
      let text = ''
      for (const message of messages) text = (await chat.send(message)).text
      return text
    },
  }
}
