// The same task for k6: users on staging, checks of production, and thresholds
// that abort the run. A check that is not answered within a second has failed.
import http from 'k6/http';
import { sleep } from 'k6';
import exec from 'k6/execution';

const servers = __ENV.WATCH.split(',');

export const options = {
  discardResponseBodies: true,
  scenarios: {
    load: { executor: 'constant-vus', vus: Number(__ENV.USERS), duration: '10m', gracefulStop: '0s', exec: 'load' },
    watch: {
      executor: 'constant-arrival-rate', rate: 10 * servers.length, timeUnit: '1s', duration: '10m',
      preAllocatedVUs: 30 * servers.length, gracefulStop: '0s', exec: 'watch',
    },
  },
  thresholds: {
    'http_req_failed{scenario:watch}': [{ threshold: 'rate<0.01', abortOnFail: true }],
    'http_req_duration{scenario:watch}': [{ threshold: 'p(95)<300', abortOnFail: true }],
  },
};

export function load() {
  http.get(__ENV.LOAD);
  sleep(0.02 + 0.04 * Math.random());
}

export function watch() {
  http.get(servers[exec.scenario.iterationInTest % servers.length], { timeout: '1s' });
}
