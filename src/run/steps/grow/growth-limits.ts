/** What each growth of a step is held to: its budget, and the images its statistics are of. */
import type { Grow } from '../../schedule/steps.js'
import type { StepContext } from '../step-context.js'

/** Images that input statistics are measured on. */
export const statisticsImages = 1000

/** The budget of a step as `grow` takes it, and that of the steps around it where it is smaller. */
export const budgetOf = ({ budget: around }: StepContext, { budget: { params, macs } }: Grow) => {
  const most = {
    params: Math.min(params ?? Infinity, around !== null && 'params' in around ? around.params : Infinity),
    macs: Math.min(macs ?? Infinity, around !== null && 'macs' in around ? around.macs : Infinity),
  }
  return {
    ...(most.params < Infinity && { params: most.params }),
    ...(most.macs < Infinity && { macs: most.macs }),
  }
}
