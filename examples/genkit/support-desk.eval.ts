import { agents, childRuns, evaluate, models, run, steps, tools } from '@weir/evaluator'
import { createSupportDesk } from './app.ts'

const desk = createSupportDesk({ random: () => 0.5, speed: 100 })

/** The flow of Genkit is a run of its own, which the evaluation starts; its steps and calls are judged with it. */
export default evaluate('support-desk.answer-ticket', {
  task: (ticket: string) => desk.answerTicket({ ticket }),
  data: [
    { id: 'order', input: 'where is #42?' },
    { id: 'general', input: 'good morning' },
  ],
  checks: [
    run.toSucceed(),
    childRuns.toHaveSucceeded('answerTicket'),
    steps.toHaveOrder('classify', 'reply', 'checkTone'),
    steps.toHaveSucceeded('reply'),
    models.toHaveBeenCalled('fake/support'),
    tools.not.toHaveBeenCalled('refund'),
    agents.not.toHaveBeenCalled('supportAgent'),
  ],
})
