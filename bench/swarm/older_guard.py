"""What the first crosstalk_guard.py told of its worker: neither its protocol nor for how long nothing has ended."""

import gevent
from locust import events
from locust.runners import WorkerRunner


@events.init.add_listener
def on_init(environment, **kwargs):
    runner = environment.runner
    if not isinstance(runner, WorkerRunner):
        return
    epoch = [0]

    def permit(environment, msg, **kwargs):
        epoch[0] = msg.data["epoch"]

    def tell():
        while True:
            report = {"users": runner.user_count, "in_flight": 0, "sent": 0, "cancelled": 0, "refused": {}}
            runner.send_message("crosstalk_report", dict(report, epoch=epoch[0], shut=0, why=""))
            gevent.sleep(0.2)

    runner.register_message("crosstalk_permit", permit)
    for kind in ("crosstalk_stop", "crosstalk_release"):
        runner.register_message(kind, lambda environment, msg, **kwargs: None)
    gevent.spawn(tell)
