/**
 * How connections to addresses from the settings are opened. A name is whatever its owner's DNS says at that moment, so what is checked is
 * each address that it resolves to, and what is refused are the places where a machine keeps what it tells only to itself: the metadata
 * services of clouds (their credentials) and link-local neighbours. Private networks are where systems of record live, and are not refused.
 */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';

const refused = new BlockList();
refused.addSubnet('169.254.0.0', 16, 'ipv4'); // link-local: AWS, GCP, Azure, OpenStack at .169.254
refused.addAddress('100.100.100.200', 'ipv4'); // Alibaba Cloud
refused.addAddress('192.0.0.192', 'ipv4'); // Oracle Cloud
refused.addAddress('168.63.129.16', 'ipv4'); // Azure's wire server
refused.addSubnet('224.0.0.0', 4, 'ipv4'); // multicast
refused.addAddress('255.255.255.255', 'ipv4');
refused.addSubnet('fe80::', 10, 'ipv6'); // link-local
refused.addAddress('fd00:ec2::254', 'ipv6'); // AWS
refused.addSubnet('ff00::', 8, 'ipv6');

/** Also of an IPv4 address that is written as IPv6. */
export const isRefusedAddress = (address: string): boolean => refused.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
  constructor(host: string, address: string) {
    super(host === address ? `${address} is no address of a system of record` : `${host} resolves to ${address}, which is no address of a system of record`);
  }
}

const guardedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '');
    const bad = addresses.find(({ address }) => isRefusedAddress(address));
    if (bad !== undefined) return callback(new AddressRefused(hostname, bad.address), '');
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    return callback(null, first?.address ?? '', first?.family ?? 4);
  });
};

/** For `new Agent({ connect })`. A literal IP address is never looked up in DNS, so it is checked beforehand. */
export function guardedConnect(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, lookup: guardedLookup });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && isRefusedAddress(host)) return callback(new AddressRefused(host, host), null);
    connect(options, callback);
  };
}

/** For calls now and then; who calls often has an agent of its own. */
export const guardedAgent = new Agent({ connect: guardedConnect(10_000) });
