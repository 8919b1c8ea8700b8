import type { Dialect } from './dialect.ts'

/**
 * Crux (github.com/use-crux/crux, packages/otel): what its spans have beside the GenAI conventions, by its source of 2026-07. Each
 * span names its primitive, whose operation does not tell a flow from what composes agents. Member names of its records are keys
 * with `crux.` before them. Not read: that a flow was cancelled without a reason, which its span says as an error.
 */
export const crux: Dialect = {
  attributes: {
    'crux.primitive.name': [
      {
        field: 'kind',
        values: {
          'flow.run': 'flow',
          'flow.step': 'step',
          'generation.call': 'model',
          'generation.stream': 'model',
          'generation.stream.attempt': 'span',
          'agent.run': 'agent',
          'tool.call': 'tool',
          'embedding.call': 'embedder',
          'retrieval.retrieve': 'retriever',
          'retrieval.query': 'retriever',
          'retrieval.pipeline': 'span',
          'retrieval.recipe': 'span',
          'retrieval.stage': 'span',
          'retrieval.step': 'span',
          'composition.parallel': 'span',
          'composition.pipeline': 'span',
          'composition.consensus': 'span',
          'composition.swarm': 'span',
          'composition.branch': 'span',
          'composition.join': 'span',
          'composition.vote': 'span',
          'guardrail.run': 'guardrail',
          'scoring.judge': 'evaluator',
        },
      },
    ],
    'crux.stepLabel': [
      { field: 'kind', is: 'step' },
      { field: 'name', when: ['step'] },
    ],
    // Of a flow, and of its steps, which have a label besides.
    'crux.flowId': [{ field: 'kind', is: 'flow' }],
    'crux.tool.name': [{ field: 'name', when: ['tool'] }],
    'crux.suspendedAt': [{ field: 'status', is: 'suspended' }],
    'crux.cancelReason': [{ field: 'declaredStatus', is: 'cancelled' }],
    'crux.cost': [{ field: 'cost' }],
    'gen_ai.server.time_to_first_token': [{ field: 'timeToFirstToken', scale: 1e9 }],
    // Before it sent records: hooks, whose spans name no primitive.
    'crux.flow.name': [
      { field: 'kind', is: 'flow' },
      { field: 'name', when: ['flow'] },
      { field: 'flow', when: ['flow'] },
    ],
    'crux.step.label': [
      { field: 'kind', is: 'step' },
      { field: 'name', when: ['step'] },
    ],
  },
  exceptions: { cancelled: 'cancelled' },
}
