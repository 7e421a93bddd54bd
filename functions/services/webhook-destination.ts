import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { maxWebhookUrlLength, type UrlRefusal } from '@atlas/domain';
import { isPublicAddress } from './public-address.ts';

/** All addresses of a name; throws where it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export interface DestinationRules {
  /** Addresses that may be sent to although they are not public, and without TLS. */
  readonly trusted: readonly string[];
  readonly resolve: Resolve;
}

export const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/** What is written in an address, without brackets. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

const isIpv6 = (address: string): boolean => address.includes(':');
const isLiteral = (url: URL): boolean =>
  url.hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(url.hostname);

/** https goes to public addresses, http to none but those that are trusted. */
const mayReach = (url: URL, address: string, { trusted }: DestinationRules): boolean =>
  trusted.includes(address) || (url.protocol === 'https:' && isPublicAddress(address));

/** Found in the way to a destination: it may not be sent to. */
export class DestinationRefused extends Error {
  override readonly name = 'DestinationRefused';
  readonly reason: UrlRefusal;

  constructor(reason: UrlRefusal) {
    super(`the destination is refused: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Reads an address, or throws `DestinationRefused`. The WHATWG parser writes every form of an IPv4
 * address (decimal, octal, hexadecimal, short) as the one with four numbers.
 */
const parseDestination = (text: string, rules: DestinationRules): URL => {
  const url = text.length <= maxWebhookUrlLength ? URL.parse(text) : null;
  if (url === null) throw new DestinationRefused('malformed');
  const isTrusted = rules.trusted.length > 0 && url.protocol === 'http:';
  if (url.protocol !== 'https:' && !isTrusted) throw new DestinationRefused('scheme');
  if (url.username !== '' || url.password !== '') throw new DestinationRefused('credentials');
  return url;
};

/** The addresses behind a destination, all of which may be sent to, or throws `DestinationRefused`. */
const addressesOf = async (url: URL, rules: DestinationRules): Promise<readonly string[]> => {
  const addresses = isLiteral(url)
    ? [hostOf(url)]
    : await rules.resolve(hostOf(url)).catch(() => {
        throw new DestinationRefused('unresolvable');
      });
  if (addresses.length === 0) throw new DestinationRefused('unresolvable');
  if (!addresses.every((address) => mayReach(url, address, rules))) {
    const wouldReach = url.protocol === 'http:' && addresses.every(isPublicAddress);
    throw new DestinationRefused(wouldReach ? 'scheme' : 'address');
  }
  return addresses;
};

/** What is wrong with an address now; null: nothing. It is looked at again with each attempt. */
export const refusalOfUrl = async (
  text: string,
  rules: DestinationRules,
): Promise<UrlRefusal | null> => {
  try {
    await addressesOf(parseDestination(text, rules), rules);
    return null;
  } catch (error) {
    if (error instanceof DestinationRefused) return error.reason;
    throw error;
  }
};

/** A destination whose name has been resolved, once: who connects gets these addresses, and no others. */
export interface PinnedDestination {
  readonly url: URL;
  readonly lookup: LookupFunction;
}

/**
 * Resolves and checks a destination, and pins what was checked. A name that resolves to something
 * else a moment later (DNS rebinding) therefore changes nothing. Throws `DestinationRefused`.
 */
export const pinDestination = async (
  text: string,
  rules: DestinationRules,
): Promise<PinnedDestination> => {
  const url = parseDestination(text, rules);
  const addresses = (await addressesOf(url, rules)).map((address) => ({
    address,
    family: isIpv6(address) ? 6 : 4,
  }));
  const [first] = addresses;
  return {
    url,
    lookup: (_name, options, done) => {
      if (options.all === true) done(null, addresses);
      else done(null, first?.address ?? '', first?.family);
    },
  };
};
