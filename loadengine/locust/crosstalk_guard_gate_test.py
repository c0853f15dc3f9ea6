"""Tests of the plug-in's way out for requests, and of its looking: python3 -m unittest crosstalk_guard_gate_test."""

import logging
import time
import unittest

import locust  # noqa: F401  first of all: it makes sockets cooperative
import gevent

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
            gevent.getcurrent().crosstalk_over = True
            for _ in range(100):
                try:
                    guard.gate.wait()
                except BaseException:
                    turns.append("asked")

        gevent.joinall([gevent.spawn(ask), gevent.spawn(turns.append, "another")], timeout=5)
        self.assertEqual(101, len(turns))
        self.assertNotEqual("another", turns[-1])


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
