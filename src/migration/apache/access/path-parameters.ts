import { isObject, parseJson } from '../../../core/json.ts'
import { ownAuthorizationParameters } from '../../../core/session/authorization-parameters.ts'

/** What `OIDCPathAuthRequestParams` asks for, as far as a `step_up` can ask for it. */
export interface PathParameters {
  readonly acrValues: readonly string[]
  readonly authContext: string | null
  readonly maxAgeSeconds: number | null
  readonly prompt: string | null
  readonly others: Readonly<Record<string, string>>
  /** What cannot be taken over, each with its reason. */
  readonly problems: readonly string[]
}

const nothing: PathParameters = {
  ...{ acrValues: [], authContext: null, maxAgeSeconds: null, prompt: null, others: {}, problems: [] },
}

/** The parameters of one line; of an expression nobody knows them here. */
export function readPathParameters(text: string): PathParameters {
  if (/%\{|%[A-Za-z_]+\(/.test(text))
    return { ...nothing, problems: ['an expression decided it at each request: write fixed values'] }
  let found = nothing
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(text)) {
    const problem = seen.has(name) ? `\`${name}\` comes twice` : problemOf(name, value)
    seen.add(name)
    found =
      problem === null
        ? withParameter(found, name, value)
        : { ...found, problems: [...found.problems, problem] }
  }
  return found
}

function problemOf(name: string, value: string): string | null {
  if (value === '#') return `\`${name}\` came from the request: only fixed values are sent`
  if (value === '') return `\`${name}\` is empty`
  if (ownAuthorizationParameters.has(name.toLowerCase()) || /^(?:login_hint|id_token_hint)$/i.test(name))
    return `\`${name}\` is set by the gateway itself`
  if (name === 'prompt' && /(?:^| )none(?: |$)/.test(value))
    return '`prompt=none` asks nobody for anything: a stronger sign-in never comes of it'
  return null
}

function withParameter(found: PathParameters, name: string, value: string): PathParameters {
  switch (name) {
    case 'acr_values':
      return { ...found, acrValues: value.split(/\s+/).filter((one) => one !== '') }
    case 'max_age':
      return /^[1-9]\d{0,7}$/.test(value)
        ? { ...found, maxAgeSeconds: Number(value) }
        : { ...found, problems: [...found.problems, '`max_age` is no number of seconds above 0'] }
    case 'prompt':
      return { ...found, prompt: value }
    case 'claims':
      return withClaims(found, value)
    default:
      return { ...found, others: { ...found.others, [name]: value } }
  }
}

/** OpenID Connect Core 5.5. What asks for `acrs` is a key of its own; for the rest the parameter stays as it is. */
function withClaims(found: PathParameters, text: string): PathParameters {
  const claims = parseJson(text)
  const ofIdToken = isObject(claims) && isObject(claims.id_token) ? claims.id_token : null
  const { acrs, acr } = ofIdToken ?? {}
  const authContext = isObject(acrs) && typeof acrs.value === 'string' ? acrs.value : null
  const names = [...Object.keys(isObject(claims) ? claims : {}), ...Object.keys(ofIdToken ?? {})]
  if (authContext !== null && names.join() === 'id_token,acrs') return { ...found, authContext }
  if (authContext !== null) {
    const problem = '`claims` asks for more than `acrs`: `auth_context` sets the whole parameter'
    return { ...found, authContext, problems: [...found.problems, problem] }
  }
  const asked = isObject(acr) ? [acr.value, ...(Array.isArray(acr.values) ? acr.values : [])] : []
  const acrValues = asked.filter((one) => typeof one === 'string')
  return {
    ...found,
    acrValues: [...found.acrValues, ...acrValues],
    others: { ...found.others, claims: text },
  }
}
