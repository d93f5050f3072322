import { type FaultCode, faultCodes, faultEntry } from '../fault.ts'

/**
 * What pages say, in English. The names stand in `pages.texts` of operators, so they are an interface. What stands in
 * braces is filled in. A fault's sentence is that of `core/fault`.
 */
export const english = {
  'frame.gateway': 'Gateway',
  'frame.request-id': 'Request id',

  'link.sign-in': 'Sign in',
  'link.sign-in-again': 'Sign in again',
  'link.sign-out': 'Sign out',
  'link.sign-out-at-provider': 'Sign out at your sign-in service',
  'link.stay': 'Stay signed in',
  'link.other-account': 'Use another account',
  'link.start-again': 'Start again',
  'link.try-again': 'Try again',
  'link.continue': 'Continue',
  'link.send': 'Send it now',
  'link.send-again': 'Send it again',
  'link.send-as': 'Send it in my name',

  'account.signed-in-as': 'You are signed in as {name}',
  'account.with': 'with {provider}',

  'account.title': 'Your sign-in',
  'account.user': 'Applications know you as',
  'account.since': 'Signed in since',
  'account.until': 'Ends at the latest',
  'account.unused': 'Ends if unused',
  'account.time': '{relative} ({time} UTC)',
  'account.apps': 'What you may open here',
  'account.nobody': 'Once you are signed in, you see here who you are and what you may open.',

  'help.no-access': 'If you should have access, ask {contact}.',
  'help.to-change': 'To have that changed, ask {contact}.',
  'help.if-it-lasts': 'If it lasts, ask {contact}.',
  'help.if-that-fails': 'If that does not help, ask {contact}.',
  'help.only': 'For help, ask {contact}.',
  'help.request-id': 'Please give the request id below.',

  'chooser.title': 'Choose how to sign in',
  'chooser.list': 'Ways to sign in',

  'forbidden.title': 'You have no access to this page',
  'forbidden.text':
    'This page needs a permission that your account does not have. If you have another account that does, use that one.',
  'closed.title': 'This page is not open',
  'closed.text': 'It is not offered here, and signing in would not change that.',
  'unsendable.title': 'This page cannot be opened with your account',
  'unsendable.text':
    'This is not about your permissions. What the application is told of your account, such as its groups, cannot be sent to it as it is: it may be too much. Those who run it can change what is sent.',

  'step-up.title': 'Please sign in once more',
  'step-up.text': 'This page asks for a stronger or more recent sign-in than yours.',

  'programs.title': 'This address is for programs',
  'programs.text': 'It takes a token or a key, and cannot be opened in a browser.',
  'certificate.title': 'This page needs a certificate',
  'certificate.text':
    'Your browser showed none that is accepted here. If you have one, add it to your browser or your device, close the browser, and open this page again.',

  'framed.text': 'Sign in to see what is here. You will come back to this page.',
  'unsaved.text': 'What you sent was not saved. Sign in, go back to the form and send it once more.',
  'again.moment': 'Please try again in a moment.',
  'again.second': 'Please open your page again in a second.',
  'again.seconds': 'Please open your page again in {seconds} seconds.',

  '400.title': 'This request cannot be read',
  '400.text': 'Its address or form can be understood in more than one way, so it was not passed on.',
  '401.title': 'You are not signed in',
  '401.text': 'Sign in to open this page.',
  '403.title': 'This cannot be done',
  '403.text': 'The request was refused.',
  '404.title': 'There is nothing here',
  '404.text': 'The address may be mistyped, or the page has moved.',
  '405.title': 'This cannot be done here',
  '405.text': 'The page exists, but not for this kind of request.',
  '408.title': 'The request took too long',
  '408.text': 'It did not arrive in full. Please try again.',
  '413.title': 'That is too large',
  '413.text': 'What was sent is larger than this application accepts.',
  '415.title': 'This form cannot be read',
  '415.text': 'It was sent in a way that is not understood here.',
  '417.title': 'This request cannot be met',
  '417.text': 'It expects something that is not offered here.',
  '421.title': 'No such site here',
  '421.text': 'This address leads here, but no application answers to its name.',
  '426.title': 'This connection is not supported',
  '426.text': 'Another kind of connection is needed.',
  '429.title': 'Too much at once',
  '429.text': 'Please try again in a minute.',
  'limit.title': 'This was too often',
  'limit.text': 'You have reached a limit. Please try again later.',
  '431.title': 'Too much came with this request',
  '431.text': 'Deleting the cookies of this site often helps.',
  '500.title': 'Something went wrong',
  '500.text': 'It is not your fault. Please try again in a moment.',
  '502.title': 'The application is not available',
  '502.text': 'It did not answer as it should. Please try again in a moment.',
  '503.title': 'Not available just now',
  '503.text': 'Please try again in a moment.',
  '504.title': 'The application took too long',
  '504.text': 'It did not answer in time. Please try again in a moment.',
  '505.title': 'This cannot be read',
  '505.text': 'It was sent in a version of HTTP that is not understood here.',

  'failure.state-unknown':
    'It took too long, or was finished in another tab. Your browser must keep cookies of this site.',
  'failure.loop':
    'You are asked to sign in again and again. Your browser must keep cookies of this site. Allow them, then start again.',
  'failure.refused':
    'If you stopped it yourself, you can start again. Otherwise your account may not be meant to be used here: if you have another one, use that.',
  'failure.unfinished':
    'Your sign-in service took you for away, or lost track of you. Starting again usually helps.',
  'failure.code-refused':
    'What your sign-in service gave us was too old, or used before. Starting again usually helps.',
  'failure.unavailable': 'It could not be asked just now. Please try again in a moment.',
  'failure.other-account': 'If you have another account, use that one.',
  'failure.step-up':
    'Your sign-in service did not confirm that you signed in as strongly, or as recently, as this page asks. It may want a second factor, for instance. You can try again. Nothing else has changed.',
  'failure.wrong-account':
    'At your sign-in service you used another account than here, so nothing was changed. Please try again with the account with which you opened the page.',
  'failure.limited': 'Please wait a minute, then open your page again.',
  'failure.misunderstood':
    'This site and your sign-in service do not understand each other. Starting again would not change that: those who run this site have to look at it.',
  'failure.operators': 'Starting again would not change that: those who run this site have to look at it.',

  'sign-out.title': 'Sign out?',
  'sign-out.text': 'You will be signed out here and, where it offers that, at your sign-in service.',
  'sessions.title': 'Where you are signed in',
  'sessions.text':
    'In these browsers you are signed in at this address. If you do not know one of them, sign out there, and change your password at your sign-in service.',
  'sessions.this': 'This browser',
  'sessions.browser': 'A browser',
  'sessions.browser-on': 'A browser on {system}',
  'sessions.named-on': '{browser} on {system}',
  'sessions.last-used': 'Last used',
  'sessions.network': 'Network',
  'sessions.end': 'Sign out there',
  'sessions.end-others': 'Sign out everywhere else',
  'sessions.only': 'You are signed in nowhere else.',
  'sessions.again': 'A browser that is still signed in at your sign-in service can sign in here again.',

  'keys.title': 'Your API keys',
  'keys.text':
    'With a key, a program opens what you may open with it. Whoever has the key can do the same: keep it as you keep a password.',
  'keys.none': 'You have no keys yet.',
  'keys.not-allowed':
    'Your account has no permission to make keys here. If you need one, ask those who run this site.',
  'keys.not-allowed-yours': 'You may still revoke the keys that you have.',
  'keys.full': 'You have as many keys as you may have. Revoke one to make another.',
  'keys.too-many':
    'You made and revoked many keys of late. Revoked keys are forgotten after 90 days: then you can make new ones.',
  'keys.new': 'Make a key',
  'keys.name': 'Name',
  'keys.name-hint': 'What the key is for, in a few words.',
  'keys.ends-in': 'How long it is valid',
  'keys.without-end': 'Without end',
  'keys.origins': 'Web pages that may use it',
  'keys.sites': 'Sites',
  'keys.origins-hint':
    'The addresses of sites whose pages get tokens for this key, one a line, such as https://shop.example. Leave this empty if you do not know what it is.',
  'keys.sign-in-first': 'Before a key is made or gets a new secret, you may be asked to sign in once more.',
  'keys.make': 'Make key',
  'keys.id': 'Key',
  'keys.made': 'Made',
  'keys.last-used': 'Last used',
  'keys.never-used': 'Not yet',
  'keys.network': 'From',
  'keys.uses': 'Requests',
  'keys.ends': 'Valid until',
  'keys.ended': 'Ended',
  'keys.sleeps': 'Falls asleep',
  'keys.old-secret': 'Former secret valid until',
  'keys.asleep': 'Asleep',
  'keys.asleep-text':
    'It opens nothing at present: what your sign-in service says of you is too old, or does not include keys any more.',
  'keys.sleeps-text': 'A key that falls asleep wakes up when you sign in again.',
  'keys.over': 'Over',
  'keys.revoked': 'Revoked',
  'keys.former': 'Keys that have ended',
  'keys.change': 'Change',
  'keys.rename': 'Rename',
  'keys.overlap': 'How long the former secret stays valid',
  'keys.overlap-none': 'Not at all',
  'keys.choose': 'Please choose',
  'keys.rotate': 'New secret',
  'keys.revoke': 'Revoke for good',
  'keys.confirm-title': 'Please sign in once more',
  'keys.confirm-text':
    'It shows that it is really you. Then you come back to your keys, and press the button once more. What you filled in stays.',
  'keys.made-title': 'Here is your key',
  'keys.rotated-title': 'Here is the new secret',
  'keys.once': 'You see this only now. Keep it in a safe place before you leave this page.',
  'keys.whole': 'The key in one piece',
  'keys.pair': 'The same in two parts, for programs that ask for a user name and a password',
  'keys.secret': 'Secret',
  'keys.curl': 'To try it in a terminal',
  'keys.copy': 'Copy',
  'keys.copied': 'Copied',
  'keys.back': 'Done',
  'keys.already':
    'This key was made already, and its secret is shown only once. If you did not see it, give the key a new secret.',
  'keys.changed-meanwhile': 'The key was changed meanwhile, so nothing was done. Please look at it again.',
  'keys.stale':
    'The page that you sent this from is out of date, so nothing was done yet. Please try once more.',
  'keys.gone': 'You have no such key any more.',
  'keys.bad-name': 'Please give the key a name of at most 100 characters.',
  'keys.bad-end': 'Please choose how long the key is to be valid.',
  'keys.bad-overlap': 'Please choose how long the former secret stays valid.',
  'keys.bad-origins':
    'Please write each site as its address begins, such as https://shop.example, one a line. Pages of this site itself cannot be among them.',
  'keys.too-large': 'Your account has too much data for a key. Those who run this site can change that.',

  'signed-out.title': 'You are signed out',
  'signed-out.here-title': 'You are signed out in this browser',
  'signed-out.not-yet': 'The session could not be ended everywhere yet: that takes a few more moments.',
  'signed-out.still-at':
    'You are still signed in at {provider}: sign out there too where others use this browser.',
  'signed-out.shared': 'On a shared computer, close the browser too.',

  'resume.title': 'You are signed in again',
  'resume.text': 'What you sent was kept meanwhile, and is sent now. If nothing happens, use the button.',
  'resume.other-title': 'Send this as another person?',
  'resume.other':
    'What was sent before you signed in was filled in by {before}. You are signed in as {now}. It has not been sent yet.',
  'resume.other-unknown':
    'What was sent before you signed in may have been filled in by somebody else. You are signed in as {now}. It has not been sent yet.',
  'resume.waits':
    'What you sent was not passed on. It is still kept: you can send it again within ten minutes of when you first did, with the same account.',
  'resume.gone-title': 'There is nothing left to send',
  'resume.gone':
    'It was sent already, it waited for longer than ten minutes, or you are signed in with another account now. If you do not see what you sent, fill in the form once more.',

  'moving.if-nothing-happens': '{continue} if nothing happens.',
  'moving.to-page': 'Taking you to your page.',
  'moving.to-provider': 'Taking you to your sign-in service.',
  'moving.one-moment': 'One moment',
  'moving.signed-in': 'Signed in',
  'moving.signing-out': 'Signing you out',
  'moving.signed-out-here': 'You are signed out here. Moving on to your sign-in service.',

  ...faultSentences(),
} as const

/** The name of a fault's sentence: what the heading says, with a full stop. */
export type FaultSentence = `fault.${FaultCode}`

function faultSentences(): Readonly<Record<FaultSentence, string>> {
  const sentences: Partial<Record<FaultSentence, string>> = {}
  for (const code of faultCodes) sentences[`fault.${code}`] = faultEntry(code).public
  return sentences as Readonly<Record<FaultSentence, string>>
}
