/** US dollars per million tokens. */
interface Price {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
}

/**
 * Approximate list prices of well-known models around mid-2025, not checked against their vendors. Used only where the
 * wire carries no cost; a model that is not here costs 0, which means unknown. Batch, long-context and cache-write
 * prices are not modelled.
 */
const PRICES: Readonly<Record<string, Price>> = {
  'gpt-4o': { input: 2.5, cachedInput: 1.25, output: 10 },
  'gpt-4o-mini': { input: 0.15, cachedInput: 0.075, output: 0.6 },
  'gpt-4.1': { input: 2, cachedInput: 0.5, output: 8 },
  'gpt-4.1-mini': { input: 0.4, cachedInput: 0.1, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, cachedInput: 0.025, output: 0.4 },
  'gpt-5': { input: 1.25, cachedInput: 0.125, output: 10 },
  'gpt-5-mini': { input: 0.25, cachedInput: 0.025, output: 2 },
  'gpt-5-nano': { input: 0.05, cachedInput: 0.005, output: 0.4 },
  o3: { input: 2, cachedInput: 0.5, output: 8 },
  'o4-mini': { input: 1.1, cachedInput: 0.275, output: 4.4 },
  'claude-3-5-haiku': { input: 0.8, cachedInput: 0.08, output: 4 },
  'claude-3-5-sonnet': { input: 3, cachedInput: 0.3, output: 15 },
  'claude-3-7-sonnet': { input: 3, cachedInput: 0.3, output: 15 },
  'claude-sonnet-4': { input: 3, cachedInput: 0.3, output: 15 },
  'claude-opus-4': { input: 15, cachedInput: 1.5, output: 75 },
  'gemini-2.0-flash': { input: 0.1, cachedInput: 0.025, output: 0.4 },
  'gemini-2.5-flash-lite': { input: 0.1, cachedInput: 0.025, output: 0.4 },
  'gemini-2.5-flash': { input: 0.3, cachedInput: 0.075, output: 2.5 },
  'gemini-2.5-pro': { input: 1.25, cachedInput: 0.31, output: 10 },
}

const TOKENS_PER_PRICE = 1_000_000
/** Release dates and aliases behind a model's name: `-2024-08-06`, `-20250514`, `-latest`, `@20250514`. */
const RELEASE = /[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{3}|latest)$/

/** Cost in US dollars by the price table; 0 where the model is not in it. Cached input is part of input. */
export function priceOf(model: string, input: number, cachedInput: number, output: number): number {
  const price = priceByName(model)
  if (price === undefined) return 0
  const fresh = Math.max(0, input - cachedInput)
  return (fresh * price.input + cachedInput * price.cachedInput + output * price.output) / TOKENS_PER_PRICE
}

/** Names that were looked up: few, unless somebody makes them up. */
const known = new Map<string, Price | undefined>()
const MOST_KNOWN = 1000

function priceByName(model: string): Price | undefined {
  if (known.has(model)) return known.get(model)
  if (known.size >= MOST_KNOWN) known.clear()
  const price = findPrice(model)
  known.set(model, price)
  return price
}

/** Providers' prefixes (`openai/gpt-4o`, `googleai/gemini-2.5-pro`) do not change the price. */
function findPrice(model: string): Price | undefined {
  const name = model
    .slice(model.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(RELEASE, '')
  return Object.hasOwn(PRICES, name) ? PRICES[name] : undefined
}
