/** Names that the GenAI conventions have for providers, by what hosts and the AI SDK call them. All others keep theirs. */
const CONVENTIONAL: ReadonlyMap<string, string> = new Map([
  ['amazon-bedrock', 'aws.bedrock'],
  ['amazonaws', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['google', 'gcp.gemini'],
  ['googleapis', 'gcp.gemini'],
  ['mistral', 'mistral_ai'],
  ['x', 'x_ai'],
  ['xai', 'x_ai'],
])

/** Who serves a model at that URL: `https://api.groq.com/openai/v1` is groq's. Machines of one's own are `local`. */
export function providerAt(baseUrl: unknown): string | undefined {
  const host = URL.parse(String(baseUrl))?.hostname
  if (host === undefined) return undefined
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(host)) return 'local'
  if (host.endsWith('aiplatform.googleapis.com')) return 'gcp.vertex_ai'
  const labels = host.split('.')
  const name = /^[\d.]+$|^\[/.test(host) ? host : (labels.at(-2) ?? host)
  return CONVENTIONAL.get(name) ?? name
}

/** Who serves a model of the AI SDK: `openai.responses` is openai's. */
export function providerOfModel(provider: unknown): string | undefined {
  if (typeof provider !== 'string' || provider === '') return undefined
  if (provider.startsWith('google.vertex')) return 'gcp.vertex_ai'
  const [name] = provider.split('.') as [string]
  return CONVENTIONAL.get(name) ?? name
}
