/** `espalier init` */
import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type ImageSurvey, surveyImages } from '../../data/formats/images/survey.js'
import { makeFolder, writeAtomically } from '../../io/files.js'
import { commandText, isCheckout } from '../../io/text/command-text.js'
import { surveyLines } from '../../report/tables/survey.js'
import { downloadProgress } from '../../report/terminal/download-progress.js'
import { experimentFile } from '../../report/text/experiment-file.js'
import { renderMessage } from '../../report/text/render-message.js'
import type { RunError } from '../../run/error.js'
import { sourceFolder } from '../../run/load/module.js'
import { planSeedling } from '../../run/seedling.js'
import { end } from '../exit.js'
import { say, screen } from '../stderr.js'

interface InitArguments {
  readonly out?: string
  readonly force?: boolean
}

/** The name of a folder or archive as that of a net. */
const nameOf = (folder: string): string => {
  const name = basename(resolve(folder)).replace(/\.(tar\.gz|tgz|tar|zip)$/i, '')
  return name.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'images'
}

const defaultOut = (folder: string): string => {
  const file = `${nameOf(folder)}.ts`
  return isCheckout ? join('dsl', file) : file
}

/** The module of the words, from a file in a folder. */
const sourceFor = (out: string): string => {
  if (!isCheckout) return 'espalier'
  const path = relative(dirname(resolve(out)), join(sourceFolder, 'index.js'))
    .split(sep)
    .join('/')
  return path.startsWith('.') ? path : `./${path}`
}

/** Errors  FileThere */
const checkFree = (out: string, force: boolean): E.Either<RunError, void> =>
  existsSync(out) && !force ? E.left({ _tag: 'FileThere', file: out }) : E.right(undefined)

/** Errors  ClassesMissing, OneClass */
const checkClasses = (survey: ImageSurvey): E.Either<RunError, ImageSurvey> => {
  const { classes, folder, notices } = survey
  const [first] = classes
  const found = notices.flatMap(notice => (notice._tag === 'LeftOut' ? [notice.first] : []))
  if (first === undefined) return E.left({ _tag: 'ClassesMissing', folder, found })
  return classes.length === 1 ? E.left({ _tag: 'OneClass', data: folder, name: first.name }) : E.right(survey)
}

/** The command that runs the file. */
const nextCommand = ({ folder, unreadable }: ImageSurvey, out: string): string =>
  commandText('train', out, '--data', folder, ...(unreadable.length > 0 ? ['--skip-bad'] : []))

const textOf = (survey: ImageSurvey, out: string): string =>
  experimentFile(survey, planSeedling(survey), {
    name: nameOf(survey.folder),
    source: sourceFor(out),
    command: nextCommand(survey, out),
  })

const print = (survey: ImageSurvey, out: string): void => {
  for (const notice of survey.notices) say(renderMessage(notice))
  for (const fact of survey.unreadable.slice(0, 5)) say(renderMessage(fact))
  process.stdout.write(
    `${surveyLines(survey).join('\n')}\n\nwrote ${out}; next:\n${nextCommand(survey, out)}\n`,
  )
}

export const initExperiment = (
  folder: string,
  { out = defaultOut(folder), force = false }: InitArguments,
): Promise<void> =>
  end(
    pipe(
      TE.fromEither(checkFree(out, force)),
      TE.flatMap(() => surveyImages(folder, { onProgress: downloadProgress(screen) })),
      TE.flatMapEither(checkClasses),
      TE.tap(() => makeFolder(dirname(resolve(out)))),
      TE.tap(survey => writeAtomically(out, textOf(survey, out))),
    ),
    survey => print(survey, out),
  )
