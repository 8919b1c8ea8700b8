import { z } from 'zod'
import type { RunView } from '#components/served/served-flow.ts'
import { type FlowServer, FlowServerError, readJson } from './flow-server.ts'

const text = z.string().exactOptional()
const runView: z.ZodType<RunView> = z.object({
  status: z.string(),
  waitingFor: z
    .array(z.object({ signal: text, key: text, until: z.iso.datetime().exactOptional() }))
    .exactOptional(),
})

/**
 * What `GET /runs/:id` of a server answers: checked, and whole.
 * @throws FlowServerError for another answer, also a refusal
 */
export async function readRunView(server: FlowServer, response: Response): Promise<RunView> {
  const answer = await readJson(server, response)
  if (response.ok && runView.safeParse(answer).success) return answer as RunView
  throw new FlowServerError(
    `${server.url} does not say how this run goes (HTTP ${response.status}).`,
    'See what its log says, and whether its authorize lets the dashboard read runs.',
  )
}
