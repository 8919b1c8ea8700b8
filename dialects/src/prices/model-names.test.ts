import { expect, test } from 'vitest'
import { namesOf } from './model-names.ts'
import { Prices } from './prices.ts'

const prices = new Prices()
const inputOf = (model: string, provider = '') =>
  prices.priceOf({ model, provider, project: 'default' })?.input

/** What a client may call a model, and the model of the list that it is. */
test.each([
  ['gpt-4o', '', 'gpt-4o'],
  ['GPT-4o', '', 'gpt-4o'],
  ['gpt-4o-mini', '', 'gpt-4o-mini'],
  ['gpt-4o-mini-2024-07-18', '', 'gpt-4o-mini'],
  ['gpt-4o-2024-05-13', '', 'gpt-4o-2024-05-13'],
  ['gpt-4o-2024-11-20', '', 'gpt-4o'],
  ['openai/gpt-4o', '', 'gpt-4o'],
  ['openrouter/openai/gpt-4o:nitro', '', 'gpt-4o'],
  ['azure/gpt-4o', '', 'gpt-4o'],
  ['claude-sonnet-4-20250514', '', 'claude-sonnet-4'],
  ['claude-sonnet-4@20250514', '', 'claude-sonnet-4'],
  ['claude-3-5-haiku-latest', '', 'claude-3-5-haiku'],
  ['anthropic/claude-sonnet-4.5', '', 'claude-sonnet-4-5'],
  ['anthropic.claude-sonnet-4-5-20250929-v1:0', '', 'claude-sonnet-4-5'],
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', '', 'us.anthropic.claude-sonnet-4-5'],
  ['bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', '', 'us.anthropic.claude-sonnet-4-5'],
  ['us.anthropic.claude-3-5-haiku-20241022-v1:0', '', 'claude-3-5-haiku'],
  [
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-5-20251101-v1:0',
    '',
    'eu.anthropic.claude-opus-4-5',
  ],
  ['global.anthropic.claude-opus-4-6-v1', '', 'claude-opus-4-6'],
  ['us.amazon.nova-pro-v1:0', 'aws.bedrock', 'amazon.nova-pro'],
  ['googleai/gemini-2.5-flash', '', 'gemini-2.5-flash'],
  ['vertexai/gemini-2.0-flash-001', '', 'gemini-2.0-flash'],
  ['models/gemini-2.5-pro', '', 'gemini-2.5-pro'],
  ['projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro', '', 'gemini-2.5-pro'],
  ['gemini-2.5-flash-lite', '', 'gemini-2.5-flash-lite'],
  ['mistral-large-latest', '', 'mistral-large-latest'],
  ['mistral-large-2411', '', 'mistral-large-2411'],
  ['deepseek/deepseek-chat', '', 'deepseek-chat'],
  ['x-ai/grok-4', '', 'grok-4'],
  ['llama-3.3-70b-versatile', 'groq', 'groq/llama-3.3-70b-versatile'],
  ['groq/llama-3.3-70b-versatile', '', 'groq/llama-3.3-70b-versatile'],
  ['openai/gpt-oss-120b', 'Groq', 'groq/openai/gpt-oss-120b'],
  [
    'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    'together',
    'together_ai/meta-llama/llama-3.3-70b-instruct-turbo',
  ],
  ['command-r-plus', 'cohere', 'command-r-plus'],
  ['text-embedding-3-small', 'openai', 'text-embedding-3-small'],
])('%s of "%s" is %s', (model, provider, listed) => {
  const price = prices.priceOf({ model, provider, project: 'default' })
  expect(price).toBeDefined()
  expect(price).toBe(prices.priceOf({ model: listed, provider: '', project: 'default' }))
  expect(namesOf(model, provider)).toContain(listed)
})

test.each([
  ['', ''],
  ['gpt-5-turbo-unknown', ''],
  ['gpt-4o-mini-tuned', ''],
  ['my-gpt-4o', ''],
  ['acme/gpt-4o', ''],
  ['ft:gpt-4o-2024-08-06:acme::abc123', ''],
  ['mistral-large-2599', ''],
  ['claude', ''],
  ['claude-9', ''],
  ['fake/echo', ''],
  ['fake-gpt-0613', ''],
  ['ollama/mistral-small', ''],
  ['mistral-small:24b', ''],
  ['mistral-small', 'ollama'],
  // Its host is not known, and every host asks for something else.
  ['openai/gpt-oss-120b', ''],
  ['llama-3.3-70b-versatile', ''],
  ['constructor', ''],
  ['__proto__', ''],
])('nobody knows what %s of "%s" costs', (model, provider) => {
  expect(inputOf(model, provider)).toBeUndefined()
})

test('what a gateway serves for nothing is free', () => {
  expect(inputOf('deepseek/deepseek-chat:free')).toBe(0)
})
