export type { NewApiKey } from './api-key.ts'
export { apiKeyId, hashApiKey } from './api-key.ts'
export type { ApiKey } from './api-keys.ts'
export { createApiKey, forgetApiKeys, listApiKeys, revokeApiKey } from './api-keys.ts'
