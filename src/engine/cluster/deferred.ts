/** A promise that is settled from outside. */
export interface Deferred<A> {
  readonly promise: Promise<A>
  readonly resolve: (value: A) => void
}

export const deferred = <A>(): Deferred<A> => {
  let resolve: (value: A) => void = () => undefined
  const promise = new Promise<A>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

/** The promise, or `null` where it takes longer than so many milliseconds. */
export const within = async <A>(milliseconds: number, promise: Promise<A>): Promise<A | null> => {
  const timer: { id?: NodeJS.Timeout } = {}
  const late = new Promise<null>(resolve => {
    timer.id = setTimeout(() => resolve(null), milliseconds)
  })
  const first = await Promise.race([promise, late])
  clearTimeout(timer.id)
  return first
}
