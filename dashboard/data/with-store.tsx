import type { Store } from '@weir/store'
import { connection } from 'next/server'
import type { ReactElement } from 'react'
import { ErrorState } from '#components/problem/error-state.tsx'
import { answerWith } from './answer-status.ts'
import { readStore } from './store.ts'
import { explainStoreError } from './store-problem.ts'

/** Renders what needs the store; where the store cannot answer, it renders why and what to do. */
export async function withStore(render: (store: Store) => Promise<ReactElement>): Promise<ReactElement> {
  await connection()
  try {
    return await readStore(render)
  } catch (error) {
    const problem = explainStoreError(error)
    if (!problem) throw error
    answerWith(503)
    console.error(`weir dashboard: ${problem.title}: ${problem.detail}`)
    return (
      <ErrorState title={problem.title} detail={problem.detail} passes={problem.passes}>
        <p>{problem.advice}</p>
      </ErrorState>
    )
  }
}
