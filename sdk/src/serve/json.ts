/**
 * A value once it was sent as JSON: a date is its text, and what has no JSON, such as a function, is not there. What is `unknown`
 * stays so. A value that JSON refuses, such as a big integer, is `never`.
 */
export type Json<T> = unknown extends T
  ? T
  : T extends Plain
    ? T
    : T extends { toJSON(): infer J }
      ? Json<J>
      : T extends Unsendable | bigint
        ? never
        : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
          ? Record<string, never>
          : T extends readonly unknown[]
            ? { [K in keyof T]: Json<T[K]> }
            : T extends object
              ? {
                  [K in keyof T as K extends symbol ? never : T[K] extends Unsendable ? never : K]: Json<T[K]>
                }
              : never

// biome-ignore lint/suspicious/noConfusingVoidType: what a handler without a result gives
type Plain = string | number | boolean | null | undefined | void

type Unsendable = symbol | ((...args: never[]) => unknown)
