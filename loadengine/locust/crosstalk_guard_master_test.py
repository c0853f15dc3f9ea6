"""Tests of the plug-in's master by itself: python3 -m unittest crosstalk_guard_master_test."""

import types
import unittest
from unittest import mock

import locust  # noqa: F401  first of all: it makes sockets cooperative
import flask
from locust.dispatch import UsersDispatcher

import crosstalk_guard as guard
from crosstalk_guard_test import Fresh, Sleeper, message, permit


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

    def rooms(self):
        self.told.clear()
        self.master.tell_permit()
        return {w: d["room"] for _, d, w in self.told}

    def test_a_worker_that_joins_has_the_room_that_others_leave(self):
        self.joins("a", users=50)
        self.ask(self.master.permit, permit(order=50))
        self.joins("b")
        self.assertEqual({"a": 50, "b": 0}, self.rooms())
        self.dispatches(25)
        self.assertEqual({"a": 25, "b": 0}, self.rooms())  # the order is on its way
        self.reports("a", users=25, leaving=25)
        self.assertEqual({"a": 25, "b": 0}, self.rooms())
        self.reports("a", users=25, leaving=5)
        self.assertEqual({"a": 25, "b": 20}, self.rooms())
        self.reports("a", users=25)
        self.assertEqual({"a": 25, "b": 25}, self.rooms())

    def test_a_worker_that_was_killed_has_no_room(self):
        self.joins("a", users=25)
        self.joins("b", users=20, leaving=5)
        self.ask(self.master.permit, permit(order=50))
        self.assertEqual({"a": 25, "b": 25}, self.rooms())
        self.master.heard["b"] -= guard.GONE_AFTER + 1  # and Locust has not forgotten it
        self.assertEqual({"a": 50, "b": 25}, self.rooms())
        self.reports("b", users=20)  # it had only been cut off
        self.assertEqual({"a": 30, "b": 25}, self.rooms())

    def test_who_waits_for_room_is_not_lost_with_another_worker(self):
        self.joins("a", users=25)
        self.joins("b", waiting=25)
        self.joins("c")
        self.assertEqual(25, self.ask(self.master.permit, permit(order=50))["waiting"])
        self.master.want, self.master.spread = 50, frozenset("abc")
        del self.runner.clients["c"]
        self.master.spread_out()
        self.assertEqual(50, self.master.want)

    def test_a_worker_that_joins_while_others_wait_is_sent_its_whole_number(self):
        for name, report in (("a", {"users": 1333}), ("b", {"users": 1333}), ("c", {"waiting": 1334})):
            self.joins(name, **report)
        self.ask(self.master.permit, permit(order=4000, users=4000))
        self.master.want, self.master.spread = 4000, frozenset("abc")
        self.joins("d")
        self.master.spread_out()
        self.master.starter.join(timeout=5)
        self.master.start.assert_called_once_with(4000, 4000)  # in one turn, and not a thousand users first

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


if __name__ == "__main__":
    unittest.main()
