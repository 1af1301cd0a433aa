/** `describe`, `explain` and `report` */
import type { Command } from 'commander'
import { anyModel, withJson } from './shared.js'

const addDescribe = (program: Command): void =>
  void program
    .command('describe')
    .description('print a table of layers: output shape, parameters and multiply–accumulates')
    .argument('[file]', `a module whose default export is a net or an experiment; ${anyModel}`)
    .option('--groups', 'print the dependency groups instead: channels that can only be removed together')
    .option('--before <file>', 'with --after: print how two nets differ instead, layer by layer')
    .option('--after <file>', 'with --before: the other net')
    .option('--json', 'with --before and --after: print the difference as one line of JSON')
    .action(async (chosen: string | undefined, { before, after, json, ...options }, command: Command) => {
      const describe = await import('../models/describe.js')
      if (before !== undefined && after !== undefined && chosen === undefined)
        return describe.describeDifference(before, after, json === true)
      if (chosen === undefined || before !== undefined || after !== undefined || json === true)
        return command.error(
          `error: describe: expected a file, or --before and --after, got ${chosen === undefined ? 'neither' : 'both'}; try --help`,
        )
      return describe.describeFile(chosen, options)
    })

const addExplain = (program: Command): void =>
  void withJson(program.command('explain'))
    .description('print why channels of a run were kept or removed: utility, threshold, rank, group, round')
    .argument('<run>', "a run's folder")
    .argument(
      '<path[:channel]>',
      'the path of a layer, or one of its channels, by its number before the first cut',
    )
    .action(async (run: string, place: string, options) =>
      (await import('../review/explain.js')).explainRun(run, place, options),
    )

const addReport = (program: Command): void =>
  void program
    .command('report')
    .description("write a run's report.html again, or one page that compares several runs")
    .argument('<runs...>', "runs' folders")
    .option(
      '--out <file>',
      "the page to write (default: report.html, in the run's folder; for several runs, here)",
    )
    .option(
      '--drawing <file>',
      'of one run: also write the drawing of the net before and after into this SVG file',
    )
    .action(async (runs: readonly string[], options, command: Command) => {
      if (options.drawing !== undefined && runs.length > 1)
        command.error(
          `error: --drawing: expected the folder of one run, got ${runs.length} folders; try one of them`,
        )
      await (await import('../review/report.js')).report(runs, options)
    })

/** The commands that tell what a net is and what a run did. */
export const reviews = [addDescribe, addExplain, addReport]
