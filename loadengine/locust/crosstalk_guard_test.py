"""Tests of the plug-in by itself: python3 -m unittest crosstalk_guard_test."""

import logging
import time
import types
import unittest
from unittest import mock

import locust  # noqa: F401  first of all: it makes sockets cooperative
import flask
import gevent
import requests
from gevent.event import Event
from gevent.pool import Group
from locust import User, constant, task
from locust.dispatch import UsersDispatcher
from locust.exception import StopUser

import crosstalk_guard as guard


def permit(**change):
    m = {"session": "s", "epoch": 5, "ttl": 60.0, "order": 10, "users": 50, "rps": 0.0, "hosts": [], "forbidden": []}
    return dict(m, level=1, held=False, workers=1, **change)


def message(kind, data, node="w"):
    return types.SimpleNamespace(type=kind, data=data, node_id=node)


class Fresh(unittest.TestCase):
    def setUp(self):
        for name, made in (("lease", guard.Lease()), ("gate", guard.Gate())):
            patch = mock.patch.object(guard, name, made)
            patch.start()
            self.addCleanup(patch.stop)


class Sleeper(User):
    """Asks again and again, and is answered when it is let go."""

    wait_time = constant(0)
    let_go = Event()
    asked = 0
    answered = 0
    left = 0
    logs_out = False
    mine = 0

    @task
    def ask(self):
        for _ in range(2):
            guard.gate.wait()
            guard.gate.send(self.call)

    def call(self):
        self.mine += 1
        Sleeper.asked += 1
        self.let_go.wait()
        Sleeper.answered += 1

    def on_stop(self):
        if Sleeper.logs_out:
            guard.gate.wait()  # which is a request, too
        Sleeper.left += 1


class Runner:
    """As much of a WorkerRunner as the plug-in touches."""

    def __init__(self):
        self.environment = types.SimpleNamespace(stop_timeout=None, events=mock.Mock())
        self.user_greenlets = Group()
        self.user_classes_by_name = {"Sleeper": Sleeper}
        self.spawning_greenlet = None
        self.state = "running"
        self.current_cpu_usage = 0
        self.sent = []

    user_count = property(lambda self: len(self.user_greenlets))

    def spawn_users(self, counts, wait=False):
        for _ in range(sum(counts.values())):
            Sleeper(self.environment).start(self.user_greenlets)
        return []

    def stop_users(self, counts):
        self.user_greenlets.kill()

    def start_worker(self, counts):
        more = counts["Sleeper"] - self.user_count
        self.spawn_users({"Sleeper": max(more, 0)})
        self.stop_users({"Sleeper": max(-more, 0)})

    def send_message(self, kind, data):
        self.sent.append((kind, data))

    def _send_stats(self):
        pass


