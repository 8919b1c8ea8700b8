import { UsageError } from '@weir/config'
import type { EvaluationCode } from '@weir/evaluator'

/** The tags of all cases that evaluations have read. */
export class SeenTags {
  readonly #seen: Set<string> = new Set()
  #isWhole = true

  /** The same evaluation, whose tags are noted when its cases are read. */
  watch(code: EvaluationCode): EvaluationCode {
    return {
      outline: code.outline,
      file: code.file,
      files: code.files,
      start: (experimentId, variant) => code.start(experimentId, variant),
      cases: async (store) => {
        try {
          const data = await code.cases(store)
          for (const { tags = [] } of data.cases) for (const tag of tags) this.#seen.add(tag)
          return data
        } catch (error) {
          this.#isWhole = false
          throw error
        }
      },
    }
  }

  /**
   * A misspelt one would leave out what its author wants to see.
   * @throws UsageError for a tag that no case has; not where some cases could not be read
   */
  require(wanted: readonly string[] = []): void {
    const unknown = wanted.find((tag) => !this.#seen.has(tag))
    if (unknown === undefined || !this.#isWhole) return
    const tags = [...this.#seen].sort().join(', ') || 'none'
    throw new UsageError(`No case has the tag "${unknown}". There are: ${tags}.`)
  }
}
