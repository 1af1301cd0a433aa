/** What a run was made of: command, seed, versions, data. */
import { quote } from '../../io/text/command-text.js'
import type { RunRecord } from '../../run/review/record.js'
import { type Element, element } from '../html/element.js'
import { facts } from '../html/parts.js'
import { duration, thousands } from '../text/numbers.js'
import { engineText } from '../text/provenance.js'

const code = (text: string): Element => element('code', {}, text)

/** The command that begins the same run. */
const commandOf = ({ settings }: RunRecord): string =>
  [
    'espalier train',
    ...(settings.module === undefined ? [] : [quote(settings.module)]),
    `--engine ${settings.engine.name}`,
    `--seed ${settings.seed}`,
    ...(settings.data.folder === undefined ? [] : [`--data ${quote(settings.data.folder)}`]),
    ...(settings.data.take === undefined ? [] : [`--take ${settings.data.take}`]),
    ...(settings.data.skipBad === true ? ['--skip-bad'] : []),
  ].join(' ')

export const provenanceFacts = (record: RunRecord): Element => {
  const { settings, experiment, result, bytes, folder } = record
  return facts([
    ['command', code(commandOf(record))],
    ['seed', `${settings.seed}`],
    ['engine', engineText(settings.engine)],
    [
      'code',
      `espalier ${settings.code.version}${settings.code.commit === null ? '' : ` at ${settings.code.commit}`}`,
    ],
    ['data', `${experiment.data.name}, checksum ${settings.data.checksum}`],
    ...(result === null ? [] : [['time', duration(result.seconds)] as const]),
    ...(bytes === null ? [] : [['model.safetensors', `${thousands(bytes)} bytes`] as const]),
    ['folder', code(folder.path)],
  ])
}
