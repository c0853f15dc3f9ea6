import http from 'k6/http';
import { sleep } from 'k6';

export const options = { discardResponseBodies: true };

export default function () {
  http.get(__ENV.TARGET, { timeout: '10m' });
  sleep(Number(__ENV.THINK));
}
