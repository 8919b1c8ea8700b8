/**
 * Who serves a model, where clients write it before the model's name (`openai/gpt-4o`, `openrouter/openai/gpt-4o`). Those who
 * made the model, and gateways that charge what they charge. Any other prefix may name another model, or a price of its own:
 * `ollama/mistral-small` costs nothing, and nobody knows what `acme/gpt-4o` is.
 */
const SERVERS: ReadonlySet<string> = new Set([
  ...[
    'anthropic',
    'amazon',
    'cohere',
    'deepseek',
    'gemini',
    'google',
    'googleai',
    'google_genai',
    'google-genai',
  ],
  ...[
    'minimax',
    'mistral',
    'mistralai',
    'moonshot',
    'openai',
    'perplexity',
    'vertexai',
    'vertex_ai',
    'vertex-ai',
  ],
  ...['voyage', 'voyageai', 'x-ai', 'xai', 'z-ai', 'zai'],
  ...[
    'aws-bedrock',
    'amazon-bedrock',
    'bedrock',
    'converse',
    'azure',
    'azure_ai',
    'azure-openai',
    'azureopenai',
  ],
  ...['litellm', 'litellm_proxy', 'models', 'openrouter', 'responses'],
])

/** Hosts of models of others: the list has their prices by `host/name`. By the names that clients give them. */
const HOSTS: ReadonlyMap<string, string> = new Map([
  ['cerebras', 'cerebras'],
  ['fireworks', 'fireworks_ai'],
  ['fireworks_ai', 'fireworks_ai'],
  ['groq', 'groq'],
  ['together', 'together_ai'],
  ['together_ai', 'together_ai'],
  ['togetherai', 'together_ai'],
])

/** What runs models on machines of one's own, by any name that begins so: a model's name says nothing of its price there. */
const SELF_HOSTED = /^(ollama|lm[-_ ]?studio|vllm|llama[-_.]?cpp|hugging_?face|local|sglang|tgi)\b/i

/** `arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic...`, `projects/p/locations/l/publishers/google/models/gemini...` */
const RESOURCE =
  /^(arn:aws[\w-]*:bedrock:[^/]*\/|projects\/[^/]+\/locations\/[^/]+\/publishers\/[^/]+\/models\/)/
/** Of Bedrock's inference profiles: `us.anthropic.claude-...` */
const REGION = /^(us|us-gov|eu|apac|jp|au|ca|global)\.(?=[a-z])/
const BEDROCK_MAKER = /^anthropic\./

/** Ways in which OpenRouter serves one and the same model: `gpt-4o:nitro`. */
const ROUTE = /:(beta|exacto|extended|floor|nitro|online|thinking)$/
/** Bedrock's version of a model: `...-v1:0`, `...-v1:0:300k`, `claude-opus-4-6-v1`. */
const BEDROCK_VERSION = /-v\d+:\d+(:\d+k)?$|(?<=claude-.*\d)-v\d$/
/** Release dates and aliases: `-2024-08-06`, `-20250514`, `@20250514`, `-latest`, and Gemini's `-001`. */
const RELEASE =
  /([-@](20\d{2}-\d{2}-\d{2}|20\d{2}(0[1-9]|1[0-2])[0-3]\d|latest)|@default|(?<=^gemini-.*-(flash|lite|pro))-00\d)$/

/** Whether the provider runs models itself, so that no list of prices speaks of them. */
export function isSelfHosted(provider: string): boolean {
  return SELF_HOSTED.test(provider)
}

/**
 * The names under which a model's price may be, the most exact one first. None is the name of another model: only what stands for
 * who serves the model, and for its release, is left out.
 * @example `bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0`: ..., `us.anthropic.claude-sonnet-4-5`, ..., `claude-sonnet-4-5`
 */
export function namesOf(model: string, provider = ''): string[] {
  const said = model.trim().toLowerCase()
  const host = HOSTS.get(provider.trim().toLowerCase())
  const names = [...(host === undefined ? [] : [`${host}/${said}`]), ...placesOf(said)]
  return [...new Set(names.flatMap(releasesOf))].filter((name) => name !== '')
}

/** The name with less and less of what says who serves it. */
function placesOf(said: string): string[] {
  const names = [said]
  let name = said.replace(RESOURCE, '')
  names.push(name)
  for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/')) {
    if (!SERVERS.has(name.slice(0, slash))) break
    name = name.slice(slash + 1)
    names.push(name)
  }
  for (const part of [REGION, BEDROCK_MAKER]) {
    name = name.replace(part, '')
    names.push(name)
  }
  return names
}

function releasesOf(name: string): string[] {
  const names = [name]
  for (const part of [ROUTE, BEDROCK_VERSION, RELEASE]) names.push(names.at(-1)!.replace(part, ''))
  // OpenRouter's `claude-sonnet-4.5` is Anthropic's `claude-sonnet-4-5`.
  return names.map((each) => (each.includes('claude') ? each.replace(/(\d)\.(?=\d)/g, '$1-') : each))
}
