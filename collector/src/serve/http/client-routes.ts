import type { Authorise } from '../auth/authenticator.ts'
import { answer } from './answer.ts'
import { methodNotAllowed } from './http-refusal.ts'
import type { Route } from './operation-routes.ts'

/** What SDKs of other products ask for at the base URL they send to, and complain to their user without an answer. */
export function clientRoutes({
  authorise,
}: {
  readonly authorise: Authorise
}): Readonly<Record<string, Route>> {
  return {
    // Langfuse: `auth_check()`, and the first time it makes a link to a trace.
    '/api/public/projects': async (request, response) => {
      if (request.method !== 'GET') throw methodNotAllowed(request.method, request.url!, 'GET')
      const project = await authorise(request.headers)
      const organization = { id: 'weir', name: 'Weir' }
      answerJson(response, { data: [{ id: project, name: project, organization, metadata: {} }] })
    },
    // LangSmith, before it sends its first spans: what the server can do beyond the defaults, which is nothing.
    '/info': async (request, response) => {
      if (request.method !== 'GET') throw methodNotAllowed(request.method, request.url!, 'GET')
      answerJson(response, {})
    },
  }
}

function answerJson(response: Parameters<Route>[1], value: object): void {
  answer(response, 200, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(value)))
}
