import type { OperationEvent } from '../../operations/events.ts'
import { changeEvents } from './change-events.ts'
import { deploymentEvents } from './deployment-events.ts'
import { flagEvents } from './flag-events.ts'
import { migrationEvents } from './migration-events.ts'
import { operationEvents } from './operation-events.ts'
import { rollbackEvents } from './rollback-events.ts'
import type { EventLayout, EventRenderers, ToldEvent } from './told-event.ts'
import { tourEvents } from './tour-events.ts'

/** One renderer an event, in a file for its subject; an event without one does not compile. */
const renderers: EventRenderers = {
  ...operationEvents,
  ...changeEvents,
  ...deploymentEvents,
  ...flagEvents,
  ...migrationEvents,
  ...rollbackEvents,
  ...tourEvents,
}

/** What people see of an event. */
export function renderEvent(event: OperationEvent, layout: EventLayout): ToldEvent {
  const render: (event: never, layout: EventLayout) => ToldEvent = renderers[event.type]
  return render(event as never, layout)
}
