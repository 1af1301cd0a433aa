/** Ctrl-C: the first asks to stop after the step, a second stops at once. */
export const stopper = (): (() => boolean) => {
  let asked = false
  process.once('SIGINT', () => {
    asked = true
  })
  return () => asked
}
