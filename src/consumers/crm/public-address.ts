import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All that is given out of IPv6; what embeds an IPv4 address in another way lies outside. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Looks public, and is the host of each virtual machine of Azure, which tells it secrets. */
const AZURE_WIRE_SERVER = '168.63.129.16';

/**
 * Whether an address is one of the public Internet. Everything else is not: this machine, its
 * network, what clouds tell their machines (169.254.169.254), multicast, documentation, reserved
 * space, and IPv6 addresses that stand for an IPv4 address (mapped, 6to4, Teredo, NAT64).
 *
 * @param address as it is connected to; what is no address in the usual spelling is not public
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry/
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address === AZURE_WIRE_SERVER) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
}
