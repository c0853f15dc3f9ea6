"""The fleet of the tests: one user, one request at a time, no waiting."""

import crosstalk_guard  # noqa: F401
from locust import HttpUser, constant, task


class Shopper(HttpUser):
    wait_time = constant(0)

    @task
    def look(self):
        self.client.get("/", name="front page")
