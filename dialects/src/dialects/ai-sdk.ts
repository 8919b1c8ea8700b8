import type { Dialect } from './dialect.ts'

/**
 * The Vercel AI SDK (ai-sdk.dev/docs/ai-sdk-core/telemetry): what its versions 5 and 6, and version 7 in its legacy form, write as
 * `ai.*`. Version 7 writes the OpenTelemetry conventions, and some of these keys beside them.
 */
export const aiSdk: Dialect = {
  attributes: {
    'ai.operationId': [
      {
        field: 'kind',
        values: {
          'ai.generateText': 'agent',
          'ai.streamText': 'agent',
          'ai.generateObject': 'agent',
          'ai.streamObject': 'agent',
          'ai.generateText.doGenerate': 'model',
          'ai.streamText.doStream': 'model',
          'ai.generateObject.doGenerate': 'model',
          'ai.streamObject.doStream': 'model',
          'ai.embed.doEmbed': 'embedder',
          'ai.embedMany.doEmbed': 'embedder',
          'ai.rerank.doRerank': 'reranker',
          'ai.toolCall': 'tool',
        },
      },
    ],
    // Every span has it, but it names the call around them.
    'ai.telemetry.functionId': [{ field: 'name', when: ['agent', 'span'] }],
    'ai.toolCall.name': [{ field: 'name', when: ['tool'] }],
    'ai.toolCall.args': [{ field: 'input', format: 'json' }],
    'ai.toolCall.result': [{ field: 'output', format: 'json' }],
    'ai.prompt.messages': [{ field: 'input', format: 'json' }],
    'ai.prompt': [{ field: 'input', format: 'json' }],
    'ai.value': [{ field: 'input', format: 'json' }],
    'ai.values': [{ field: 'input', format: 'json' }],
    'ai.response.object': [{ field: 'output', format: 'json' }],
    'ai.response.text': [{ field: 'output', format: 'text' }],
    'ai.response.toolCalls': [{ field: 'output', format: 'json' }],
    'ai.response.model': [{ field: 'model' }],
    'ai.model.id': [{ field: 'model' }],
    'ai.model.provider': [{ field: 'provider' }],
    'ai.usage.inputTokens': [{ field: 'inputTokens' }],
    'ai.usage.promptTokens': [{ field: 'inputTokens' }],
    'ai.usage.tokens': [{ field: 'inputTokens' }],
    'ai.usage.outputTokens': [{ field: 'outputTokens' }],
    'ai.usage.completionTokens': [{ field: 'outputTokens' }],
    'ai.usage.cachedInputTokens': [{ field: 'cachedInputTokens' }],
    'ai.usage.inputTokenDetails.cacheReadTokens': [{ field: 'cachedInputTokens' }],
    'ai.usage.inputTokenDetails.cacheWriteTokens': [{ field: 'cacheWriteTokens' }],
    'ai.usage.reasoningTokens': [{ field: 'reasoningTokens' }],
    'ai.usage.outputTokenDetails.reasoningTokens': [{ field: 'reasoningTokens' }],
    'ai.response.msToFirstChunk': [{ field: 'timeToFirstToken', scale: 1e6 }],
    'ai.settings.context.sessionId': [{ field: 'session' }],
    'ai.settings.context.chatId': [{ field: 'session' }],
    'ai.settings.context.conversationId': [{ field: 'session' }],
    'ai.settings.context.threadId': [{ field: 'session' }],
    'ai.settings.context.userId': [{ field: 'user' }],
    'ai.telemetry.metadata.sessionId': [{ field: 'session' }],
    'ai.telemetry.metadata.chatId': [{ field: 'session' }],
    'ai.telemetry.metadata.conversationId': [{ field: 'session' }],
    'ai.telemetry.metadata.threadId': [{ field: 'session' }],
    'ai.telemetry.metadata.userId': [{ field: 'user' }],
  },
  scopes: {
    // Version 7. What ends gives its reasons; a stream that its caller aborts does not, and says nothing else.
    gen_ai: [
      {
        field: 'status',
        when: ['agent', 'model'],
        is: 'cancelled',
        without: 'gen_ai.response.finish_reasons',
      },
    ],
  },
}
