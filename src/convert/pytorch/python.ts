/** Python expressions as data, and their text. Layers are not known here. */

/** Text as it is, or a call. */
export type Expression = string | Call

/** A call; an argument without a keyword has the keyword `null`. */
export interface Call {
  readonly callee: string
  readonly args: readonly Argument[]
}

export type Argument = readonly [keyword: string | null, value: Expression]

/** A literal: JSON's numbers, strings and lists are Python's. */
export const literal = (value: string | number | readonly (string | number)[]): string =>
  typeof value === 'object'
    ? `[${value.map(each => JSON.stringify(each)).join(', ')}]`
    : JSON.stringify(value)

export const tuple = (values: readonly number[]): string => `(${values.join(', ')})`

export const boolean = (value: boolean): string => (value ? 'True' : 'False')

/** An option, unless it has Python's default. */
export const option = (keyword: string, value: string, byDefault: string): readonly Argument[] =>
  value === byDefault ? [] : [[keyword, value]]

export const call = (callee: string, ...args: readonly (Expression | Argument)[]): Call => ({
  callee,
  args: args.map(arg => (isArgument(arg) ? arg : [null, arg])),
})

const isArgument = (arg: Expression | Argument): arg is Argument => Array.isArray(arg)

const argumentText = ([keyword, value]: Argument, text: (value: Expression) => string): string =>
  keyword === null ? text(value) : `${keyword}=${text(value)}`

const onOneLine = (expression: Expression): string =>
  typeof expression === 'string'
    ? expression
    : `${expression.callee}(${expression.args.map(arg => argumentText(arg, onOneLine)).join(', ')})`

const width = 110
const step = 4

/** How deep an expression holds calls. */
const depthOf = (expression: Expression): number =>
  typeof expression === 'string' ? 0 : 1 + Math.max(0, ...expression.args.map(([, value]) => depthOf(value)))

/** Calls of calls of calls get a line for each argument, so that a line holds one layer. */
const deepest = 2

/** The text of an expression that begins at a column; one that does not fit a line has a line for each argument. */
export const textOf = (expression: Expression, indent: number, column = indent): string => {
  const line = onOneLine(expression)
  const fits = column + line.length < width && depthOf(expression) <= deepest
  if (typeof expression === 'string' || fits || expression.args.length === 0) return line
  const inner = indent + step
  const lines = expression.args.map(([keyword, value]) => {
    const start = keyword === null ? '' : `${keyword}=`
    return `${' '.repeat(inner)}${start}${textOf(value, inner, inner + start.length)},\n`
  })
  return `${expression.callee}(\n${lines.join('')}${' '.repeat(indent)})`
}
