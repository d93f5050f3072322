/** The one timing of the process, for those above: upstreams and client connections count by the same clock. */
export { systemTiming, type Timing } from '../upstream/timing.ts'
