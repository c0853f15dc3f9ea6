"""The fleet of tests and measurements. The environment says what it is like."""

import os
import time

import gevent
import locust.runners
from locust import FastHttpUser, HttpUser, LoadTestShape, constant, events, task

try:
    if os.environ.get("SWARM_BARE"):
        raise ImportError
    if os.environ.get("SWARM_OLDER"):
        import older_guard  # noqa: F401

        raise ImportError
    import crosstalk_guard  # noqa: F401
except ImportError:
    # Debian's 2.12 has no version, and its master then refuses its own workers.
    if not locust.runners.__version__:
        locust.runners.__version__ = "unknown"

# Seconds without a word after which the master takes a worker for missing. A busy machine starves
# workers for longer than Locust's own 3.
locust.runners.HEARTBEAT_LIVENESS = int(os.environ.get("SWARM_LIVENESS", "3"))


# A spare master has read all of its program, and takes its ports when it is told to.
hold = os.environ.get("SWARM_HOLD")
if hold:
    open(hold + ".here", "w").close()
    test = os.getppid()
    while not os.path.exists(hold):
        if os.getppid() != test:
            os._exit(1)
        time.sleep(0.01)


class Shopper(FastHttpUser if os.environ.get("SWARM_FAST") else HttpUser):
    wait_time = constant(float(os.environ.get("SWARM_WAIT", "0.02")))

    @task
    def look(self):
        self.client.get("/", name="front page")
        elsewhere = os.environ.get("SWARM_REACH")
        if elsewhere:
            self.client.get(elsewhere, name="elsewhere")


@events.init.add_listener
def die_with_the_test(**kwargs):
    """A test that panics cleans nothing up."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            gevent.sleep(1)
        os._exit(1)

    gevent.spawn(watch)


if os.environ.get("SWARM_SHAPE"):

    class Waves(LoadTestShape):
        def tick(self):
            return 3, 3


if os.environ.get("SWARM_LOGIN"):
    from flask import redirect, request, session

    @events.init.add_listener
    def on_init(environment, **kwargs):
        if environment.web_ui is None:
            return
        app = environment.web_ui.app
        app.secret_key = "of the test alone"

        @app.before_request
        def wanted():
            if request.path != "/enter" and "user" not in session:
                return redirect("/enter")

        @app.route("/enter", methods=["GET", "POST"])
        def enter():
            if request.method == "POST" and request.form["username"] + ":" + request.form["password"] == "mel:secret":
                session["user"] = "mel"
                return redirect("/")
            return "who are you?"
