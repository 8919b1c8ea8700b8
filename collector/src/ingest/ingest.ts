import { protobufOfJson, Scratch } from '@weir/dialects'
import type { Rewriter } from '../redaction/rewriter.ts'
import type { RateLimit } from '../serve/auth/rate-limit.ts'
import type { GroupCommit } from '../wal/group-commit.ts'
import type { Encoding } from './encoding.ts'
import { MemoryBudget } from './memory-budget.ts'
import { Scheduler, type Waiting } from './scheduler.ts'

export interface IngestOptions {
  readonly maxBodyBytes: number
  readonly maxPendingBytes: number
  readonly rewriter: Rewriter
  readonly rateLimit: RateLimit | undefined
}

/** What a request sent, whole. */
export interface Upload {
  readonly encoding: Encoding
  /** Bytes once decompressed, as far as one can know before: senders may lie. */
  readonly expectedSize: number
  /** The most that it can have cost to find out that it cannot be decompressed, in bytes. */
  readonly largestSize: number
  /** All of it, decompressed; undefined where that is more than `most` bytes. @throws Refusal */
  read(most?: number): Buffer | undefined
  /** Gives back the memory that it takes. */
  release(): void
}

/** Bytes of requests that take a few milliseconds: 1,000 spans or so. */
const LIGHT_BYTES = 1024 * 1024

/** From a request's bytes to spans in the log: turn -> rate limit -> decompress -> decode -> redaction -> dialect -> columns -> block -> log. */
export class Ingest {
  readonly maxBodyBytes: number
  /** Bounds what requests and pending blocks hold in memory together. */
  readonly budget: MemoryBudget
  readonly #commits: GroupCommit
  readonly #rewriter: Rewriter
  readonly #rateLimit: RateLimit | undefined
  readonly #scheduler = new Scheduler()
  readonly #converted = new Scratch()

  constructor(commits: GroupCommit, { maxBodyBytes, maxPendingBytes, rewriter, rateLimit }: IngestOptions) {
    this.#commits = commits
    this.#rewriter = rewriter
    this.#rateLimit = rateLimit
    this.maxBodyBytes = maxBodyBytes
    this.budget = new MemoryBudget(maxPendingBytes, () => commits.pendingBytes)
  }

  /**
   * Resolves once the request's spans are in the log, to the number of spans that were refused for their ids. The
   * upload's memory is given back before.
   * @throws DecodeError, OversizeError, Refusal; nothing of the request is kept then
   */
  async export(upload: Upload, sender: Waiting): Promise<number> {
    const { project } = sender
    this.#rateLimit?.admit(project)
    const isLight = upload.expectedSize <= LIGHT_BYTES
    const taken =
      (isLight
        ? await this.#scheduler.light(sender, () => this.#take(upload, project, LIGHT_BYTES))
        : undefined) ?? (await this.#scheduler.heavy(sender, () => this.#take(upload, project)))
    const { invalid, durable } = taken!
    await durable
    return invalid
  }

  /** Undefined where the upload has more than `most` bytes. */
  #take(upload: Upload, project: string, most?: number) {
    this.#rateLimit?.admit(project)
    const body = this.#read(upload, project, most)
    if (body === undefined) return undefined
    try {
      const paid = this.#rateLimit?.chargeBytes(project, body.length) ?? 0
      const request = this.#rewriter.rewrite(
        upload.encoding === 'json' ? protobufOfJson(body, this.#converted) : body,
      )
      const added = this.#commits.add(request, project, this.#rewriter.cuts)
      this.#rateLimit?.charge(project, Math.max(added.accepted + added.invalid - paid, 0))
      return added
    } finally {
      upload.release()
    }
  }

  #read(upload: Upload, project: string, most: number | undefined): Buffer | undefined {
    try {
      return upload.read(most)
    } catch (error) {
      this.#rateLimit?.chargeBytes(project, upload.largestSize)
      throw error
    }
  }
}
