/**
 * Ending a connection with RST. libuv refuses it (EINVAL) while a FIN is on its way, and Node then loses the
 * handle: the descriptor stays open, `close` never comes, and the program spins for ever when it should end.
 */
import type { Socket } from 'node:net';

/** RST as soon as it may be sent; a FIN that is just leaving goes first. Idempotent. */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  if (isSendingFin(socket)) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

/** `end` was called, everything before it is written, and the system has not yet said that the FIN is out. */
function isSendingFin({
  connecting,
  writableEnded,
  writableFinished,
  writableLength,
}: Socket): boolean {
  return !connecting && writableEnded && !writableFinished && writableLength === 0;
}
