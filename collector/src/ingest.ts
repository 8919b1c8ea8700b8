import type { RateLimit } from './auth/rate-limit.ts'
import { protobufOfJson } from './decode/json.ts'
import type { Encoding } from './http/encoding.ts'
import { MemoryBudget } from './http/memory-budget.ts'
import { Scratch } from './native/scratch.ts'
import type { Rewriter } from './redaction/rewriter.ts'
import type { GroupCommit } from './wal/group-commit.ts'

export interface IngestOptions {
  readonly maxBodyBytes: number
  readonly maxPendingBytes: number
  readonly rewriter: Rewriter
  readonly rateLimit: RateLimit | undefined
}

/** From a request's bytes to spans in the log: rate limit -> decode -> redaction -> dialect -> columns -> block -> log. */
export class Ingest {
  readonly maxBodyBytes: number
  /** Bounds what requests and pending blocks hold in memory together. */
  readonly budget: MemoryBudget
  readonly #commits: GroupCommit
  readonly #rewriter: Rewriter
  readonly #rateLimit: RateLimit | undefined
  readonly #converted = new Scratch()

  constructor(commits: GroupCommit, { maxBodyBytes, maxPendingBytes, rewriter, rateLimit }: IngestOptions) {
    this.#commits = commits
    this.#rewriter = rewriter
    this.#rateLimit = rateLimit
    this.maxBodyBytes = maxBodyBytes
    this.budget = new MemoryBudget(maxPendingBytes, () => commits.pendingBytes)
  }

  /**
   * Resolves once the request's spans are in the log, to the number of spans that were refused for their ids. The body
   * is read before this returns.
   * @throws DecodeError, OversizeError, BackpressureError, RateLimitError; nothing of the request is kept then
   */
  async export(encoding: Encoding, body: Buffer, project: string): Promise<number> {
    this.#rateLimit?.admit(project)
    const request = this.#rewriter.rewrite(encoding === 'json' ? protobufOfJson(body, this.#converted) : body)
    const { accepted, invalid, durable } = this.#commits.add(request, project)
    this.#rateLimit?.charge(project, accepted + invalid)
    await durable
    return invalid
  }
}
