/** A trace by its id and its project: the same id may be in several projects. */
export interface TraceOfProject {
  readonly project: string
  /** 32 hex digits. */
  readonly traceId: string
}

/** Both as one text, as in {@link TRACE_NAME}. */
export function traceName({ project, traceId }: TraceOfProject): string {
  return traceId + project
}

export function parseTraceName(name: string): TraceOfProject {
  return { traceId: name.slice(0, 32), project: name.slice(32) }
}

/** SQL: the trace's id as 32 hex digits, and its project. */
export const TRACE_NAME = `concat(lower(hex(trace_id)), project)`
