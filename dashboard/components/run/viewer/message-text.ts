import { z } from 'zod'

const part = z.object({ text: z.string() })
const message = z.object({ content: z.union([z.string(), z.array(z.unknown())]) })
const wrapped = z.object({ message })

/** What a chat message says, of `{ message }` (Genkit) or of a message itself; other payloads as they are. */
export function messageText(payload: string): string {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return payload
  }
  const found = wrapped.safeParse(value).data?.message ?? message.safeParse(value).data
  if (!found) return payload
  const { content } = found
  if (typeof content === 'string') return content
  const texts = content.map((entry) => part.safeParse(entry).data?.text)
  // A part that is not text (a picture, a call of a tool) would be lost: then all of it is shown.
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join('\n') : payload
}
