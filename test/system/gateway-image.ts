// The image of the gateway, for every test that runs it: made once, as it is the most expensive thing of the tests.
import t from 'tap'
import { openContainers } from '../support/containers.ts'
import { root } from '../support/examples.ts'

export const containers = openContainers()
t.teardown(() => containers.remove())

let built = false

/** Has an image `claimgate` made, unless there is one. Throws with what the build said when it fails. */
export function buildGateway(): void {
  if (!built) containers.build('claimgate', root)
  built = true
}
