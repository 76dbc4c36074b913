import { count, listed } from '../../kit/text.ts'
import { paragraph } from './paragraph.ts'
import { done, type EventRenderers } from './told-event.ts'

/** What was made and what was stored. */
export const changeEvents = {
  'project-created': ({ project, environment }, layout) =>
    done(`project ${project} created, with environment ${environment}`, layout),
  'environment-created': ({ environment }, layout) => done(`environment ${environment} created`, layout),
  'service-created': ({ service }, layout) => done(`service ${service} created, empty`, layout),
  'volume-created': ({ environment, service, mountPath }, layout) =>
    done(`${service} volume at ${mountPath} created in ${environment}`, layout),
  'domain-created': ({ environment, service, domain }, layout) =>
    done(`${service} domain ${domain} created in ${environment}`, layout),
  'changes-stored': ({ environment, changes, way }, layout) =>
    done(
      `${count(changes, 'change')} stored in ${environment}, ${way === 'patch' ? 'as one patch' : 'without a patch: this token may not use any'}`,
      layout,
    ),
  'changes-not-stored': ({ environment, places }, { style, columns }) => ({
    line: paragraph(
      `not stored in ${environment}: ${listed(places)}. Only a patch stores ${places.length === 1 ? 'it' : 'them'}, so ${places.length === 1 ? 'it stays' : 'they stay'} in the plan`,
      columns,
      `${style.sign.caution} `,
      2,
    ),
  }),
  'auto-deploy-set': ({ environment, services, enabled }, layout) =>
    done(`${listed(services)}: deploy on push switched ${enabled ? 'on' : 'off'} in ${environment}`, layout),
} satisfies Partial<EventRenderers>
