/** What was thrown, which may be any value: its message, its stack, its code where the system threw it. */
import { isRecord } from './predicate-codec.js'

/** The message of an error; of anything else, its text. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)

/** The stack, as a field to spread into a fact; none where there is none. */
export const stackOf = (thrown: unknown): { readonly stack?: string } =>
  thrown instanceof Error && thrown.stack !== undefined ? { stack: thrown.stack } : {}

/** Whether an error has one of these codes, such as ENOENT. */
export const isCode =
  (...codes: readonly string[]) =>
  (thrown: unknown): boolean =>
    isRecord(thrown) && 'code' in thrown && codes.some(code => code === thrown.code)
