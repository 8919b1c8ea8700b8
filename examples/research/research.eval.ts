import { evaluate, run, steps } from '@weir/evaluator'
import { createResearchFlow } from './flow.ts'

const queries = [
  ...['launch plan', 'pricing', 'competitors', 'hiring', 'churn', 'onboarding'],
  ...['roadmap', 'partners', 'support load', 'beta feedback', 'security review', 'renewals'],
]

export default evaluate('research', {
  task: createResearchFlow('1', { seed: 10_000 }),
  data: queries.map((query) => ({ id: query.replaceAll(' ', '-'), input: { query } })),
  checks: [
    steps.toHaveSucceeded('plan'),
    steps.toHaveSucceeded('synthesize'),
    steps.toHaveSucceeded('cite'),
    steps.toHaveOrder('plan', 'search', 'synthesize', 'cite'),
    steps.not.toHaveRun('apologise'),
    run.toFinishWithin('10s'),
  ],
  scorers: [
    {
      name: 'answers the question',
      score: ({ input, output }) => ({
        score: output.answer.includes(input.query) ? 1 : 0,
        reason: `the answer ${output.answer.includes(input.query) ? 'names' : 'does not name'} "${input.query}"`,
      }),
    },
  ],
  gates: { passRate: 1, scores: { 'answers the question': 1 } },
  trials: 6,
  // Its models only wait.
  concurrency: 24,
})
