/** What RabbitMQ's own health checks say, at the moment of asking. */
import { openManagement } from './management.ts';

/** @returns whether the node reports an alarm; it answers 503 while one is in effect. */
export async function hasMemoryAlarm(managementUrl: string): Promise<boolean> {
  using management = openManagement(managementUrl);
  const { status } = await management.request('GET', '/health/checks/local-alarms');
  if (status === 503) return true;
  if (status === 200) return false;
  throw new Error(`RabbitMQ's alarm check answered HTTP ${status}`);
}

/** @returns whether the management API answers this user. */
export async function managementAnswers(managementUrl: string): Promise<boolean> {
  using management = openManagement(managementUrl);
  try {
    return (await management.request('GET', '/overview')).status === 200;
  } catch {
    return false; // nobody listens yet
  }
}
