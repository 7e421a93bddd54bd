import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Of all IPv6 addresses, those that are given out for use on the internet (RFC 4291, 2.4). */
const globalUnicast = ipaddr.IPv6.parse('2000::');
const globalUnicastBits = 3;

/**
 * Whether an address is one of the public internet. What is private, loopback, link-local (the
 * metadata of a cloud), shared by a carrier, multicast, reserved, or carries another address inside
 * it (IPv4-mapped, NAT64, 6to4, Teredo) is not; nor is anything that is no address.
 */
export const isPublicAddress = (text: string): boolean => {
  // The library also reads short and octal forms, which others read otherwise.
  if (isIP(text) === 0) return false;
  // An IPv4 address inside an IPv6 one is looked at as what it is.
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast, globalUnicastBits);
};
