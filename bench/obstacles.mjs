/** Why a contender cannot take part on this machine; null when it can. */
export function reasonToLeaveOut({ needsRedis, findObstacle }, redis) {
  return needsRedis && redis === null ? 'there is no Redis' : (findObstacle?.() ?? null);
}
