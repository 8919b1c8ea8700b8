import { UsageError } from '@weir/config'

/**
 * Loads a package that only the full installation has: a CI that installed `weir` to run evaluations has neither
 * engines nor collector nor dashboard.
 */
export async function loadOptional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const missing = cause as NodeJS.ErrnoException
    if (missing.code === 'ERR_MODULE_NOT_FOUND' && missing.message.includes(name)) {
      throw new UsageError(
        `this command needs ${name}, which is not installed here: run it from a checkout of Weir (npm start)`,
        { cause },
      )
    }
    throw cause
  }
}
