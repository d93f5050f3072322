import type { Gateway } from '../core/gateway.ts'
import { stepUpText } from '../core/step-up-text.ts'

const mostShown = 10

/** Which providers are asked again, and where a sign-in must bring more than its rule says. */
export interface AskingAgain {
  readonly recheck: readonly {
    readonly provider: string
    readonly everySeconds: number
    readonly unansweredSeconds: number | null
  }[]
  readonly stepUp: readonly { readonly app: string; readonly location: string; readonly asks: string }[]
}

export function askingAgainOf({ providers, apps }: Gateway): AskingAgain {
  return {
    recheck: [...providers.values()].flatMap(({ name, recheck }) =>
      recheck === null ? [] : [{ provider: name, ...recheck }],
    ),
    stepUp: apps.flatMap(({ name, allLocations, fallback }) =>
      [...allLocations, fallback].flatMap(({ label, stepUp }) =>
        stepUp === null ? [] : [{ app: name, location: label, asks: stepUpText(stepUp, 'names') }],
      ),
    ),
  }
}

/** A line for each; nothing where a file has neither. */
export function askingAgainText({ recheck, stepUp }: AskingAgain): string {
  const asked = recheck.map(({ provider, everySeconds, unansweredSeconds }) => {
    const unanswered = unansweredSeconds === null ? '' : `, unanswered for at most ${unansweredSeconds}s`
    return `asked again: ${provider} every ${everySeconds}s${unanswered}\n`
  })
  const places = stepUp
    .slice(0, mostShown)
    .map(({ app, location, asks }) => `step-up: ${app} ${location}: ${asks}\n`)
  const more = stepUp.length - places.length
  return [...asked, ...places, more > 0 ? `step-up: at ${more} more places\n` : ''].join('')
}
