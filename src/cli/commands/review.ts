/** `describe`, `explain` and `report` */
import type { Command } from 'commander'
import { anyModel, withJson } from './shared.js'

const addDescribe = (program: Command): void =>
  void program
    .command('describe')
    .description('print a table of layers: output shape, parameters and multiply–accumulates')
    .argument('[file]', `a module whose default export is a net or an experiment; ${anyModel}`)
    .option('--groups', 'print instead the dependency groups: channels that are removed together')
    .option('--before <file>', 'with --after: print instead how two nets differ, layer by layer')
    .option('--after <file>', 'with --before')
    .option('--json', 'with --before and --after: the difference as one line of JSON')
    .action(async (chosen: string | undefined, { before, after, json, ...options }, command: Command) => {
      const describe = await import('../models/describe.js')
      if (before !== undefined && after !== undefined && chosen === undefined)
        return describe.describeDifference(before, after, json === true)
      if (chosen === undefined || before !== undefined || after !== undefined || json === true)
        return command.error("error: expected a file, or '--before' and '--after'")
      return describe.describeFile(chosen, options)
    })

const addExplain = (program: Command): void =>
  void withJson(program.command('explain'))
    .description('print why channels of a run were kept or cut: utility, threshold, rank, group, round')
    .argument('<run>', "a run's folder")
    .argument(
      '<path[:channel]>',
      'a layer, or one of its channels under the number it had before the first cut',
    )
    .action(async (run: string, place: string, options) =>
      (await import('../review/explain.js')).explainRun(run, place, options),
    )

const addReport = (program: Command): void =>
  void program
    .command('report')
    .description("write a run's report.html again, or one page that compares several runs")
    .argument('<runs...>', "runs' folders")
    .option('--out <file>', "the page (default: report.html, in the run's folder, or here for several)")
    .option('--drawing <file>', 'of one run: write the net before and after as an SVG of its own too')
    .action(async (runs: readonly string[], options, command: Command) => {
      if (options.drawing !== undefined && runs.length > 1)
        command.error("error: '--drawing' is of one run; expected one folder")
      await (await import('../review/report.js')).report(runs, options)
    })

/** The commands that tell what a net is and what a run did. */
export const reviews = [addDescribe, addExplain, addReport]
