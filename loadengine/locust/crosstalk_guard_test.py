"""Tests of the plug-in by itself: python3 -m unittest crosstalk_guard_test."""

import time
import types
import unittest
from unittest import mock

import locust  # noqa: F401  first of all: it makes sockets cooperative
import gevent
from gevent.event import Event
from gevent.pool import Group
from locust import User, constant, task

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
    rests = False
    logs_out = False
    hangs = False
    mine = 0

    @task
    def ask(self):
        if Sleeper.rests:
            gevent.sleep(60)
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
        if Sleeper.hangs:
            guard.gate.send(self.call)
        Sleeper.left += 1


class Browser(Sleeper):
    """Another class of users."""


class Stubborn(User):
    """Catches what goes wrong, and asks again."""

    wait_time = constant(0)
    caught = 0

    @task
    def ask(self):
        while Stubborn.caught < 100:
            try:
                guard.gate.wait()
                guard.gate.send(Sleeper.let_go.wait)
            except Exception:
                Stubborn.caught += 1


class Runner:
    """As much of a WorkerRunner as the plug-in touches."""

    def __init__(self):
        self.environment = types.SimpleNamespace(stop_timeout=None, events=mock.Mock())
        self.user_greenlets = Group()
        self.user_classes_by_name = {"Sleeper": Sleeper, "Browser": Browser, "Stubborn": Stubborn}
        self.spawning_greenlet = None
        self.state = "running"
        self.current_cpu_usage = 0
        self.sent = []

    user_count = property(lambda self: len(self.user_greenlets))

    def spawn_users(self, counts, wait=False):
        users = [self.user_classes_by_name[kind](self.environment) for kind, n in counts.items() for _ in range(n)]
        for user in users:
            user.start(self.user_greenlets)
        return users

    def stop_users(self, counts):
        self.user_greenlets.kill()

    def start_worker(self, counts):
        more = {kind: n - self.kinds().count(kind) for kind, n in counts.items()}
        self.spawn_users({kind: n for kind, n in more.items() if n > 0})
        self.stop_users({kind: -n for kind, n in more.items() if n < 0})

    def kinds(self):
        return sorted(type(g.args[0]).__name__ for g in self.user_greenlets if g.args)

    def send_message(self, kind, data):
        self.sent.append((kind, data))

    def _send_stats(self):
        pass


