import { toQuery } from './search-params.ts'

export function flowHref(flow: string, query = ''): string {
  return `/flows/${encodeURIComponent(flow)}${query}`
}

/** @param span the key of a span, as `withKeys` gives it */
export function runHref(runId: string, span = ''): string {
  return `/runs/${encodeURIComponent(runId)}${toQuery({ span })}`
}

export function sessionHref(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`
}

export function evaluationHref(evaluation: string): string {
  return `/evaluations/${encodeURIComponent(evaluation)}`
}

export function experimentHref(experimentId: string): string {
  return `/experiments/${encodeURIComponent(experimentId)}`
}

export function datasetHref(dataset: string): string {
  return `/datasets/${encodeURIComponent(dataset)}`
}

/** Sides are written as `weir compare` takes them: "version=1", "experiment=<id>", "baseline=main". */
export function compareHref(flow: string, base = '', candidate = ''): string {
  return `/compare${toQuery({ flow, base, candidate })}`
}
