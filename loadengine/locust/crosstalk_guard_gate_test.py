"""Tests of the plug-in's way out for requests, and of its looking: python3 -m unittest crosstalk_guard_gate_test."""

import logging
import time
import unittest
from unittest import mock

import locust  # noqa: F401  first of all: it makes sockets cooperative
import gevent
import gevent.socket
import requests
from gevent.event import Event

import crosstalk_guard as guard
from crosstalk_guard_test import Fresh, Runner, message, permit


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

    def test_who_catches_everything_lets_others_go_on(self):
        turns = []

        def ask():
            gevent.getcurrent().crosstalk_over = gevent.getcurrent().crosstalk_user = True
            for _ in range(100):
                try:
                    guard.gate.wait()
                except BaseException:
                    turns.append("asked")

        gevent.joinall([gevent.spawn(ask), gevent.spawn(turns.append, "another")], timeout=5)
        self.assertEqual(101, len(turns))
        self.assertNotEqual("another", turns[-1])


class TestHelper(Fresh):
    """Whoever sends from a worker and is no user of it."""

    def setUp(self):
        super().setUp()
        put = [(requests.Session, "send", lambda self, prepared, **kwargs: "a token"), (guard.HttpSession, "request", None)]
        put += [(gevent.socket.socket, name, None) for name in ("connect", "connect_ex")]
        if guard.LocustUserAgent is not None:
            put += [(guard.LocustUserAgent, "_urlopen", None), (guard.FastHttpSession, "request", None)]
        for kind, name, made in put:  # so that all is as it was before
            patch = mock.patch.object(kind, name, made or getattr(kind, name))
            patch.start()
            self.addCleanup(patch.stop)
        guard.guard_requests()
        self.runner = Runner()
        self.worker = guard.Worker(self.runner)
        self.permit(5)

    def permit(self, epoch):
        guard.lease.renew(permit(epoch=epoch, hosts=["staging.example.test:80"]))

    def refresh(self, rounds, turn):
        """What a locustfile may do besides its users."""
        while True:
            try:
                rounds.append(requests.get("http://staging.example.test/token"))
            except requests.RequestException as e:
                rounds.append(str(e))
            turn.wait()
            turn.clear()

    def test_a_helper_is_refused_and_goes_on(self):
        rounds, turn = [], Event()
        helper = gevent.spawn(self.refresh, rounds, turn)
        self.addCleanup(helper.kill)
        gevent.sleep(0.01)
        guard.lease.close(5, "mel")
        turn.set()
        gevent.sleep(2 * guard.WATCH_EVERY)
        self.permit(6)
        turn.set()
        gevent.sleep(0.01)
        self.assertEqual(["a token", "crosstalk: no permit", "a token"], rounds)

    def test_a_user_ends(self):
        guard.lease.close(5, "mel")
        user = self.runner.user_greenlets.spawn(self.refresh, [], Event())
        user.join(timeout=5)
        self.assertIsInstance(user.value, gevent.GreenletExit)

    def test_what_a_user_has_begun_ends_as_the_user_does(self):
        rounds, turn, begun = [], Event(), []

        def user():
            begun.append(gevent.spawn(self.refresh, rounds, turn))
            gevent.sleep(60)

        g = self.runner.user_greenlets.spawn(user)
        gevent.sleep(0.01)
        g.crosstalk_user = True
        guard.lease.close(5, "mel")
        self.worker.end_users()
        gevent.sleep(0.01)
        self.assertTrue(g.dead)
        turn.set()
        begun[0].join(timeout=5)
        self.assertIsInstance(begun[0].value, gevent.GreenletExit)
        self.permit(6)
        self.assertEqual(["a token"], rounds)

    def test_numbers_that_a_locustfile_sends_on_end_nobodys_looking(self):
        sent = []

        def report_to_master():
            sent.append(1)
            requests.post("http://staging.example.test/numbers")

        self.runner._send_stats = report_to_master
        looks = gevent.spawn(self.worker.stop, None, message("crosstalk_stop", {"epoch": 5, "why": "mel"}))
        self.assertIsNone(looks.get(timeout=5))
        self.assertEqual([1], sent)
        self.assertEqual("crosstalk_report", self.runner.sent[-1][0])


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
