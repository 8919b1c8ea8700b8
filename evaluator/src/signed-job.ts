import { createHmac, timingSafeEqual } from 'node:crypto'
import { WeirError } from '@weir/config'
import { parseExact, stringifyExact } from '@weir/store/text'
import { z } from 'zod'

/** A job's data as it lies in the queue: JSON, and who may have put it there. */
export interface SignedJob {
  readonly payload: string
  /** HMAC-SHA256 (RFC 2104) of queue, job id and payload, in hex. */
  readonly signature: string
}

/**
 * A job is not what the worker may run: its signature is missing, or of another key. Whoever can write to the queue could have it load any
 * file otherwise.
 */
class UnsignedJobError extends WeirError {
  override readonly code = 'UNSIGNED_JOB'
}

/** Signs data for one job of one queue: the signature is good for no other. */
export function signJob(key: string, queue: string, jobId: string, data: object): SignedJob {
  const payload = stringifyExact(data)!
  return { payload, signature: signatureOf(key, queue, jobId, payload).toString('hex') }
}

const signedJob = z.object({ payload: z.string(), signature: z.string() })

/**
 * The data of a job that was signed with this key.
 * @throws UnsignedJobError
 */
export function openJob(key: string | undefined, queue: string, jobId: string, data: unknown): unknown {
  if (key === undefined) {
    throw new UnsignedJobError(
      `job ${jobId} was not run: this worker has no key to check its signature. Start it with "weir worker", or set WEIR_QUEUE_KEY`,
    )
  }
  const { data: job } = signedJob.safeParse(data)
  const expected = job && signatureOf(key, queue, jobId, job.payload)
  const given = Buffer.from(job?.signature ?? '', 'hex')
  if (job && expected && given.length === expected.length && timingSafeEqual(given, expected)) {
    return parseExact(job.payload)
  }
  throw new UnsignedJobError(
    `job ${jobId} was not run: it is not signed with this worker's key. Queue it from the same WEIR_HOME, or give both the same WEIR_QUEUE_KEY`,
  )
}

function signatureOf(key: string, queue: string, jobId: string, payload: string): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([queue, jobId, payload]))
    .digest()
}
