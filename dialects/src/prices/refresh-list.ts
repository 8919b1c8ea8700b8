import { readFileSync, writeFileSync } from 'node:fs'
import { namesOf } from './model-names.ts'
import type { Price } from './price-file.ts'

/**
 * Brings `dialects/prices.json` up to date from a public list: `model_prices_and_context_window.json` of
 * github.com/BerriAI/litellm (MIT), which its releases carry as `litellm/model_prices_and_context_window_backup.json`.
 *
 *     pip download --no-deps litellm==1.110.2 && unzip litellm-*.whl '*_backup.json'
 *     node dialects/src/prices/refresh-list.ts litellm/model_prices_and_context_window_backup.json "litellm 1.110.2" 2026-11-29
 *
 * Facts are taken, for text models of the makers and hosts below. What the list no longer has stays as it was: runs of retired
 * models are still imported. A release of a model gets a line of its own only if it costs something else than its model.
 */
const FILE = new URL('../../prices.json', import.meta.url)
const PER_MILLION = 1e6

/** Makers, whose models are listed by their own names. */
const MAKERS: ReadonlySet<string> = new Set([
  ...[
    'openai',
    'anthropic',
    'gemini',
    'vertex_ai-language-models',
    'mistral',
    'deepseek',
    'xai',
    'cohere',
    'cohere_chat',
  ],
  ...['voyage', 'moonshot', 'zai', 'minimax', 'perplexity', 'bedrock', 'bedrock_converse'],
])
/** Hosts of models of others, whose prices are their own, and which models: the open ones that people ask hosts for. */
const HOSTED: ReadonlyMap<string, RegExp> = new Map([
  ['groq', /^groq\//],
  ['cerebras', /^cerebras\//],
  ['together_ai', /^together_ai\/(meta-llama\/(meta-)?llama-[34]|deepseek-ai|openai|moonshotai)/],
])
const MODES: ReadonlySet<string> = new Set(['chat', 'responses', 'completion', 'embedding'])
/** `gemini/gemini-2.5-pro`: the list's name of the maker, which is no part of the model's. */
const MAKER = /^(gemini|mistral|deepseek|xai|cohere|voyage|moonshot|zai|minimax|perplexity|vertex_ai)\//
/** Those of Bedrock that are sold without a commitment and are no other maker's list price. */
const BEDROCK =
  /^((us|eu|apac|jp|au|ca|global)\.)?(anthropic\.claude-(?!3)|amazon\.(nova|titan)-|meta\.llama[3-9]|mistral\.)/
/** Media and tools are not priced by tokens alone; a fine-tuned model is another one; before Gemini 2 the list contradicts itself. */
const LEFT_OUT = new RegExp(
  [
    'audio|image|realtime|transcribe|tts|-live|live-|robotics|banana|omni|vision|video|multimodal|voxtral|ocr',
    'search|research|computer-use|guard|container|^ft:|^chat-latest|cyber|daybreak|rosalind|-law$|vibe|labs-',
    '^gemini-(1|pro|exp)|^claude-3.*-latest$|claude-(v|2|instant)|titan-text|-(beta|experimental|gv2)|-beta-|^mistral-code',
    // Of this one the list has a price a thousand times too high.
    '^embed-multilingual-light|^zai-glm|^glm-5-|^llama-|^codellama|^pplx|^mixtral|^mistral-7b|sonar-(small|medium|large|huge)',
  ].join('|'),
)

interface Entry {
  readonly litellm_provider?: string
  readonly mode?: string
  readonly input_cost_per_token?: number
  readonly cache_read_input_token_cost?: number
  readonly cache_creation_input_token_cost?: number
  readonly output_cost_per_token?: number
  readonly source?: string
}

function nameOf(listed: string, { litellm_provider: provider = '', mode = '' }: Entry): string | undefined {
  if (!MODES.has(mode)) return undefined
  const name = listed.toLowerCase()
  if (LEFT_OUT.test(name.replace(MAKER, ''))) return undefined
  if (HOSTED.has(provider)) return HOSTED.get(provider)!.test(name) ? name : undefined
  if (!MAKERS.has(provider)) return undefined
  if (provider.startsWith('bedrock')) return BEDROCK.test(name) ? name : undefined
  const own = name.replace(MAKER, '')
  return own.includes('/') ? undefined : own
}

function toPrice(entry: Entry, source: string, date: string): Price | undefined {
  const dollars = (perToken: number | undefined) =>
    perToken === undefined ? undefined : Number((perToken * PER_MILLION).toPrecision(6))
  const input = dollars(entry.input_cost_per_token)
  if (!input) return undefined
  const cachedInput = dollars(entry.cache_read_input_token_cost)
  // The list has 0 where writing costs nothing besides the input.
  const cacheWrite = dollars(entry.cache_creation_input_token_cost || undefined)
  const output = dollars(entry.output_cost_per_token || undefined)
  return {
    input,
    ...(cachedInput && { cachedInput }),
    ...(cacheWrite && cacheWrite !== input && { cacheWrite }),
    ...(output && { output }),
    source: entry.source?.startsWith('http') ? `${source}, ${entry.source}` : source,
    date,
  }
}

const [path, source, date] = process.argv.slice(2)
if (!path || !source || !date) throw new Error('expected: FILE "litellm VERSION" YYYY-MM-DD')
const list: Record<string, Entry> = JSON.parse(readFileSync(path, 'utf8'))
const before: Record<string, Price> = JSON.parse(readFileSync(FILE, 'utf8')).models

const listed = new Map<string, Price>()
const isFromMaker = new Set<string>()
for (const [name, entry] of Object.entries(list)) {
  const own = nameOf(name, entry)
  const price = own === undefined ? undefined : toPrice(entry, source, date)
  if (own === undefined || price === undefined) continue
  // A maker's own list goes before that of a cloud that sells the same model by the same name.
  const isCloud = entry.litellm_provider?.startsWith('vertex')
  if (isCloud && isFromMaker.has(own)) continue
  listed.set(own, price)
  if (!isCloud) isFromMaker.add(own)
}

const models = new Map<string, Price>()
for (const [name, price] of [...listed].sort(([a], [b]) => orderOf(a) - orderOf(b) || (a < b ? 1 : -1))) {
  const names = namesOf(name)
  const found = names.find((each) => models.has(each))
  if (found === undefined)
    models.set(name.endsWith('-latest') ? name : isRegional(name) ? inRegion(name) : names.at(-1)!, price)
  else if (!costsTheSame(models.get(found)!, price))
    models.set(models.has(inRegion(name)) ? name : inRegion(name), price)
}

for (const [name, price] of Object.entries(before))
  if (!namesOf(name).some((each) => models.has(each))) models.set(name, price)

/** Models before their releases, of which the newest speaks for the model; regions of Bedrock last. */
function orderOf(name: string): number {
  return isRegional(name) ? 2 : namesOf(name).at(-1) === name ? 0 : 1
}

function isRegional(name: string): boolean {
  return /^(us|eu|apac|jp|au|ca|global)\./.test(name)
}

/** Without its release: `eu.anthropic.claude-opus-4-5`. */
function inRegion(name: string): string {
  const isRelease = isRegional(name) || name.startsWith('anthropic.')
  return isRelease ? name.replace(/(-\d{8})?(-v\d+:\d+)?$/, '') : name
}

function costsTheSame(a: Price, b: Price): boolean {
  return (['input', 'cachedInput', 'cacheWrite', 'output'] as const).every((part) => a[part] === b[part])
}

const lines = [...models]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([name, price]) =>
      `    ${JSON.stringify(name)}: ${JSON.stringify(price)
        .replace(/([:,])(?=["\d])/g, '$1 ')
        .replace(/"date": /, '"date": ')}`,
  )
const about =
  'US dollars per million tokens of text, list prices. Facts from the lists that each line names; made by src/prices/refresh-list.ts.'
writeFileSync(FILE, `{\n  "about": ${JSON.stringify(about)},\n  "models": {\n${lines.join(',\n')}\n  }\n}\n`)
console.log(`${models.size} models`)
