import type { Condition } from './condition.ts'
import { activeDeployments } from './deploying.ts'
import { logAtEdge, servingDeployment } from './edge.ts'
import type { ServiceInstance } from './model.ts'
import type { PlatformModel } from './platform-model.ts'
import { feltCondition } from './runtime/felt-condition.ts'
import { steadily } from './steadily.ts'

const minuteMs = 60_000
/** What people look at: no path that a check would ask. */
const pages = ['/invoices', '/customers', '/dashboard', '/invoices/1', '/estimates']

/** How a service feels from now on; errors that nobody's request causes go on until it is told to feel otherwise. */
export function feel(model: PlatformModel, instance: ServiceInstance, condition: Condition): void {
  // A copy: what counts its requests starts anew.
  const felt = structuredClone(condition)
  instance.condition = felt
  instance.cachedVariables = felt.cachedVariables && activeDeployments(instance)[0]?.variables
  if (felt.errorsPerMinute === undefined) return
  const isWanted = () => instance.condition === felt && isThere(instance)
  steadily(model.agenda, minuteMs / felt.errorsPerMinute, isWanted, () => {
    const running = activeDeployments(instance).find(({ instances }) => instances.some(isUp))
    if (running !== undefined && feltCondition(running, model.agenda.now()).errorsPerMinute !== undefined)
      model.runtime.say(running, 'exception')
  })
}

/** So many people a second look at a service from now on, over its first domain; undefined: nobody. They need no sockets. */
export function visit(model: PlatformModel, instance: ServiceInstance, perSecond: number | undefined): void {
  const visitors = perSecond === undefined ? undefined : { perSecond }
  instance.visitors = visitors
  if (visitors === undefined) return
  let asked = 0
  const isWanted = () => instance.visitors === visitors && isThere(instance)
  steadily(model.agenda, 1000 / visitors.perSecond, isWanted, () => {
    lookAt(model, instance, pages[asked % pages.length] ?? '/')
    asked++
  })
}

function lookAt(model: PlatformModel, instance: ServiceInstance, path: string): void {
  const [domain] = instance.domains
  if (domain === undefined) return
  const { agenda, runtime } = model
  const startedAt = agenda.now()
  const serving = servingDeployment({ instance, domain })
  const end = (status: number | undefined) =>
    logAtEdge(model, instance, serving, {
      method: 'GET',
      path,
      host: domain.domain,
      requestId: model.hex(12),
      status,
      tookMs: agenda.now() - startedAt,
      srcIp: '203.0.113.7',
      clientUa: 'Mozilla/5.0',
      txBytes: 0,
      rxBytes: 0,
    })
  if (serving === undefined) end(undefined)
  else runtime.probe(serving, path, end)
}

function isThere(instance: ServiceInstance): boolean {
  const { environment, service } = instance
  const isKept = environment.project.environments.get(environment.id) === environment
  return isKept && environment.instances.get(service.id) === instance
}

function isUp({ status }: { status: string }): boolean {
  return status === 'RUNNING'
}
