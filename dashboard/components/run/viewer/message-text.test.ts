import { expect, test } from 'vitest'
import { messageText } from './message-text.ts'

test.each([
  ['{"message":{"role":"user","content":[{"text":"Hello"},{"text":"you"}]},"sessionId":"1"}', 'Hello\nyou'],
  ['{"role":"assistant","content":"Hi"}', 'Hi'],
])('%s is shown as what it says', (payload, text) => {
  expect(messageText(payload)).toBe(text)
})

test.each([
  'Hello',
  '{"answer":42}',
  'null',
  '{"message":{"content":[{"text":"see"},{"media":{"url":"a.png"}}]}}',
  '{"content":[]}',
  '{"message":{"content":[{"text":"cut sh',
])('%s is shown as it is', (payload) => {
  expect(messageText(payload)).toBe(payload)
})
