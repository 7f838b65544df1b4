import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/**
 * Ports that nothing listens on now, all different: for settings that take no 0, as several processes have
 * to agree on them.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
  return ports;
}
