import { type Flow, flow, traceModel } from '@weir/sdk'
import { z } from 'zod'
import { type Call, FakeModel } from './fake-model.ts'

const input = z.object({ query: z.string().min(1) })
const output = z.object({ answer: z.string(), citations: z.array(z.string()) })
export type ResearchInput = z.infer<typeof input>
export type ResearchOutput = z.infer<typeof output>
export type Version = '1' | '2'

const NO_CITATIONS = 'the answer does not have the format of citations'

const PLAN: Call = { medianMs: 350, failureRate: 0, failure: '', inputTokens: 220, outputTokens: 60 }
const SEARCH: Call = {
  medianMs: 450,
  failureRate: 0.08,
  failure: 'the search index did not answer',
  inputTokens: 90,
  outputTokens: 180,
}

/** Version 2 asks for a longer draft, and for citations in a stricter format that the model often misses. */
const SYNTHESIZE: Record<Version, Call> = {
  '1': { medianMs: 800, failureRate: 0, failure: '', inputTokens: 900, outputTokens: 400 },
  '2': { medianMs: 1_400, failureRate: 0, failure: '', inputTokens: 900, outputTokens: 700 },
}
const CITE: Record<Version, Call> = {
  '1': { medianMs: 300, failureRate: 0.01, failure: NO_CITATIONS, inputTokens: 500, outputTokens: 80 },
  '2': { medianMs: 300, failureRate: 0.12, failure: NO_CITATIONS, inputTokens: 500, outputTokens: 80 },
}

/** Plans three searches, runs them in parallel, writes a draft and finds its citations. */
export function createResearchFlow(
  version: Version,
  { seed = 1, speed = 1 }: { seed?: number; speed?: number } = {},
): Flow<ResearchInput, ResearchOutput> {
  let runs = 0
  return flow('research', { version, input, output }, async ({ query }) => {
    const model = new FakeModel({ seed: seed + runs++, speed })
    const topics = await flow.step('plan', () => plan(model, query))
    const found = await Promise.all(
      topics.map((topic) =>
        flow.step('search', () => search(model, topic), {
          retry: { attempts: 3, delay: 100 / speed, backoff: 'exponential' },
          fallback: () => `from the cache: ${topic}`,
        }),
      ),
    )
    const answer = await flow.step('synthesize', () => synthesize(model, version, query, found))
    const citations = await flow.step('cite', () => cite(model, version, answer, topics))
    return { answer, citations }
  })
}

async function plan(model: FakeModel, query: string): Promise<string[]> {
  await ask(model, 'fake-small', `Plan three searches for: ${query}`, PLAN)
  return ['market', 'risks', 'examples'].map((aspect) => `${query}: ${aspect}`)
}

async function search(model: FakeModel, topic: string): Promise<string> {
  await ask(model, 'fake-small', `Search for: ${topic}`, SEARCH)
  return `what is known about ${topic}`
}

async function synthesize(
  model: FakeModel,
  version: Version,
  query: string,
  found: string[],
): Promise<string> {
  await ask(model, 'fake-large', `Answer "${query}" from:\n${found.join('\n')}`, SYNTHESIZE[version])
  return `${query}, in short: ${found.join('; ')}.`
}

async function cite(model: FakeModel, version: Version, answer: string, topics: string[]): Promise<string[]> {
  await ask(model, 'fake-small', `List the sources of: ${answer}`, CITE[version])
  return topics.map((topic, index) => `[${index + 1}] ${topic}`)
}

/** One model call, recorded with its tokens and cost. */
function ask(model: FakeModel, name: string, prompt: string, call: Call): Promise<void> {
  return traceModel({ provider: 'fake', model: name, input: prompt }, async (span) => {
    span.setUsage(await model.call(call))
  })
}
