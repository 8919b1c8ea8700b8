import { type Logger, pino } from 'pino'

/** Milliseconds for which a line like one that was written is counted instead of written. */
const WINDOW = 10_000

/** Bytes of lines that wait where standard output takes none, as a file on a full disk; further ones are dropped. */
const MAX_WAITING = 1024 * 1024

type Level = 'error' | 'warn' | 'info'

/**
 * What the collector says, as JSON lines on standard output. Lines of one message are written once in ten seconds, and
 * then how many more there were: a flood of bad requests must not fill the disk.
 */
export class Log {
  readonly #logger: Logger
  /** Lines that were left out, by their message. */
  readonly #repeated = new Map<string, number>()

  /** @param level pino's level, or `silent` */
  constructor(level: string, logger: Logger = pino({ level }, standardOutput())) {
    this.#logger = logger
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message)
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message)
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message)
  }

  /** @param message one of a fixed set of texts: what varies goes into the fields */
  #write(level: Level, fields: object, message: string): void {
    const repeated = this.#repeated.get(message)
    if (repeated !== undefined) {
      this.#repeated.set(message, repeated + 1)
      return
    }
    this.#repeated.set(message, 0)
    this.#logger[level](fields, message)
    setTimeout(() => this.#close(level, message), WINDOW).unref()
  }

  #close(level: Level, message: string): void {
    const repeated = this.#repeated.get(message)!
    this.#repeated.delete(message)
    if (repeated > 0) this.#logger[level]({ repeated, seconds: WINDOW / 1000 }, message)
  }
}

/** Written at once, as the last words of a process matter. That it cannot be written is no reason to end. */
function standardOutput(): ReturnType<typeof pino.destination> {
  const output = pino.destination({ dest: 1, sync: true, maxLength: MAX_WAITING })
  output.on('error', () => {})
  return output
}