class TestWorker(Fresh):
    def setUp(self):
        super().setUp()
        Sleeper.let_go.clear()
        Sleeper.asked = Sleeper.answered = Sleeper.left = 0
        Sleeper.rests = Sleeper.logs_out = Sleeper.hangs = False
        Stubborn.caught = 0
        self.runner = Runner()
        self.worker = guard.Worker(self.runner)
        self.addCleanup(self.worker.leaving.kill)
        self.addCleanup(self.runner.user_greenlets.kill)
        self.addCleanup(Sleeper.let_go.set)  # first: whoever hangs on the way out hears of no second kill
        self.worker.permit(None, message("crosstalk_permit", permit(share=50, ought=0)))

    def users(self, n):
        self.runner.start_worker({"Sleeper": n})
        gevent.sleep(0.01)

    def orders(self, **counts):
        """An order whose users may have to wait."""
        order = gevent.spawn(self.runner.start_worker, counts)
        self.addCleanup(order.kill)
        gevent.sleep(0.01)
        return order

    def has_room(self, n):
        self.worker.permit(None, message("crosstalk_permit", permit(share=50, ought=self.worker.ought, room=n)))

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

    def three_are_ended_at_last(self):
        self.worker.look()
        gevent.sleep(0.01)
        self.assertEqual(3, len(self.worker.leaving))
        with mock.patch.object(guard.time, "monotonic", return_value=time.monotonic() + guard.FINISH_WITHIN + 1):
            self.worker.look()
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 3), (len(self.worker.leaving), guard.gate.cancelled))

    def test_who_does_not_come_to_an_end_is_ended(self):
        self.users(3)
        self.users(0)
        self.three_are_ended_at_last()

    def test_who_is_ended_at_last_sends_nothing_more(self):
        Sleeper.logs_out = Sleeper.hangs = True
        self.users(3)
        self.users(0)
        with mock.patch.object(guard.time, "monotonic", return_value=time.monotonic() + guard.FINISH_WITHIN + 1):
            self.worker.look()
            self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 3, 3), (len(self.worker.leaving), Sleeper.asked, guard.gate.cancelled))

    def test_a_stop_timeout_lets_nobody_send_more(self):
        self.runner.environment.stop_timeout = 60
        self.users(3)
        self.users(0)
        gone = [g.args[0] for g in self.worker.leaving]
        Sleeper.let_go.set()
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 0), (len(self.worker.leaving), guard.gate.cancelled))
        self.assertEqual([1, 1, 1], [user.mine for user in gone])  # not the second one of their task

    def test_a_stop_timeout_gives_nobody_longer(self):
        self.runner.environment.stop_timeout = 60
        self.users(3)
        self.users(0)
        with mock.patch.object(guard.time, "monotonic", return_value=time.monotonic() + guard.FINISH_WITHIN + 1):
            self.worker.look()
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 3), (len(self.worker.leaving), guard.gate.cancelled))

    def test_a_stop_waits_for_nobody(self):
        self.users(6)
        self.users(2)
        self.worker.stop(None, message("crosstalk_stop", {"epoch": 5, "why": "mel"}))
        self.assertEqual(6, self.runner.sent[-1][1]["users"])  # who leaves is part of what a stop waits for
        self.worker.settler.join(timeout=5)
        self.assertEqual((0, 0, 6), (self.runner.user_count, len(self.worker.leaving), guard.gate.cancelled))
        self.assertEqual((0, 0), (self.runner.sent[-1][1]["users"], self.runner.sent[-1][1]["in_flight"]))

    def logging_out(self, n):
        """Takes so many away who were resting: they hang in their on_stop."""
        Sleeper.rests = Sleeper.logs_out = Sleeper.hangs = True
        self.users(n)
        self.users(0)
        self.assertEqual((n, n, 0), (len(self.worker.leaving), guard.gate.in_flight, Sleeper.left))

    def test_a_stop_takes_back_what_is_sent_on_the_way_out(self):
        self.logging_out(3)
        self.worker.stop(None, message("crosstalk_stop", {"epoch": 5, "why": "mel"}))
        self.worker.settler.join(timeout=5)
        self.assertEqual((0, 0, 3), (len(self.worker.leaving), guard.gate.in_flight, guard.gate.cancelled))

    def test_a_stop_tells_each_once_and_again_a_second_later(self):
        self.logging_out(2)
        told = []
        with mock.patch.object(guard, "end", side_effect=lambda group, greenlets: told.append(len(greenlets))):
            self.worker.stop(None, message("crosstalk_stop", {"epoch": 5, "why": "mel"}))
            self.worker.look()
            self.assertEqual(2, sum(told))  # an on_stop has a second to tidy up
            self.worker.struck_at -= guard.INSIST_EVERY
            self.worker.look()
            self.assertEqual(4, sum(told))

    def test_locusts_own_stop_takes_back_what_is_sent_on_the_way_out(self):
        self.logging_out(3)
        self.runner.state = "cleanup"
        self.runner.stop_users({"Sleeper": 0})
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 3), (len(self.worker.leaving), guard.gate.cancelled))

    def test_who_hangs_on_the_way_out_is_ended(self):
        self.logging_out(3)
        self.three_are_ended_at_last()

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

    def test_a_smaller_share_tears_nobodys_request(self):
        self.users(6)
        self.worker.permit(None, message("crosstalk_permit", permit(share=3, ought=6)))  # another worker has joined
        self.worker.look()
        gevent.sleep(0.01)
        self.assertEqual((6, 0), (self.runner.user_count, guard.gate.cancelled))  # the order is on its way
        self.worker.over -= guard.SURPLUS_AFTER + 0.1
        self.worker.look()
        gevent.sleep(0.01)
        self.assertEqual((3, 3, 0), (self.runner.user_count, len(self.worker.leaving), guard.gate.cancelled))

    def test_who_catches_what_goes_wrong_is_ended_too(self):
        self.orders(Stubborn=2)
        self.orders(Stubborn=0)
        self.assertEqual(2, len(self.worker.leaving))
        Sleeper.let_go.set()
        self.worker.leaving.join(timeout=5)
        self.assertEqual((0, 0), (len(self.worker.leaving), Stubborn.caught))  # no error of what was never sent

    def test_who_catches_what_goes_wrong_ends_with_the_permit(self):
        self.orders(Stubborn=2)
        guard.lease.close(5, "lapsed")
        user = next(iter(self.runner.user_greenlets))
        with mock.patch.object(guard, "getcurrent", return_value=user):
            self.assertRaises(gevent.GreenletExit, guard.gate.pass_, "http://staging.example.test/")
        Sleeper.let_go.set()
        self.runner.user_greenlets.join(timeout=5)
        self.assertEqual((0, 0), (self.runner.user_count, Stubborn.caught))

    def test_whoever_has_no_room_waits(self):
        self.has_room(0)  # another worker has it all
        order = self.orders(Sleeper=3)
        self.assertEqual((0, 3), (self.runner.user_count, self.worker.waiting))
        self.has_room(2)
        with gevent.Timeout(20):
            while self.worker.waiting != 1:
                gevent.sleep(0.01)
        self.assertEqual(2, self.runner.user_count)
        self.has_room(3)
        order.join(timeout=5)
        self.assertEqual((3, 0), (self.runner.user_count, self.worker.waiting))

    def test_who_is_still_leaving_takes_up_room(self):
        self.logging_out(3)
        self.has_room(3)
        order = self.orders(Sleeper=2)
        self.worker.report(True)
        told = self.runner.sent[-1][1]
        self.assertEqual((0, 3, 2), (told["users"], told["leaving"], told["waiting"]))
        Sleeper.let_go.set()
        order.join(timeout=5)
        self.assertEqual((2, 0, 0), (self.runner.user_count, len(self.worker.leaving), self.worker.waiting))

    def test_who_waits_is_not_spawned_after_a_stop(self):
        self.has_room(0)
        order = self.orders(Sleeper=3)
        self.worker.stop(None, message("crosstalk_stop", {"epoch": 5, "why": "mel"}))
        order.join(timeout=5)
        self.assertEqual((0, 0), (self.runner.user_count, self.worker.waiting))

    def test_one_class_makes_room_for_another(self):
        Sleeper.rests = True
        self.has_room(4)
        self.users(4)
        self.orders(Sleeper=1, Browser=3).join(timeout=5)
        self.assertEqual(["Browser", "Browser", "Browser", "Sleeper"], self.runner.kinds())


if __name__ == "__main__":
    unittest.main()
