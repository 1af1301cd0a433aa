/** The form of all messages: where, *expected X, got Y*, remarks, and what to try, in this order and on one line. */
import { describe, expect, test } from 'vitest'
import { factsOf, rooms } from '../../docs/words/facts/index.js'
import type { Fact, Tag } from '../../src/report/text/fact.js'
import { renderMessage } from '../../src/report/text/render-message.js'

/** Notes and normal ends: nothing was expected, so that nothing differs. */
const notes: readonly Tag[] = [
  // what reading the data has left out or chosen
  ...(['LeftOut', 'ValidationTests', 'TestSplit', 'ValidationGiven', 'FolderUnread'] as const),
  ...(['LabelsFromOne', 'ImagesTransposed', 'ClassesWithoutImages', 'ClassesUneven'] as const),
  ...(['DuplicatesFound', 'ClassesAlike'] as const),
  // what a run has mended or sent, or why it ended before its last step
  ...(['LockTakenOver', 'LogMended', 'SiteRemoved', 'Interrupted', 'Stopped'] as const),
  ...(['Tracked', 'TrackingBack'] as const),
  // what an import or an export has measured or left out
  ...(['WeightsMeasured', 'FilesMeasured', 'LayerDropped', 'RuntimeAgrees', 'NotChecked'] as const),
  ...(['NormsFolded', 'NormaliserLifted', 'RoundingDropped'] as const),
]

/** What they expected names the values to try. */
const choices: readonly Tag[] = ['WrongOption', 'BadOption', 'DecodeError', 'UnknownEngine', 'NoSuchSeed']

/** Ends of rounds and of growing as they were asked for. */
const ends: readonly Tag[] = ['LostTooMuch', 'NoGain']

/** Parts of a line that has the place before them, or the advice behind them. */
const parts: readonly Tag[] = ['NoAnswer', 'ServerRefused', 'StrangeAnswer']

/** Nothing is to be done: it is tried again by itself. */
const passing: readonly Tag[] = ['TrackingAway']

const withoutAdvice = new Set([...choices, ...ends, ...parts, ...passing])

/** Faults of what lies in a file, whose name another message puts before them. */
const placed: ReadonlySet<Tag> = new Set([
  ...parts,
  ...(['Damaged', 'NotAModel', 'NotATree', 'NoClasses', 'BadResize', 'RuntimeDiffers'] as const),
])

const expectation = /(?:^|[:;] )(?:the .* )?(?:damaged: )?expected .+?, got .+/
const advice = /; (?:if [^;]+, )?(?:try [^;]+|please report [^;]+)$/
const place = /^[^;]+?: /

const tags = rooms.flatMap(([, each]) => each)
const errors = tags.filter(tag => !notes.includes(tag))

const linesOf = (tag: Tag): readonly (readonly [Tag, string])[] =>
  factsOf(tag).map((fact: Fact) => [tag, renderMessage(fact)] as const)

const isNoExperiment = (line: string): boolean => /: seeds: expected/.test(line)

describe('a message of an error', () => {
  test.each(errors.flatMap(linesOf))('%s says what was expected and what was got', (_, line) => {
    expect(line).toMatch(expectation)
  })

  test.each(errors.filter(tag => !withoutAdvice.has(tag)).flatMap(linesOf))(
    '%s ends in what to try',
    (_, line) => {
      expect(isNoExperiment(line) || advice.test(line), line).toBe(true)
    },
  )

  test.each(errors.filter(tag => !placed.has(tag)).flatMap(linesOf))('%s begins with where', (_, line) => {
    expect(line).toMatch(place)
  })
})

describe('every message', () => {
  test.each(tags.flatMap(linesOf))('%s is one line without a full stop', (_, line) => {
    expect(line).not.toMatch(/[\n.!?]$|undefined|\[object|: :|; ;/)
  })

  test.each(tags.flatMap(linesOf))('%s gives one advice, with no colon behind try', (_, line) => {
    expect(line.match(/\btry\b(?! again)/g)?.length ?? 0).toBeLessThan(2)
    expect(line).not.toMatch(/: try|, try(?! )/)
  })
})

test('an exception that has the form is none', () => {
  for (const tag of [...notes, ...choices])
    expect(linesOf(tag).every(([, line]) => expectation.test(line) && advice.test(line))).toBe(false)
})

test('control characters of a name do not end the line', () => {
  expect(renderMessage({ _tag: 'FileMissing', file: 'a\nb' })).toBe(
    'a\ufffdb: expected a file or folder, got none; try another path',
  )
})