class TestWorker(Fresh):
    def setUp(self):
        super().setUp()
        Sleeper.let_go.clear()
        Sleeper.asked = Sleeper.answered = Sleeper.left = 0
        Sleeper.logs_out = False
        self.runner = Runner()
        self.worker = guard.Worker(self.runner)
        self.addCleanup(self.worker.leaving.kill)
        self.addCleanup(self.runner.user_greenlets.kill)
        self.worker.permit(None, message("crosstalk_permit", permit(share=50, ought=0)))

    def users(self, n):
        self.runner.start_worker({"Sleeper": n})
        gevent.sleep(0.01)

    def test_who_is_taken_away_finishes(self):
        Sleeper.logs_out = True
        self.users(6)
        self.users(2)
        self.assertEqual((2, 4), (self.runner.user_count, len(self.worker.leaving)))
        self.users(5)  # of those who stay: who leaves is not counted, and stays rather than others come
        self.assertEqual((5, 1, 6), (self.runner.user_count, len(self.worker.leaving), Sleeper.asked))
        self.users(7)
        self.assertEqual((7, 0, 7), (self.runner.user_count, len(self.worker.leaving), Sleeper.asked))
        self.users(3)
        self.assertEqual((7, 0), (guard.gate.in_flight, guard.gate.cancelled))
        gone = [g.args[0] for g in self.worker.leaving]
        Sleeper.let_go.set()
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 4, 0), (len(self.worker.leaving), Sleeper.left, guard.gate.cancelled))
        self.assertEqual([1, 1, 1, 1], [user.mine for user in gone])  # not the second one of their task

    def test_who_does_not_come_to_an_end_is_ended(self):
        self.users(3)
        self.users(0)
        self.worker.look()
        gevent.sleep(0.01)
        self.assertEqual(3, len(self.worker.leaving))
        with mock.patch.object(guard.time, "monotonic", return_value=time.monotonic() + guard.FINISH_WITHIN + 1):
            self.worker.look()
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 3), (len(self.worker.leaving), guard.gate.cancelled))

    def test_with_a_stop_timeout_they_finish_their_task(self):
        self.runner.environment.stop_timeout = 30
        self.users(3)
        self.users(0)
        gone = [g.args[0] for g in self.worker.leaving]
        Sleeper.let_go.set()
        self.worker.leaving.join(timeout=5)
        self.assertEqual([2, 2, 2], [user.mine for user in gone])

    def test_a_stop_waits_for_nobody(self):
        self.users(6)
        self.users(2)
        self.worker.stop(None, message("crosstalk_stop", {"epoch": 5, "why": "mel"}))
        self.assertEqual(6, self.runner.sent[-1][1]["users"])  # who leaves is part of what a stop waits for
        self.worker.settler.join(timeout=5)
        self.assertEqual((0, 0, 6), (self.runner.user_count, len(self.worker.leaving), guard.gate.cancelled))
        self.assertEqual((0, 0), (self.runner.sent[-1][1]["users"], self.runner.sent[-1][1]["in_flight"]))

    def test_locusts_own_stop_waits_for_nobody(self):
        self.users(6)
        self.users(2)
        self.runner.state = "cleanup"
        self.runner.stop_users({"Sleeper": 2})
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 0, 6), (self.runner.user_count, len(self.worker.leaving), guard.gate.cancelled))

    def test_who_waits_is_ended_at_once(self):
        guard.lease.rps = 0.001
        self.users(4)
        self.assertEqual((1, 3), (guard.gate.in_flight, len(guard.gate.line)))
        Sleeper.let_go.set()
        self.users(0)
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 0), (len(self.worker.leaving), len(guard.gate.line)))

    def test_a_surplus_ends(self):
        self.users(6)
        self.worker.look()
        self.assertEqual((6, 0.0), (self.runner.user_count, self.worker.over))  # as it was ordered
        self.worker.permit(None, message("crosstalk_permit", permit(share=50, ought=2)))
        self.worker.look()
        self.assertEqual(6, self.runner.user_count)  # the order may be on its way
        self.worker.over -= guard.SURPLUS_AFTER + 0.1
        self.worker.look()
        self.assertEqual((2, 4), (self.runner.user_count, len(self.worker.leaving)))
        self.worker.permit(None, message("crosstalk_permit", permit(share=50, ought=None)))
        self.worker.look()
        self.assertEqual((2, 0.0), (self.runner.user_count, self.worker.over))


class TestCap(Fresh):
    """Places under the cap of requests a second."""

    def setUp(self):
        super().setUp()
        guard.lease.renew(permit(rps=0.01))
        self.through = 0

    def ask(self):
        guard.gate.wait()
        self.through += 1

    def test_who_is_ended_has_taken_nobodys_place(self):
        waiting = [gevent.spawn(self.ask) for _ in range(30)]
        gevent.sleep(0.01)
        self.assertEqual((1, 29), (self.through, len(guard.gate.line)))
        gevent.killall(waiting[1:])
        self.assertEqual(0, len(guard.gate.line))
        self.assertLess(guard.gate.next - time.monotonic(), 101)  # one place of 100 s, not thirty
        another = gevent.spawn(self.ask)
        gevent.sleep(0.01)
        self.assertEqual(1, self.through)
        guard.gate.next = time.monotonic()
        another.join(timeout=5)
        self.assertEqual(2, self.through)

    def test_they_come_in_their_order_and_one_by_one(self):
        guard.lease.rps = 200
        came = []
        from_, all_ = time.monotonic(), []
        for n in range(20):
            all_.append(gevent.spawn(lambda n=n: (guard.gate.wait(), came.append(n))))
        gevent.joinall(all_, timeout=20)
        self.assertEqual(list(range(20)), came)
        self.assertGreaterEqual(time.monotonic() - from_, 19 / 200 - guard.BEHIND)

    def test_a_fresh_permit_forgets_what_was_owed(self):
        runner = Runner()
        worker = guard.Worker(runner)
        guard.gate.next = time.monotonic() + 1000
        worker.permit(None, message("crosstalk_permit", permit(epoch=5, rps=0.01)))
        self.assertGreater(guard.gate.next, 0.0)
        worker.permit(None, message("crosstalk_permit", permit(epoch=6, rps=0.01)))
        self.assertEqual(0.0, guard.gate.next)


