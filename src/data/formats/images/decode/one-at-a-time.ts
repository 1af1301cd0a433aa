/** Runs tasks one after another: those that take so much memory that several at once would not fit. */

let last: Promise<unknown> = Promise.resolve()

/** Begins a task when those before it have ended, well or not. */
export const oneAtATime = <A>(task: () => Promise<A>): Promise<A> => {
  const result = last.then(task)
  last = result.catch(() => undefined)
  return result
}
