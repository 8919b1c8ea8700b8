import { isSelfHosted, namesOf } from './model-names.ts'
import { type Price, type PriceFile, readPriceFile } from './price-file.ts'

/** What a call took. Input is all input: cached and written to a cache are parts of it, where the client counts so. */
export interface Tokens {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly output: number
}

/** Which model, by the names that a span gives, and whose. */
export interface PricedModel {
  readonly model: string
  readonly provider: string
  readonly project: string
}

const TOKENS_PER_PRICE = 1_000_000
const FREE: Price = { input: 0 }
/** What OpenRouter charges nothing for. */
const FREE_ROUTE = ':free'
/** Of each project: few, unless somebody makes names up. */
const MOST_KNOWN = 1000

type PriceList = ReadonlyMap<string, Price>

/** The prices that come with Weir; docs/CONFIGURATION.md says what a file of one's own looks like. */
const LIST = new URL('../../prices.json', import.meta.url)
let listed: PriceList | undefined

/** Estimates what calls cost: by the user's own prices for a project, then for all, then by the list that comes with Weir. */
export class Prices {
  readonly #own: PriceList
  readonly #projects: ReadonlyMap<string, PriceList>
  readonly #known: Map<string, Map<string, Price | undefined>> = new Map()

  constructor({ models, projects }: PriceFile = { models: {}, projects: {} }) {
    this.#own = toList(models)
    this.#projects = new Map(Object.entries(projects).map(([project, prices]) => [project, toList(prices)]))
  }

  /** @returns undefined: nobody knows what the model costs, which is not that it is free */
  estimate(of: PricedModel, tokens: Tokens): number | undefined {
    const price = this.priceOf(of)
    return price === undefined ? undefined : costOf(tokens, price)
  }

  priceOf({ model, provider, project }: PricedModel): Price | undefined {
    const key = `${provider}\0${model}`
    const known = this.#known.get(project) ?? new Map<string, Price | undefined>()
    if (known.size === 0) this.#known.set(project, known)
    if (known.has(key)) return known.get(key)
    if (known.size >= MOST_KNOWN) known.clear()
    const price = this.#find(model, provider, project)
    known.set(key, price)
    return price
  }

  #find(model: string, provider: string, project: string): Price | undefined {
    const names = namesOf(model, provider)
    const own = first(this.#projects.get(project), names) ?? first(this.#own, names)
    if (own !== undefined) return own
    if (isSelfHosted(provider)) return undefined
    if (names[0]?.endsWith(FREE_ROUTE)) return FREE
    listed ??= toList(readPriceFile(LIST, 'prices.json').models)
    return first(listed, names)
  }
}

/** @throws PriceFileError */
export function readPrices(path: string | undefined): Prices {
  return new Prices(path === undefined ? undefined : readPriceFile(path, `WEIR_PRICES=${path}`))
}

/**
 * By convention input includes what was read from and written to a cache, and all recorded clients count so. Where these are more
 * than the input, the client counts them beside it, as Anthropic's own API does.
 */
export function costOf({ input, cachedInput, cacheWrite, output }: Tokens, price: Price): number {
  const cached = cachedInput + cacheWrite
  const other = cached > input ? input : input - cached
  return (
    (other * price.input +
      cachedInput * (price.cachedInput ?? price.input) +
      cacheWrite * (price.cacheWrite ?? price.input) +
      output * (price.output ?? 0)) /
    TOKENS_PER_PRICE
  )
}

function first(list: PriceList | undefined, names: readonly string[]): Price | undefined {
  if (list === undefined || list.size === 0) return undefined
  for (const name of names) {
    const price = list.get(name)
    if (price !== undefined) return price
  }
  return undefined
}

function toList(models: Readonly<Record<string, Price>>): PriceList {
  return new Map(Object.entries(models).map(([name, price]) => [name.toLowerCase(), price]))
}
