import { nameParameter } from './name-parameter.ts'
import { pathSegment } from './path-value.ts'
import { toQuery } from './search-params.ts'

export function flowHref(flow: string, query = ''): string {
  return `/flows/${pathSegment(flow)}${query}`
}

/** @param span the key of a span, as `withKeys` gives it */
export function runHref(runId: string, span = ''): string {
  return `/runs/${pathSegment(runId)}${toQuery({ span })}`
}

/** The same of a run that was started just now, of which nothing may have arrived yet. */
export function newRunHref(runId: string): string {
  return `/runs/${pathSegment(runId)}?new=1`
}

/** Where the browser asks for the payloads of a run. */
export function runPayloadHref(runId: string): string {
  return `/api/runs/${pathSegment(runId)}`
}

/** Where the browser reaches a server of flows. @param url of the server */
export function servedHref(url: string): string {
  return `/api/served/${pathSegment(url)}`
}

export function sessionHref(sessionId: string): string {
  return `/sessions/${pathSegment(sessionId)}`
}

export function evaluationHref(evaluation: string): string {
  return `/evaluations/${pathSegment(evaluation)}`
}

export function experimentHref(experimentId: string): string {
  return `/experiments/${pathSegment(experimentId)}`
}

export function caseHref(experimentId: string, caseId: string): string {
  return `${experimentHref(experimentId)}/cases/${pathSegment(caseId)}`
}

export function datasetHref(dataset: string): string {
  return `/datasets/${pathSegment(dataset)}`
}

/** Sides are written as `weir compare` takes them: "version=1", "experiment=<id>", "baseline=main". */
export function compareHref(flow: string, base = '', candidate = ''): string {
  return `/compare${toQuery({ flow: nameParameter(flow), base, candidate })}`
}
