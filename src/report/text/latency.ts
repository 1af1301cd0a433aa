/** What a net takes by a latency table, beside what it takes here. */
import type { Engine } from '../../engine/engine.js'
import type { LatencyTable } from '../../learn/latency/table.js'
import { milliseconds, percent } from './numbers.js'

/** Two lines; the difference only where table and engine are the same. */
export const latencyText = (
  { device, engine }: LatencyTable,
  predicted: number,
  measured: number,
  here: Pick<Engine, 'name' | 'version' | 'threads'>,
): string => {
  const isSame = engine.name === here.name && engine.threads === here.threads
  return [
    `by the table of ${device}, ${engine.name} on ${engine.threads}: ${milliseconds(predicted)} an image`,
    `measured here, ${here.name} on ${here.threads}: ${milliseconds(measured)} an image${isSame ? `; the table differs by ${percent(predicted / measured - 1, 0)}` : ''}`,
  ].join('\n')
}
