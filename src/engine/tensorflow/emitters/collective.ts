/** Emits the sum over the workers of a cluster as one of TensorFlow's collectives. Of one worker it is the value itself. */
import { flag, float, float32, int, type Ref, text, type } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import type { Emitter } from './emitter.js'

/** Seconds after which a sum that a worker takes no part in fails: what is dead is noticed sooner by other means. */
const timeout = 60

/** All workers are in every sum. */
const group = 1

const integer = (write: Writer, value: number): Ref => write.array([], Int32Array.of(value))

const attributes = {
  T: type(float32),
  merge_op: text('Add'),
  final_op: text('Id'),
  communication_hint: text('ring'),
  timeout_seconds: float(timeout),
  is_stateless: flag(false),
  Nordering_token: int(0),
  max_subdivs_per_device: int(-1),
}

export const allReduce: Emitter<'allReduce'> = (write, { op: { workers, key } }, [x]) =>
  workers === 1
    ? [x]
    : [
        write.add(
          'CollectiveReduceV2',
          [x, integer(write, workers), integer(write, group), integer(write, key)],
          attributes,
        ),
      ]
