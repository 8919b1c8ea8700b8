import { OpenTelemetry } from '@ai-sdk/otel'
import { agents, evaluate, models, run, steps, tools } from '@weir/evaluator'
import { registerTelemetry } from 'ai'
import { answerTicket } from './app.ts'
import { fakeModel } from './fake-model.ts'

registerTelemetry(new OpenTelemetry())

export default evaluate('support-desk.ai-sdk', {
  task: (ticket: string) => answerTicket(fakeModel(), ticket),
  data: [{ id: 'order', input: 'where is #42?' }],
  checks: [
    run.toSucceed(),
    agents.toHaveTrajectory(['plan', 'write']),
    steps.toHaveOrder('plan', 'write'),
    tools.toHaveBeenCalled('findOrder', { times: 1 }),
    tools.not.toHaveBeenCalled('refund'),
    models.toHaveBeenCalled('fake-support', { times: 3 }),
    run.toUseTokensAtMost(51),
  ],
})
