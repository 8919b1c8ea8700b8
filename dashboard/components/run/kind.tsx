import type { ReactElement } from 'react'
import { Icon, type IconName } from '#components/frame/icon.tsx'
import styles from './kind.module.css'

/** Icon and colour of each kind of span; kinds that are alike share a colour. */
const LOOKS: Record<string, readonly [icon: IconName, color: string]> = {
  flow: ['flow', 'flow'],
  step: ['step', 'step'],
  attempt: ['attempt', 'attempt'],
  model: ['model', 'model'],
  tool: ['tool', 'tool'],
  agent: ['agent', 'agent'],
  retriever: ['retrieval', 'retrieval'],
  embedder: ['retrieval', 'retrieval'],
  reranker: ['retrieval', 'retrieval'],
  prompt: ['prompt', 'model'],
  guardrail: ['guardrail', 'check'],
  evaluator: ['evaluation', 'check'],
}

export function kindColor(kind: string): string {
  return `var(--kind-${LOOKS[kind]?.[1] ?? 'span'})`
}

export function KindIcon({ kind }: { readonly kind: string }): ReactElement {
  return (
    <span className={styles.icon} style={{ color: kindColor(kind) }} title={kind}>
      <Icon name={LOOKS[kind]?.[0] ?? 'span'} size={13} />
      <span className="hidden-text">{kind}</span>
    </span>
  )
}

/** A name with the kind of what it names. */
export function KindLabel({ kind, name }: { readonly kind: string; readonly name: string }): ReactElement {
  return (
    <span className={styles.label}>
      <KindIcon kind={kind} />
      <span className={styles.name}>{name}</span>
    </span>
  )
}