class Server:
    """The master's socket: what comes is in the list, what goes is kept."""

    def __init__(self):
        self.sent = []

    def recv_from_client(self):
        raise NotImplementedError

    def send_to_client(self, msg):
        self.sent.append(msg)


class TestMaster(Fresh):
    def setUp(self):
        super().setUp()
        self.server = type("Server", (Server,), {})()
        self.told = []
        self.runner = types.SimpleNamespace(
            server=self.server, clients={}, state="stopped", target_user_count=0, _users_dispatcher=None,
            user_classes=[Sleeper], start=mock.Mock(), stop=mock.Mock(),
            send_message=lambda kind, data, to: self.told.append((kind, data, to)),
        )
        self.environment = types.SimpleNamespace(runner=self.runner, shape_class=None, web_ui=types.SimpleNamespace())
        self.master = guard.Master(self.environment)
        guard.keep_listening(self.master)
        self.app = flask.Flask("master")

    def ask(self, view, body):
        with self.app.test_request_context(json=body):
            answer = view()
        return answer.get_json()

    def joins(self, name, **report):
        node = types.SimpleNamespace(id=name, state="ready", user_count=0, cpu_usage=0)
        self.runner.clients[name] = node
        self.reports(name, **report)
        return node

    def reports(self, name, **change):
        r = {"protocol": guard.PROTOCOL, "users": 0, "in_flight": 0, "epoch": 5, "shut": 0, "idle": 0.0}
        self.master.report(None, message("crosstalk_report", dict(r, **change), name))

    def spawn(self, n, at=1000.0, to="w"):
        self.server.send_to_client(message("spawn", {"timestamp": at, "user_classes_count": {"Sleeper": n}}, to))

    def stamps(self):
        return [m.data["timestamp"] for m in self.server.sent]

    def dispatches(self, n):
        """Makes it send so many to each worker."""
        d = self.master.dispatcher = UsersDispatcher(list(self.runner.clients.values()), [Sleeper])
        d.new_dispatch(n * len(self.runner.clients), 1000)
        next(d)

    def test_orders_get_times_that_rise(self):
        for at in (1000.0, 940.0, 940.0, 950.0, 1000.5):  # the clock is set back by a minute
            self.spawn(1, at)
        stamps = self.stamps()
        self.assertEqual(5, len(stamps))
        self.assertEqual(sorted(set(stamps)), stamps)
        self.assertEqual(1000.5, stamps[-1])

    def test_only_the_sessions_own_numbers_reach_workers(self):
        self.joins("w")
        self.spawn(3)
        self.assertEqual(1, len(self.server.sent))  # there is no session
        self.ask(self.master.permit, permit())
        self.spawn(3)
        self.assertEqual(1, len(self.server.sent))  # of a climb from before
        self.dispatches(3)
        self.spawn(4)
        self.assertEqual(1, len(self.server.sent))
        self.spawn(3)
        self.assertEqual(2, len(self.server.sent))
        self.master.ground()  # somebody presses Stop
        self.spawn(3)
        self.assertEqual(2, len(self.server.sent))

    def test_each_worker_is_told_its_own_number(self):
        self.joins("a")
        self.joins("b")
        self.ask(self.master.permit, permit())
        self.assertEqual([0, 0], [d["ought"] for _, d, _ in self.told])
        self.master.dispatcher = UsersDispatcher(list(self.runner.clients.values()), [Sleeper])
        self.told.clear()
        self.master.tell_permit()  # in the midst of sharing out
        self.assertEqual([None, None], [d["ought"] for _, d, _ in self.told])
        self.dispatches(3)
        self.told.clear()
        self.master.tell_permit()
        self.assertEqual([3, 3], [d["ought"] for _, d, _ in self.told])

    def test_a_climb_from_before_the_session_has_no_numbers_left(self):
        self.joins("w")
        old = self.runner._users_dispatcher = UsersDispatcher(list(self.runner.clients.values()), [Sleeper])
        old.new_dispatch(5000, 10)
        climb = iter(old)
        next(climb)
        self.runner.state, self.runner.target_user_count = "spawning", 5000
        s = self.ask(self.master.permit, permit(order=0))
        self.assertRaises(StopIteration, next, climb)
        self.assertEqual({"what": "swarm", "users": 5000}, s["hand"])

    def test_workers_of_a_master_before_are_ended(self):
        self.reports("old", users=7)
        s = self.ask(self.master.permit, permit())
        self.assertEqual((7, "missing"), (s["users"], s["workers"][0]["state"]))
        self.assertEqual([], self.told)  # no permit: it lapses
        self.master.look()
        self.assertEqual([("crosstalk_stop", 5, "old")], [(k, d["epoch"], w) for k, d, w in self.told])
        self.reports("old", users=0, shut=5)
        self.told.clear()
        self.master.again = 0.0
        self.master.look()
        self.assertEqual([], self.told)

    def test_a_master_that_begins_anew_tells_all_it_has(self):
        self.ask(self.master.permit, permit())
        row = {"level": 1, "held": True, "method": "GET", "name": "/", "requests": 3, "failures": 0, "times": {}, "errors": {}}
        self.master.counted("w", {"crosstalk": {"session": "s", "rows": [row]}})
        for since, rows in ((0, 1), (1, 0), (900, 1)):
            with self.app.test_request_context("/crosstalk/stats?since=%d" % since):
                self.assertEqual(rows, len(self.master.stats().get_json()["rows"]), since)

    def test_a_worker_that_is_away_for_a_moment_is_let_be(self):
        self.joins("w", users=7)
        self.ask(self.master.permit, permit())
        del self.runner.clients["w"]
        self.told.clear()
        self.master.look()
        stops = lambda: [w for k, _, w in self.told if k == "crosstalk_stop"]  # noqa: E731
        self.assertEqual([], stops())
        self.master.outside["w"] -= guard.SURPLUS_AFTER + 0.1
        self.master.look()
        self.assertEqual(["w"], stops())

    def test_a_master_that_knows_no_session_gives_the_fleet_back(self):
        self.reports("old", users=7)
        self.ask(self.master.stop, {"session": "s", "epoch": 5, "why": "mel"})
        self.assertTrue(guard.lease.claimed)
        s = self.ask(self.master.release, {"session": "s", "epoch": 5})
        self.assertFalse(s["claimed"])
        self.assertEqual("crosstalk_release", self.told[-1][0])

    def test_an_older_plug_in_breaks_nothing(self):
        self.ask(self.master.permit, permit())
        node = types.SimpleNamespace(id="o", state="ready", user_count=0, cpu_usage=0)
        self.runner.clients["o"] = node
        older = {"users": 0, "in_flight": 0, "epoch": 5, "shut": 0, "sent": 0, "cancelled": 0, "refused": {}}
        self.master.report(None, message("crosstalk_report", older, "o"))
        self.master.report(None, message("crosstalk_report", None, "n"))  # what is no report
        self.master.look()
        s = self.ask(self.master.permit, permit(order=11))
        self.assertEqual([(1, False, False)], [(w["protocol"], w["guarded"], w["fit"]) for w in s["workers"]])


class TestWatch(unittest.TestCase):
    def test_a_look_that_goes_wrong_is_taken_again(self):
        looks = []

        def look():
            looks.append(1)
            if len(looks) < 3:
                raise KeyError("protocol")

        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        watching = gevent.spawn(guard.watch, look)
        with gevent.Timeout(20):
            while len(looks) < 4:
                gevent.sleep(0.01)
        watching.kill()


if __name__ == "__main__":
    unittest.main()
