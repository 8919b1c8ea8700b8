import { UsageError } from '@weir/config'
import type { Config } from '../config.ts'
import { printError } from '../print.ts'
import { prepareHome } from './home.ts'
import { closeToOthers, openQueueKey, openUrl } from './secrets.ts'

/**
 * Makes a home usable by this process and closed to other users, and completes the configuration with its secrets: the
 * URLs of the embedded engines with their passwords, and the key that signs queued jobs. The first process that starts
 * makes them.
 *
 * @throws WeirError where the home cannot be used
 */
export function openHome(config: Config): Config {
  prepareHome(config.home)
  try {
    closeToOthers(config.home, 0o700)
    const { embedded, home, ports } = config
    return {
      ...config,
      clickhouseUrl: embedded.clickhouse
        ? openUrl(home, 'clickhouse', ports.clickhouse)
        : config.clickhouseUrl,
      redisUrl: embedded.valkey ? openUrl(home, 'valkey', ports.valkey) : config.redisUrl,
      queueKey: config.queueKey ?? openQueueKey(home),
    }
  } catch (cause) {
    throw new UsageError(
      `cannot keep the passwords of ${config.home} (${(cause as Error).message}): make room and make it writable, or set WEIR_HOME to another directory`,
      { cause },
    )
  }
}

/**
 * The same for a process that keeps nothing in the home. Where both engines are servers of the user's, it works without a
 * home too, as in a container that may write nothing.
 */
export function openHomeIfPossible(config: Config): Config {
  try {
    return openHome(config)
  } catch (error) {
    if (config.embedded.clickhouse || config.embedded.valkey) throw error
    printError(`${(error as Error).message}. Going on without it: queued evaluations need WEIR_QUEUE_KEY`)
    return config
  }
}
