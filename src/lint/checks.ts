import { answerChecks } from './answers.ts'
import { apiGatewayChecks } from './api-gateway.ts'
import { assertionChecks } from './assertions.ts'
import { certificateChecks } from './certificates.ts'
import type { Check } from './check.ts'
import { claimConditionChecks } from './claim-conditions.ts'
import { claimNameChecks } from './claim-names.ts'
import { claimWordChecks } from './claim-words.ts'
import { claimsAlikeChecks } from './claims-alike.ts'
import { credentialChecks } from './credentials.ts'
import { emailChecks } from './email.ts'
import { forwardingChecks } from './forwarding.ts'
import { headerFormChecks } from './header-forms.ts'
import { headerChecks } from './headers.ts'
import { limitChecks } from './limits.ts'
import { locationChecks } from './locations.ts'
import { machineChecks } from './machines.ts'
import { networkChecks } from './network.ts'
import { onlineChecks } from './online.ts'
import { openLocationChecks } from './open-locations.ts'
import { pathFormChecks } from './path-forms.ts'
import { presetChecks } from './presets.ts'
import { recheckChecks } from './rechecks.ts'
import { ruleOutcomeChecks } from './rule-outcomes.ts'
import { secretChecks } from './secrets.ts'
import { sessionChecks } from './sessions.ts'
import { sharedUpstreamChecks } from './shared-upstreams.ts'
import { signInChecks } from './sign-in.ts'
import { signedRequestChecks } from './signed-requests.ts'
import { stepUpChecks } from './step-ups.ts'
import { stepUpBelowChecks } from './step-ups-below.ts'
import { storeChecks } from './stores.ts'
import { tokenChecks } from './tokens.ts'
import { unusedChecks } from './unused.ts'
import { valueFormChecks } from './value-forms.ts'
import { webdavChecks } from './webdav.ts'

/** Everything that lint looks for, as the page docs/lint.md tells it. */
export const checkGroups: readonly { readonly title: string; readonly checks: readonly Check[] }[] = [
  { title: 'Open locations', checks: openLocationChecks },
  { title: 'Locations', checks: [...locationChecks, ...pathFormChecks, ...webdavChecks] },
  { title: 'What rules come to', checks: ruleOutcomeChecks },
  { title: 'Tokens and keys', checks: credentialChecks },
  { title: 'Widgets and client certificates', checks: machineChecks },
  { title: 'Conditions on claims', checks: claimConditionChecks },
  { title: 'Forms of values', checks: valueFormChecks },
  { title: 'Names of claims', checks: [...claimNameChecks, ...claimsAlikeChecks, ...claimWordChecks] },
  { title: 'E-mail and user ids', checks: emailChecks },
  { title: 'Habits of providers', checks: presetChecks },
  { title: 'Headers', checks: [...headerChecks, ...headerFormChecks, ...tokenChecks, ...answerChecks] },
  { title: 'Identity assertions', checks: assertionChecks },
  { title: 'Passing on', checks: [...forwardingChecks, ...sharedUpstreamChecks] },
  { title: 'The network', checks: [...networkChecks, ...limitChecks] },
  { title: 'Secrets and certificates', checks: [...secretChecks, ...certificateChecks] },
  { title: 'Signing in', checks: signInChecks },
  { title: 'Sessions', checks: [...sessionChecks, ...storeChecks] },
  {
    title: 'Asking again and stepping up',
    checks: [...recheckChecks, ...stepUpChecks, ...stepUpBelowChecks],
  },
  { title: 'API Gateway and Lambda', checks: [...apiGatewayChecks, ...signedRequestChecks] },
  { title: 'Unused', checks: unusedChecks },
  { title: 'With `--online`', checks: onlineChecks },
]

export const checks: readonly Check[] = checkGroups.flatMap((group) => group.checks)
