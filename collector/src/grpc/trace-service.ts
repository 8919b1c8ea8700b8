import { type handleUnaryCall, status } from '@grpc/grpc-js'
import { exportResponse } from '../http/responses.ts'
import type { Ingest } from '../ingest.ts'
import { type Admission, FULL } from './admission.ts'
import { type Refusal, refusal, refusalOf } from './status.ts'

/** opentelemetry-proto, collector/trace/v1/trace_service.proto */
export const EXPORT_METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** Where a call that fails for a reason of ours is reported. */
export interface Log {
  error(details: object, message: string): void
}

/** A message's bytes -> ingest -> answer once they are stored. */
export function exportHandler(
  ingest: Ingest,
  admission: Admission,
  log: Log,
): handleUnaryCall<Buffer, Buffer> {
  return ({ request, metadata }, answer) => {
    if (!ingest.budget.take(request.length)) return answer(FULL)
    ingest
      .export('protobuf', request, admission.projectOf(metadata))
      .finally(() => ingest.budget.give(request.length))
      .then(
        // After the call's deadline the library has answered: this goes nowhere, though the spans are stored.
        (rejected) => answer(null, exportResponse('protobuf', rejected, messageOf(rejected))),
        (error: Error) => answer(refusalFor(error, log)),
      )
  }
}

function refusalFor(error: Error, log: Log): Refusal {
  const refused = refusalOf(error) ?? refusal(status.INTERNAL, 'internal error')
  if (refused.code === status.UNAVAILABLE || refused.code === status.INTERNAL)
    log.error({ reason: error.message }, 'export over gRPC failed')
  return refused
}

function messageOf(rejected: number): string {
  return rejected === 0 ? '' : `${rejected} spans have an invalid trace id or span id`
}
