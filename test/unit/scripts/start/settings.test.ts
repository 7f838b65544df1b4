import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../../scripts/start/settings.js';

const read = (env: Record<string, string>) => readSettings(env, '/repo');

describe('settings of npm start', () => {
  it('has the defaults of the README', () => {
    expect(read({})).toEqual({
      host: '0.0.0.0',
      port: 8000,
      adminHost: '127.0.0.1',
      gatewayAdminPorts: [9464],
      workerAdminPort: 9465,
      natsUrl: undefined,
      natsPort: 4222,
      streamShards: 1,
      dataFolder: '/repo/.data',
      drainMs: 10_000,
      isProduction: false,
    });
  });

  it('takes an empty variable as unset', () => {
    expect(read({ PORT: '', NATS_URL: '', DATA_DIR: ' ' })).toEqual(read({}));
  });

  it('gives every gateway process an admin port of its own', () => {
    expect(read({ GATEWAY_PROCESSES: '3', ADMIN_PORT: '9000' }).gatewayAdminPorts).toEqual([
      9000, 9010, 9020,
    ]);
  });

  it('begins a relative DATA_DIR at the project', () => {
    expect(read({ DATA_DIR: 'data' }).dataFolder).toBe('/repo/data');
    expect(read({ DATA_DIR: '/var/data' }).dataFolder).toBe('/var/data');
  });

  it.each([
    ['PORT', 'eight'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['ADMIN_PORT', '-1'],
    ['WORKER_ADMIN_PORT', '1e3'],
    ['NATS_PORT', '42.5'],
    ['DRAIN_SECONDS', 'soon'],
    ['GATEWAY_PROCESSES', '0'],
    ['STREAM_SHARDS', '0'],
  ])('names %s when it is "%s"', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name} .*"${value}"`));
  });

  it('names ADMIN_PORT when there is no room above it', () => {
    expect(() => read({ ADMIN_PORT: '65530', GATEWAY_PROCESSES: '2' })).toThrow(/^ADMIN_PORT 65530/);
  });
});
