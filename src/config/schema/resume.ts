import { forms, oneOf, size } from './values.ts'

/** A few of them fill what all sessions together have for forms. */
const largestBytes = 4 * 1024 ** 2

/** What an app says of sign-ins in the middle of something, and what a location may replace. */
export const resumeKeys = {
  resume: oneOf(['forms', 'none'])
    .prefault('forms')
    .describe(
      'What happens to a form that is sent when the session has just ended, or lacks a `step_up`. With `forms` the gateway keeps a POST, PUT or PATCH for ten minutes, lets the person sign in, and sends it again for the same person. It keeps only what the app’s own page sent from a browser that was signed in. With `none` the person has to send the form again. With `store: cookie` it is always `none`, and `forms` is a fault. Nothing is kept under `unauthenticated: deny`.',
    ),
  max_resumed_body: size
    .refine((bytes) => bytes <= largestBytes, { error: 'must be at most 4MiB' })
    .register(forms, { form: 'size' })
    .prefault('256KiB')
    .describe(
      'The largest body of such a form. Of a larger one the page says that it has to be sent again. At most `4MiB`, and never more than `max_body`.',
    ),
}
