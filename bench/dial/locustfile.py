"""One request after the other, by Locust's fast client."""

from locust import FastHttpUser, constant, task


class Asker(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.get("/")
