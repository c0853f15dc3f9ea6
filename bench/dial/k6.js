import http from 'k6/http';

export const options = {
  discardResponseBodies: true,
  scenarios: {
    dial: { executor: 'externally-controlled', vus: 1, maxVUs: Number(__ENV.USERS), duration: '60s' },
  },
};

export default function () {
  http.get(__ENV.TARGET);
}
