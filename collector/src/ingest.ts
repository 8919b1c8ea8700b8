import { protobufOfJson } from './decode/json.ts'
import { MemoryBudget } from './http/body.ts'
import type { Encoding } from './http/encoding.ts'
import type { GroupCommit } from './wal/group-commit.ts'

/** From a request's bytes to spans in the log: decode -> dialect -> columns -> block -> log. */
export class Ingest {
  readonly maxBodyBytes: number
  /** Bounds what requests and pending blocks hold in memory together. */
  readonly budget: MemoryBudget
  readonly #commits: GroupCommit

  constructor(
    commits: GroupCommit,
    limits: { readonly maxBodyBytes: number; readonly maxPendingBytes: number },
  ) {
    this.#commits = commits
    this.maxBodyBytes = limits.maxBodyBytes
    this.budget = new MemoryBudget(limits.maxPendingBytes, () => commits.pendingBytes)
  }

  /**
   * Resolves once the request's spans are in the log, to the number of spans that were refused for their ids.
   * @throws DecodeError, OversizeError, BackpressureError
   */
  async export(encoding: Encoding, body: Buffer, project: string): Promise<number> {
    const request = encoding === 'json' ? protobufOfJson(body) : body
    const { invalid, durable } = this.#commits.add(request, project)
    await durable
    return invalid
  }
}
